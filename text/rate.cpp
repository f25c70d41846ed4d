#include "text/rate.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr std::string_view form = "a rate a second (k, M: powers of 1000), as in 5000, 20k/s or 0.5/s";

[[noreturn]] void reject(std::string_view what, std::string_view text, std::string_view why) {
  throw UsageError(fmt::format("{}: \"{}\" {}", what, text, why));
}

double factor_of(std::string_view unit) {
  if (unit.ends_with("/s")) unit.remove_suffix(2);
  if (unit.empty()) return 1;
  if (unit == "k" || unit == "K") return 1e3;
  if (unit == "m" || unit == "M") return 1e6;
  return 0;
}

}  // namespace

double parse_rate(std::string_view text, std::string_view what) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) reject(what, text, fmt::format("is not {}", form));
  const double factor = factor_of({end, static_cast<std::size_t>(text.data() + text.size() - end)});
  if (factor == 0) reject(what, text, fmt::format("is not {}", form));
  if (std::signbit(number)) reject(what, text, "is negative");
  if (number == 0) reject(what, text, fmt::format("is no rate: it takes more than 0, {}", form));
  return number * factor;
}

}  // namespace cbench
