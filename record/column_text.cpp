#include "record/column_text.hpp"

#include <cmath>

#include "text/lower.hpp"

namespace cbench {
namespace {

std::string escaped(std::string_view text, char separator) {
  std::string out;
  for (const char c : text) {
    if (c == separator || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// Calls take(item) for each item between unescaped separators.
template <class Take>
void for_each_item(std::string_view text, std::string_view separator, Take take) {
  std::string item;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      item += text[++i];
    } else if (text.substr(i).starts_with(separator)) {
      take(item);
      item.clear();
      i += separator.size() - 1;
    } else {
      item += text[i];
    }
  }
  take(item);
}

}  // namespace

std::runtime_error bad_text(std::string_view text, std::string_view what) {
  constexpr std::size_t longest = 40;
  return std::runtime_error(
      fmt::format("\"{}{}\" is {}", text.substr(0, longest), text.size() > longest ? "..." : "", what));
}

std::string to_text(double value) {
  if (!std::isfinite(value) || value < 0) return "";
  return fmt::format("{}", value == 0 ? 0 : value);
}
std::string to_text(bool value) { return value ? "true" : "false"; }
std::string to_text(std::chrono::nanoseconds value) { return to_text(static_cast<double>(value.count()) / 1e9); }
std::string to_text(Status value) { return std::string(name_of(value)); }
std::string to_text(LoadKind value) { return std::string(name_of(value)); }

std::string to_text(const TextMap& map) {
  std::string out;
  for (const auto& [name, value] : map) {
    if (!out.empty()) out += ';';
    out += escaped(name, ';') + '=' + escaped(value, ';');
  }
  return out;
}

std::string to_text(const std::vector<std::string>& list) {
  std::string out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += " | ";
    out += escaped(list[i], '|');
  }
  return out;
}

void from_text(std::string_view text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) throw bad_text(text, "out of range");
  if (error != std::errc{} || end != text.data() + text.size()) throw bad_text(text, "not a number");
  if (!std::isfinite(value)) throw bad_text(text, "not a finite number");
  if (value < 0) throw bad_text(text, "less than 0");
}

// Spreadsheets write TRUE.
void from_text(std::string_view text, bool& value) {
  const std::string word = lower(text);
  value = word == "true";
  if (!value && word != "false") throw bad_text(text, "neither true nor false");
}

void from_text(std::string_view text, std::chrono::nanoseconds& value) {
  double seconds = 0;
  from_text(text, seconds);
  if (seconds > 9e9) throw bad_text(text, "too large");
  value = std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

void from_text(std::string_view text, Status& value) {
  const auto status = status_named(text);
  if (!status) throw bad_text(text, "none of ok, failed, timed_out, unsupported, invalid, overloaded");
  value = *status;
}

void from_text(std::string_view text, LoadKind& value) {
  const auto load = load_named(text);
  if (!load) throw bad_text(text, "none of closed, fixed, open");
  value = *load;
}

void from_text(std::string_view text, TextMap& map) {
  map.clear();
  for_each_item(text, ";", [&](const std::string& item) {
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos) throw bad_text(text, "not of the form name=value;name=value");
    if (!map.emplace(item.substr(0, equals), item.substr(equals + 1)).second) {
      throw bad_text(text, "a map that names one thing twice");
    }
  });
}

void from_text(std::string_view text, std::vector<std::string>& list) {
  list.clear();
  for_each_item(text, " | ", [&](const std::string& item) { list.push_back(item); });
}

}  // namespace cbench
