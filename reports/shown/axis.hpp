// An axis of a chart: from values to places, linear or logarithmic, and the ticks that a reader wants on it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace cbench {

struct Tick {
  double value = 0;
  std::string text;
};

class Axis {
 public:
  using Show = std::string (*)(double);

  // From `low` to `high`, as they are.
  static Axis linear(double low, double high, Show show);
  static Axis logarithmic(double low, double high, Show show);
  // Over the values, rounded outwards to where ticks are: logarithmic where they are above 0 and the largest is ten
  // times the smallest or more, else linear, from 0 where `from_zero` or where 0 is near.
  static Axis over(std::span<const double> values, Show show, bool from_zero);
  // Of fractions of tasks below 1, stretched towards 1 as HdrHistogram draws them, up to that of `inverse`, 1 / (1 -
  // p).
  static Axis percentiles(double inverse);

  // 0 at the low end, 1 at the high end; beyond them where the value is.
  double place(double value) const;
  // At most `most`, but two at least, from the low end on.
  std::vector<Tick> ticks(std::size_t most) const;
  bool is_logarithmic() const { return kind_ != Kind::linear; }

  double low() const { return low_; }
  double high() const { return high_; }

 private:
  enum class Kind { linear, logarithmic, percentiles };
  Axis(Kind kind, double low, double high, Show show) : kind_(kind), low_(low), high_(high), show_(show) {}

  Kind kind_;
  double low_;
  double high_;
  Show show_;
};

// The axis under a chart, `width` columns from the corner in column `indent` on: a line with ticks, and a line with
// the texts of those that do not run into each other.
std::string axis_text(const Axis& axis, const std::vector<Tick>& ticks, std::size_t indent, std::size_t width);

}  // namespace cbench
