#include "text/quantity.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "text/lower.hpp"

namespace cbench {
namespace {

struct UnitName {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t second_ns = 1'000'000'000;
// From the smallest on; format_duration relies on it.
constexpr std::array<UnitName, 6> duration_units{
    {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", second_ns}, {"min", 60 * second_ns}, {"h", 3600 * second_ns}}};
constexpr std::uint64_t kibi = 1024;
constexpr std::array<UnitName, 14> size_units{{{"", 1},
                                               {"b", 1},
                                               {"k", kibi},
                                               {"kb", kibi},
                                               {"kib", kibi},
                                               {"m", kibi* kibi},
                                               {"mb", kibi* kibi},
                                               {"mib", kibi* kibi},
                                               {"g", kibi* kibi* kibi},
                                               {"gb", kibi* kibi* kibi},
                                               {"gib", kibi* kibi* kibi},
                                               {"t", kibi* kibi* kibi* kibi},
                                               {"tb", kibi* kibi* kibi* kibi},
                                               {"tib", kibi* kibi* kibi* kibi}}};
constexpr std::array<UnitName, 4> count_units{{{"", 1}, {"k", 1'000}, {"m", 1'000'000}, {"g", second_ns}}};

constexpr std::string_view duration_form = "a duration with its unit (ns, us, ms, s, min, h), as in 20ms or 1.5s";
constexpr std::string_view size_form = "a size in bytes (B, k, M, G: powers of 1024), as in 64, 16k or 1MiB";
constexpr std::string_view count_form = "a whole number (k, M, G: powers of 1000), as in 20000, 1e6 or 10k";
constexpr std::string_view fraction_form = "a fraction from 0 to 1, as in 0.1 or 10%";

[[noreturn]] void reject(std::string_view what, std::string_view text, std::string_view why) {
  throw UsageError(fmt::format("{}: \"{}\" {}", what, text, why));
}

// long double holds every 64-bit integer exactly.
struct Number {
  long double value = 0;
  std::string unit;  // what follows the digits, spaces around it dropped
};

Number parse_number(std::string_view text, std::string_view what, std::string_view form) {
  const auto not_of_the_form = [&] { reject(what, text, fmt::format("is not {}", form)); };
  const auto is_digit = [&](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  if (text.size() > 1 && text[0] == '-' && (is_digit(1) || text[1] == '.')) reject(what, text, "is negative");
  // from_chars would also take "inf", "nan" and "-1".
  if (!is_digit(0) && !(text.starts_with('.') && is_digit(1))) not_of_the_form();

  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && i > 0 && is_digit(i - 1) && is_digit(i + 1)) continue;
    digits += text[i];
  }
  Number number;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number.value);
  if (error == std::errc::result_out_of_range) reject(what, text, "is out of range");
  if (error != std::errc{}) not_of_the_form();
  number.unit.assign(rest, end);
  const auto first = number.unit.find_first_not_of(' ');
  number.unit.erase(0, std::min(first, number.unit.size()));
  number.unit.erase(number.unit.find_last_not_of(' ') + 1);
  return number;
}

// Multiplies by the unit's factor, which must be one of `units`.
long double in_base_unit(const Number& number, std::span<const UnitName> units, std::string_view text,
                         std::string_view what, std::string_view form) {
  const auto unit = std::find_if(units.begin(), units.end(), [&](const UnitName& u) { return u.name == number.unit; });
  if (unit == units.end()) reject(what, text, fmt::format("is not {}", form));
  return number.value * static_cast<long double>(unit->factor);
}

std::uint64_t parse_whole(std::string_view text, std::span<const UnitName> units, std::string_view what,
                          std::string_view form) {
  Number number = parse_number(text, what, form);
  number.unit = lower(number.unit);
  const long double value = in_base_unit(number, units, text, what, form);
  const long double whole = std::round(value);
  // 0.1k comes out next to 100: decimal fractions are not binary ones.
  if (std::abs(value - whole) > 4 * std::numeric_limits<long double>::epsilon() * value) {
    reject(what, text, fmt::format("is not whole; it takes {}", form));
  }
  if (whole >= 0x1p64L) reject(what, text, "is out of range");
  return static_cast<std::uint64_t>(whole);
}

// Insertions, deletions, replacements and swaps of neighbours that turn one name into the other (optimal string
// alignment, the restricted Damerau-Levenshtein distance).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) current[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, current);
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
    }
  }
  return current[b.size()];
}

}  // namespace

std::chrono::nanoseconds parse_duration(std::string_view text, std::string_view what) {
  Number number = parse_number(text, what, duration_form);
  if (number.unit.empty()) {
    if (number.value == 0) return std::chrono::nanoseconds{0};
    reject(what, text, fmt::format("has no unit; it takes {}", duration_form));
  }
  if (number.unit == "\u00b5s" || number.unit == "\u03bcs") number.unit = "us";  // the micro sign and the letter mu
  const long double ns = std::round(in_base_unit(number, duration_units, text, what, duration_form));
  if (ns >= 0x1p63L) reject(what, text, "is out of range");
  if (ns == 0 && number.value != 0) reject(what, text, "is shorter than a nanosecond");
  return std::chrono::nanoseconds{static_cast<std::int64_t>(ns)};
}

std::uint64_t parse_size(std::string_view text, std::string_view what) {
  return parse_whole(text, size_units, what, size_form);
}

std::uint64_t parse_count(std::string_view text, std::string_view what) {
  return parse_whole(text, count_units, what, count_form);
}

double parse_fraction(std::string_view text, std::string_view what) {
  const Number number = parse_number(text, what, fraction_form);
  if (!number.unit.empty() && number.unit != "%") reject(what, text, fmt::format("is not {}", fraction_form));
  const long double value = number.unit == "%" ? number.value / 100 : number.value;
  if (value > 1) reject(what, text, fmt::format("is above 1; it takes {}", fraction_form));
  return static_cast<double>(value);
}

std::string format_duration(std::chrono::nanoseconds time) {
  if (time.count() == 0) return "0s";
  const bool negative = time.count() < 0;
  const std::uint64_t ns =
      negative ? -static_cast<std::uint64_t>(time.count()) : static_cast<std::uint64_t>(time.count());
  const auto thousandths = [&](std::uint64_t factor) {
    return static_cast<std::uint64_t>(std::llround(static_cast<long double>(ns) * 1000 / factor));
  };
  std::size_t unit = 0;
  // 999.9996ms rounds to 1s, not to 1000ms.
  while (unit < 3 && thousandths(duration_units[unit].factor) >= 1'000'000) ++unit;
  // Minutes and hours read well in halves only: 1.5min, but 100s.
  for (std::size_t longer : {std::size_t{4}, std::size_t{5}}) {
    const std::uint64_t factor = duration_units[longer].factor;
    if (ns >= factor && ns % (factor / 2) == 0) unit = longer;
  }
  std::string text = fmt::format("{:.3f}", static_cast<double>(thousandths(duration_units[unit].factor)) / 1000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return fmt::format("{}{}{}", negative ? "-" : "", text, duration_units[unit].name);
}

std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& known) {
  struct Candidate {
    std::size_t distance;
    const std::string* name;
  };
  constexpr std::size_t most = 3;
  const std::string wanted = lower(name);
  std::vector<Candidate> near;
  for (const std::string& candidate : known) {
    const std::string other = lower(candidate);
    std::size_t distance = edit_distance(wanted, other);
    if (wanted.size() >= 2 && other.starts_with(wanted)) distance = std::min<std::size_t>(distance, 1);
    if (distance < wanted.size() && distance <= std::max<std::size_t>(1, std::min(wanted.size(), other.size()) / 3)) {
      near.push_back({distance, &candidate});
    }
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const Candidate& a, const Candidate& b) { return a.distance < b.distance; });
  std::vector<std::string> result;
  for (const Candidate& candidate : near) {
    if (result.size() < most) result.push_back(*candidate.name);
  }
  return result;
}

UsageError unknown(std::string_view kind, std::string_view name, const std::vector<std::string>& known) {
  std::string text = fmt::format("unknown {} \"{}\"", kind, name);
  if (known.empty()) return UsageError(text + "; there is none to choose");
  const std::vector<std::string> near = nearest(name, known);
  if (near.empty()) {
    text += ".";
  } else {
    text += "; did you mean " + near.front();
    for (std::size_t i = 1; i < near.size(); ++i) text += (i + 1 < near.size() ? ", " : " or ") + near[i];
    text += "?";
  }
  return UsageError(fmt::format("{} Known: {}", text, fmt::join(known, ", ")));
}

}  // namespace cbench
