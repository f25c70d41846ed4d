#include "reports/files/formats.hpp"

#include <array>

#include <fmt/format.h>

#include "reports/files/csv.hpp"
#include "reports/files/go_benchmark.hpp"
#include "reports/files/google_benchmark.hpp"
#include "reports/files/histogram_log.hpp"
#include "reports/files/json.hpp"
#include "text/lower.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

// One line a format.
constexpr std::array table{
    Format{".csv", "a row a trial, appended as soon as it ends (docs/columns.md)", open_csv, read_csv},
    Format{".json", "the same with host facts, histograms and time series (docs/protocol.md)", open_json, read_json},
    Format{".gbench.json", "Google Benchmark's JSON, for compare.py and dashboards", open_google_benchmark, nullptr},
    Format{".hlog", "HdrHistogram log: a tagged histogram for each trial and kind of time", open_histogram_log,
           nullptr},
    Format{".gobench.txt", "Go's benchmark lines, for benchstat", open_go_benchmark, nullptr},
};

// The format with the longest extension that the path ends with, so that .gbench.json is not .json. nullptr: none.
const Format* find_format(const std::string& path) {
  const Format* best = nullptr;
  for (const Format& format : table) {
    const bool longer = best == nullptr || format.extension.size() > best->extension.size();
    if (has_extension(path, format.extension) && longer) best = &format;
  }
  return best;
}

// ".csv, .json"
std::string extensions(bool to_read, std::string_view between) {
  std::string list;
  for (const Format& format : table) {
    if (to_read && format.read == nullptr) continue;
    list += fmt::format("{}{}", list.empty() ? "" : between, format.extension);
  }
  return list;
}

UsageError no_format(const std::string& path, bool to_read) {
  return UsageError(fmt::format("{}: a file of results ends with {}", path, extensions(to_read, ", ")));
}

}  // namespace

std::span<const Format> formats() { return table; }

bool has_extension(const std::string& path, std::string_view extension) { return lower(path).ends_with(extension); }

std::unique_ptr<Sink> open_sink(const std::string& path) {
  if (path == "-") return open_csv(path);
  const Format* format = find_format(path);
  if (format == nullptr) throw no_format(path, false);
  return format->open(path);
}

bool can_be_read(const std::string& path) {
  const Format* format = find_format(path);
  return format != nullptr && format->read != nullptr;
}

void check_readable(const std::string& path) {
  const Format* format = find_format(path);
  if (format == nullptr || format->read != nullptr) return;
  throw UsageError(fmt::format("{}: {} is for other tools and cannot be read back; use {}", path, format->extension,
                               extensions(true, " or ")));
}

void read_records(const std::string& path, std::vector<std::string>& notes, const TakeTrial& take) {
  check_readable(path);
  const Format* format = find_format(path);
  if (format == nullptr) throw no_format(path, true);
  format->read(path, notes, take);
}

std::vector<TrialRecord> read_records(const std::string& path, std::vector<std::string>& notes) {
  std::vector<TrialRecord> records;
  read_records(path, notes, [&](const TrialRecord& record) { records.push_back(record); });
  return records;
}

std::vector<TrialRecord> read_records(const std::string& path) {
  std::vector<std::string> notes;
  return read_records(path, notes);
}

}  // namespace cbench
