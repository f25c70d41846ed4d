#include "text/human.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace cbench {
namespace {

struct Scale {
  double factor;
  std::string_view unit;
};

std::string three_digits(double value) {
  const double size = std::abs(value);
  if (size >= 99.95) return fmt::format("{:.0f}", value);
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  if (size >= 0.095 || size == 0) return fmt::format("{:.2f}", value);
  return fmt::format("{:.1g}", value);
}

// In the largest unit that leaves at least 1 before the point; scales from small to large.
std::string scaled(double value, std::span<const Scale> scales, std::string (*digits)(double) = three_digits) {
  if (!std::isfinite(value)) return "?";
  const Scale* best = &scales.front();
  for (const Scale& scale : scales) {
    // 999.5 would be printed as 1000.
    if (std::abs(value) >= scale.factor * 0.9995) best = &scale;
  }
  return digits(value / best->factor) + std::string(best->unit);
}

}  // namespace

std::string human_number(double value) {
  static constexpr std::array scales{Scale{1, ""}, Scale{1e3, "k"}, Scale{1e6, "M"}, Scale{1e9, "G"}};
  return scaled(value, scales);
}

std::string human_count(std::uint64_t value) {
  std::string digits = fmt::format("{}", value);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", human_count(count), noun, count == 1 ? "" : "s");
}

std::string human_factor(double factor) {
  if (!std::isfinite(factor)) return "?";
  return factor < 999.5 ? three_digits(factor) + "x"
                        : human_count(static_cast<std::uint64_t>(std::llround(factor))) + "x";
}

std::string human_us(double us) {
  static constexpr std::array scales{Scale{1e-3, "ns"}, Scale{1, "us"}, Scale{1e3, "ms"}, Scale{1e6, "s"}};
  if (us > 0 && us < 1) return fmt::format("{:.0f}ns", us * 1000);
  return us == 0 ? "0" : scaled(us, scales);
}

std::string human_bytes(double bytes) {
  static constexpr std::array scales{Scale{1, "B"}, Scale{1e3, "kB"}, Scale{1e6, "MB"}, Scale{1e9, "GB"},
                                     Scale{1e12, "TB"}};
  if (bytes < 999.5) return fmt::format("{:.0f}B", bytes);
  return scaled(bytes, scales, [](double value) { return fmt::format("{:.{}f}", value, value < 9.95 ? 1 : 0); });
}

std::string human_percent(double fraction) {
  const double percent = fraction * 100;
  if (!std::isfinite(percent)) return "?";
  return std::abs(percent) < 9.95 ? fmt::format("{:.1f}%", percent) : fmt::format("{:.0f}%", percent);
}

std::string percent_in_words(double fraction) {
  const std::string text = human_percent(fraction);
  return text.substr(0, text.size() - 1) + " %";
}

std::string human_list(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += names[i];
  }
  return out;
}

}  // namespace cbench
