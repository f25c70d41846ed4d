// Bars with intervals, in characters. Over decades bars would show nothing but the size of the axis: points instead.
#pragma once

#include <string>
#include <vector>

#include "reports/shown/axis.hpp"
#include "reports/shown/line_chart.hpp"

namespace cbench {

struct Bar {
  std::string label;
  std::string text;  // behind the bar
  TerminalInk ink = 0;
  double value = 0;
  double low = 0;  // of its interval; both 0: there is none
  double high = 0;
};

struct BarChart {
  std::string x_name;  // with its unit
  Axis x;
  std::vector<Bar> bars;
};

// Lines that end with a line break, none wider than the width.
std::string render(const BarChart& chart, const ChartOptions& options);

}  // namespace cbench
