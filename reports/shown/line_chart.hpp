// Lines and points over two axes, in characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "reports/shown/axis.hpp"
#include "text/canvas.hpp"

namespace cbench {

struct ChartOptions {
  std::size_t width = 80;
  bool colour = false;  // ANSI escapes
};

struct ChartPoint {
  double x = 0;
  double y = 0;
};

struct ChartMark {
  double x = 0;
  double y = 0;
  double low = 0;  // of its interval; both 0: there is none
  double high = 0;
};

struct ChartSeries {
  std::string label;
  std::string note;  // beside the label
  TerminalInk ink = 0;
  std::vector<ChartPoint> line;
  std::vector<ChartMark> marks;
  bool dotted = false;          // a line for reference, without marks
  std::string_view glyph = {};  // of its marks; empty: the next that no other has
  bool unlisted = false;        // not in the legend: it belongs to a series that is
};

struct LineChart {
  std::string x_name;  // with its unit
  std::string y_name;
  Axis x;
  Axis y;
  std::vector<Tick> x_ticks;  // where they are given; else those of the axis
  std::vector<ChartSeries> series;
};

// Lines that end with a line break, none wider than the width; under them what each mark stands for.
std::string render(const LineChart& chart, const ChartOptions& options);

}  // namespace cbench
