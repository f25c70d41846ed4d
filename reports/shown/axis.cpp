#include "reports/shown/axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>

#include <fmt/format.h>

#include "text/fitted.hpp"

namespace cbench {
namespace {

constexpr double a_decade = 10;

// The least of 1, 2, 5, 10, 20, ... times a power of ten that is not below.
double nice_step(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

double power_of_ten(int exponent) { return std::pow(10, exponent); }

int floor_log(double value) { return static_cast<int>(std::floor(std::log10(value) + 1e-9)); }
int ceil_log(double value) { return static_cast<int>(std::ceil(std::log10(value) - 1e-9)); }

// The nearest of 1, 2 and 5 times a power of ten that is not above, or not below.
double round_down(double value) {
  const double power = power_of_ten(floor_log(value));
  return value >= 5 * power ? 5 * power : value >= 2 * power ? 2 * power : power;
}
double round_up(double value) {
  const double power = power_of_ten(floor_log(value));
  const double factor = value / power * (1 - 1e-9);
  return factor <= 1 ? power : factor <= 2 ? 2 * power : factor <= 5 ? 5 * power : 10 * power;
}

// Without the zeros that say nothing on an axis: "10k", "2.5k", "50ms" and not "10.0k", "2.50k", "50.0ms".
std::string tick_text(std::string text) {
  const std::size_t point = text.find('.');
  if (point == std::string::npos) return text;
  std::size_t end = text.find_first_not_of("0123456789", point + 1);
  end = end == std::string::npos ? text.size() : end;
  std::size_t last = end;
  while (last > point && (text[last - 1] == '0' || text[last - 1] == '.')) {
    --last;
    if (text[last] == '.') break;
  }
  return text.erase(last, end - last);
}

// 0 of the median's half: percentiles are spread by how rare what lies above them is.
double rarity(double fraction) { return -std::log10(1 - fraction); }

}  // namespace

Axis Axis::linear(double low, double high, Show show) { return {Kind::linear, low, std::max(high, low + 1e-12), show}; }

Axis Axis::logarithmic(double low, double high, Show show) {
  return {Kind::logarithmic, low, high > low ? high : low * a_decade, show};
}

Axis Axis::percentiles(double inverse) { return {Kind::percentiles, 0, 1 - 1 / std::max(inverse, a_decade), nullptr}; }

Axis Axis::over(std::span<const double> values, Show show, bool from_zero) {
  if (values.empty()) return linear(0, 1, show);
  const auto [least, most] = std::ranges::minmax(values);
  if (least > 0 && most >= a_decade * least) return logarithmic(round_down(least), round_up(most), show);
  const double low = from_zero || least < most / 2 ? 0 : least;
  const double step = nice_step(std::max(most - low, std::abs(most) * 0.01 + 1e-12) / 4);
  return linear(std::floor(low / step + 1e-9) * step, std::max(1.0, std::ceil(most / step - 1e-9)) * step, show);
}

double Axis::place(double value) const {
  switch (kind_) {
    case Kind::linear: return (value - low_) / (high_ - low_);
    case Kind::logarithmic: return value > 0 ? std::log(value / low_) / std::log(high_ / low_) : -1;
    case Kind::percentiles: return rarity(std::min(value, high_)) / rarity(high_);
  }
  return 0;
}

std::vector<Tick> Axis::ticks(std::size_t most) const {
  std::vector<Tick> out;
  const auto count = std::max<std::size_t>(most, 2);
  if (kind_ == Kind::percentiles) {
    out.push_back({0, "0%"});
    if (rarity(high_) < 5) out.push_back({0.5, "50%"});
    for (int nines = 1; rarity(high_) >= nines - 1e-9; ++nines) {
      const double fraction = 1 - power_of_ten(-nines);
      out.push_back({fraction, fmt::format("{:.{}f}%", 100 * fraction, std::max(0, nines - 2))});
    }
    while (out.size() > count) out.erase(out.begin() + 1);
    return out;
  }
  if (kind_ == Kind::linear) {
    // A step that leaves nothing but the low end tells no size: then there is one more tick than was asked for.
    double step = nice_step((high_ - low_) / static_cast<double>(count - 1));
    const auto first_after_low = [&] { return (std::floor(low_ / step + 1e-9) + 1) * step; };
    while (first_after_low() > high_ * (1 + 1e-9)) step = nice_step(step / 2.5);
    for (double at = std::ceil(low_ / step - 1e-9); at * step <= high_ * (1 + 1e-9); ++at) {
      const double value = at == 0 ? 0 : at * step;  // and never -0
      out.push_back({value, tick_text(show_(value))});
    }
    return out;
  }
  // Decades; between them 2 and 5 where there is room for all of them; every other decade where there is none.
  const auto all = [&](std::initializer_list<double> factors, int every) {
    std::vector<Tick> ticks;
    for (int decade = floor_log(low_); decade <= ceil_log(high_); decade += every) {
      for (const double factor : factors) {
        const double value = factor * power_of_ten(decade);
        if (value >= low_ * (1 - 1e-9) && value <= high_ * (1 + 1e-9))
          ticks.push_back({value, tick_text(show_(value))});
      }
    }
    return ticks;
  };
  out = all({1, 2, 5}, 1);
  for (int every = 1; out.size() > count; ++every) out = all({1}, every);
  return out;
}

std::string axis_text(const Axis& axis, const std::vector<Tick>& ticks, std::size_t indent, std::size_t width) {
  std::string rule(indent, ' ');
  rule += "└";
  std::vector<std::string> cells(width, "─");
  std::string names(indent + 1 + width, ' ');
  std::size_t free_from = 0;
  for (const Tick& tick : ticks) {
    const double place = axis.place(tick.value);
    if (place < -1e-9 || place > 1 + 1e-9) continue;
    const auto column = static_cast<std::size_t>(std::lround(place * static_cast<double>(width - 1)));
    const std::size_t size = display_width(tick.text);
    const std::size_t middle = indent + 1 + column;
    const std::size_t begin =
        std::min(middle - std::min(middle, size / 2), names.size() - std::min(names.size(), size));
    if (begin < free_from) continue;
    cells[column] = "┬";
    names.replace(begin, size, tick.text);
    free_from = begin + size + 2;
  }
  for (const std::string& cell : cells) rule += cell;
  names.resize(names.find_last_not_of(' ') + 1);
  return rule + '\n' + names + '\n';
}

}  // namespace cbench
