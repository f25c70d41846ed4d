#include "reports/shown/bar_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "text/fitted.hpp"
#include "text/grid.hpp"

namespace cbench {
namespace {

constexpr std::array<std::string_view, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

// In columns from the axis, with what lies outside at its ends.
double column_of(const Axis& axis, double value, std::size_t width) {
  return std::clamp(axis.place(value), 0.0, 1.0) * static_cast<double>(width);
}

std::size_t whole(double columns, std::size_t width) {
  return std::min(width - 1, static_cast<std::size_t>(std::max(0.0, std::floor(columns))));
}

// The interval where it is wide enough to be seen: `fill` between its ends, and the mean in it.
void put_interval(std::vector<std::string>& cells, const Bar& bar, const Axis& axis, std::string_view fill,
                  std::string_view low_end, std::string_view high_end) {
  if (bar.high <= bar.low) return;
  const std::size_t from = whole(column_of(axis, bar.low, cells.size()), cells.size());
  const std::size_t to = whole(column_of(axis, bar.high, cells.size()), cells.size());
  if (to < from + 1) return;
  for (std::size_t at = from; at <= to; ++at) cells[at] = fill;
  cells[from] = low_end;
  cells[to] = high_end;
}

std::vector<std::string> bar_cells(const Bar& bar, const Axis& axis, std::size_t width) {
  std::vector<std::string> cells(width, " ");
  const double end = column_of(axis, bar.value, width);
  const std::size_t mean = whole(end, width);
  if (axis.is_logarithmic()) {
    for (std::size_t at = 0; at < mean; ++at) cells[at] = "┄";
    put_interval(cells, bar, axis, "─", "├", "┤");
    cells[mean] = "●";
    return cells;
  }
  for (std::size_t at = 0; at < whole(end, width + 1); ++at) cells[at] = "█";
  const auto part = static_cast<std::size_t>((end - std::floor(end)) * 8);
  if (end < static_cast<double>(width) && part > 0) cells[mean] = eighths[part];
  const std::size_t before = whole(column_of(axis, bar.low, width), width);
  put_interval(cells, bar, axis, "▒", "▒", "▒");
  if (bar.high > bar.low && whole(column_of(axis, bar.high, width), width) > before + 1) cells[mean] = "┃";
  return cells;
}

}  // namespace

std::string render(const BarChart& chart, const ChartOptions& options) {
  std::size_t label_width = 0;
  std::size_t text_width = 0;
  for (const Bar& bar : chart.bars) {
    label_width = std::max(label_width, display_width(bar.label));
    text_width = std::max(text_width, display_width(bar.text));
  }
  label_width = std::min(label_width, options.width / 3);
  const std::size_t around = label_width + 2 + 1 + text_width;
  constexpr std::size_t least = 10;
  const bool texts = options.width >= around + least;
  const std::size_t taken = texts ? around : label_width + 2;
  const std::size_t width = std::max(least, options.width - std::min(options.width, taken));
  std::string out;
  for (const Bar& bar : chart.bars) {
    std::string cells;
    for (const std::string& cell : bar_cells(bar, chart.x, width)) cells += cell;
    std::string line = padded(shortened(bar.label, label_width), label_width, true) + " │";
    if (texts) {
      line += inked(cells, bar.ink, options.colour) + ' ' + bar.text;
    } else {
      cells.resize(cells.find_last_not_of(' ') + 1);
      line += inked(cells, bar.ink, options.colour);
    }
    out += line + '\n';
  }
  out += axis_text(chart.x, chart.x.ticks(width / 9 + 1), label_width + 1, width);
  const std::string name = shortened(chart.x_name, options.width);
  return out + padded(name, std::max(display_width(name), label_width + 2 + width), false) + '\n';
}

}  // namespace cbench
