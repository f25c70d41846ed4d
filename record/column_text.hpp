// The text of single values as columns spell them, both ways. Apart from columns.cpp so that the table there is nothing
// but a table.
#pragma once

#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "record/trial_record.hpp"

namespace cbench {

// `"12x" is not a number`, with a long text cut short.
std::runtime_error bad_text(std::string_view text, std::string_view what);

inline std::string to_text(const std::string& value) { return value; }
std::string to_text(std::unsigned_integral auto value) { return fmt::format_int(value).str(); }
std::string to_text(double value);  // the shortest that reads back the same; empty where it is no measurement
inline std::string to_text(const std::optional<double>& value) { return value ? to_text(*value) : std::string(); }
inline std::string to_text(const std::optional<std::uint64_t>& value) {
  return value ? to_text(*value) : std::string();
}
std::string to_text(bool value);
std::string to_text(std::chrono::nanoseconds value);  // in seconds
std::string to_text(Status value);
std::string to_text(LoadKind value);
std::string to_text(const TextMap& map);
std::string to_text(const std::vector<std::string>& list);

// They throw bad_text.
inline void from_text(std::string_view text, std::string& value) { value.assign(text); }
void from_text(std::string_view text, double& value);
inline void from_text(std::string_view text, std::optional<double>& value) { from_text(text, value.emplace()); }
void from_text(std::string_view text, bool& value);
void from_text(std::string_view text, std::chrono::nanoseconds& value);
void from_text(std::string_view text, Status& value);
void from_text(std::string_view text, LoadKind& value);
void from_text(std::string_view text, TextMap& map);
void from_text(std::string_view text, std::vector<std::string>& list);

template <std::unsigned_integral Number>
void from_text(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) throw bad_text(text, "too large");
  if (error != std::errc{} || end != text.data() + text.size()) throw bad_text(text, "not a whole number");
}

inline void from_text(std::string_view text, std::optional<std::uint64_t>& value) { from_text(text, value.emplace()); }

// Nothing, 0, or what cannot be a measurement.
inline bool is_zero(double value) { return !std::isfinite(value) || value <= 0; }
inline bool is_zero(const std::optional<double>& value) { return !value; }
inline bool is_zero(const std::optional<std::uint64_t>& value) { return !value; }
inline bool is_zero(std::chrono::nanoseconds value) { return value.count() <= 0; }
inline bool is_zero(Status) { return false; }
inline bool is_zero(LoadKind) { return false; }
bool is_zero(std::unsigned_integral auto value) { return value == 0; }
template <class Container>
requires requires(const Container& c) { c.empty(); }
bool is_zero(const Container& value) { return value.empty(); }

}  // namespace cbench
