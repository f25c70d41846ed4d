#include "reports/files/points_csv.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/files/csv_rows.hpp"
#include "reports/files/decimal_mark.hpp"
#include "text/lower.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

// The best known first.
constexpr std::array<std::string_view, 20> names_of_n{
    "n",           "workers",   "threads",     "processors", "processes", "cpus",  "cores",
    "nodes",       "clients",   "users",       "load",       "p",         "size",  "virtual_users",
    "connections", "instances", "concurrency", "in_flight",  "x",         "vusers"};
constexpr std::array<std::string_view, 15> names_of_throughput{
    "throughput_per_s", "throughput", "tput",     "tps",   "qps", "rps",  "ops_per_s", "ops", "rate",
    "requests_per_s",   "req_per_s",  "capacity", "score", "y",   "value"};

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<double> number_in(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// As above, of a field that may have a decimal comma.
bool is_number(std::string_view text, char separator) {
  return number_in(DecimalMark(separator).with_point(trimmed(text))).has_value();
}

// Where the wanted column stands.
std::size_t column_named(const std::vector<std::string>& header, std::string_view wanted, const std::string& path,
                         std::string_view option) {
  const auto exact = std::ranges::find(header, wanted);
  const auto found = exact != header.end() ? exact : std::ranges::find_if(header, [&](const std::string& name) {
    return lower(trimmed(name)) == lower(trimmed(wanted));
  });
  if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
  throw UsageError(fmt::format("{}: no column \"{}\" ({}); it has: {}", path, wanted, option, fmt::join(header, ", ")));
}

std::optional<std::size_t> column_by_habit(const std::vector<std::string>& header,
                                           std::span<const std::string_view> habits) {
  for (const std::string_view habit : habits) {
    const auto found =
        std::ranges::find_if(header, [&](const std::string& name) { return lower(trimmed(name)) == habit; });
    if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
  }
  return std::nullopt;
}

struct Layout {
  std::size_t x = 0;
  std::size_t y = 1;
};

Layout layout_of(const std::vector<std::string>& header, const std::string& path, std::string_view x,
                 std::string_view y) {
  std::optional<std::size_t> at_x =
      x.empty() ? column_by_habit(header, names_of_n) : std::optional(column_named(header, x, path, "--x"));
  std::optional<std::size_t> at_y =
      y.empty() ? column_by_habit(header, names_of_throughput) : std::optional(column_named(header, y, path, "--y"));
  if (at_x && at_x == at_y) {
    if (!x.empty() && !y.empty()) throw UsageError(fmt::format("{}: --x and --y name the same column", path));
    (y.empty() ? at_y : at_x).reset();
  }
  if (header.size() == 2) {
    if (!at_x && !at_y) return {0, 1};
    if (!at_x) at_x = 1 - *at_y;
    if (!at_y) at_y = 1 - *at_x;
  }
  if (!at_x || !at_y) {
    throw UsageError(fmt::format("{}: which column holds {}? Say it with {}; it has: {}", path,
                                 !at_x ? "the workers or tasks in flight" : "the throughput",
                                 !at_x ? "--x COLUMN" : "--y COLUMN", fmt::join(header, ", ")));
  }
  return {*at_x, *at_y};
}

double value_in(const CsvRows& rows, std::size_t field, const std::string& name, bool is_n, DecimalMark& decimals) {
  const std::string_view text = rows.fields()[field];
  const std::optional<double> value = [&] {
    try {
      return number_in(decimals.with_point(text));
    } catch (const std::runtime_error& error) {
      throw rows.error_in(field, name, error.what());
    }
  }();
  if (!value) {
    throw rows.error_in(field, name,
                        trimmed(text).empty() ? std::string("empty, where a number should be")
                                              : fmt::format("\"{}\" is not a number", text.substr(0, 40)));
  }
  if (!std::isfinite(*value)) throw rows.error_in(field, name, fmt::format("{} is no measurement", text));
  if (is_n && *value <= 0) throw rows.error_in(field, name, fmt::format("{} is not above 0", text));
  if (!is_n && *value < 0) throw rows.error_in(field, name, fmt::format("{} is below 0", text));
  return *value;
}

}  // namespace

bool is_results_header(std::string_view text, const std::string& path) {
  CsvRows rows(text, path);
  return rows.next() && std::ranges::find(rows.fields(), "schema_version") != rows.fields().end();
}

PointsFile points_of_csv(std::string_view text, const std::string& path, std::string_view x, std::string_view y) {
  CsvRows rows(text, path);
  if (!rows.next()) throw std::runtime_error(fmt::format("{}: the file is empty", path));
  PointsFile file;
  const bool has_header =
      std::ranges::any_of(rows.fields(), [&](std::string_view field) { return !is_number(field, rows.separator()); });
  std::vector<std::string> header;
  for (std::size_t i = 0; i < rows.fields().size(); ++i) {
    header.push_back(has_header ? std::string(trimmed(rows.fields()[i])) : fmt::format("column {}", i + 1));
  }
  const Layout layout = layout_of(header, path, x, y);
  file.x = header[layout.x];
  file.y = header[layout.y];
  DecimalMark decimals(rows.separator());
  bool more = has_header ? rows.next() : true;
  for (; more; more = rows.next()) {
    if (rows.fields().size() != header.size()) {
      throw rows.error(fmt::format("{} fields where the first row has {}", rows.fields().size(), header.size()));
    }
    const double n = value_in(rows, layout.x, file.x, true, decimals);
    file.points.push_back({.n = n, .throughput_per_s = value_in(rows, layout.y, file.y, false, decimals)});
  }
  if (file.points.empty()) throw std::runtime_error(fmt::format("{}: a header, but no points", path));
  return file;
}

}  // namespace cbench
