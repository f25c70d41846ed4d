#include "reports/shown/line_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "text/fitted.hpp"
#include "text/grid.hpp"

namespace cbench {
namespace {

// With a title of two lines, what was measured, the names of both axes and one of them, it fills a screen.
constexpr std::size_t rows_of_a_screen = 24;
constexpr std::size_t rows_around = 8;
constexpr std::size_t least_height = 6;
constexpr std::size_t most_height = 16;
constexpr std::size_t most_lines_of_notes = 6;
constexpr std::size_t least_width = 20;
constexpr std::array<std::string_view, 16> marks{"●", "■", "▲", "◆", "○", "□", "△", "◇",
                                                 "+", "x", "*", "#", "%", "@", "&", "$"};

// The part of the chart between its axes.
class Field {
 public:
  Field(const LineChart& chart, std::size_t width, std::size_t height) : chart_(chart), canvas_(width, height) {}

  void draw(const ChartSeries& series) {
    for (std::size_t i = 1; i < series.line.size(); ++i) {
      const auto [x0, y0] = dots(series.line[i - 1].x, series.line[i - 1].y);
      const auto [x1, y1] = dots(series.line[i].x, series.line[i].y);
      canvas_.line(x0, y0, x1, y1, series.ink, series.dotted);
    }
    for (const ChartMark& mark : series.marks) {
      if (mark.high <= mark.low) continue;
      const auto [x, low] = dots(mark.x, mark.low);
      canvas_.line(x, low, x, dots(mark.x, mark.high).y, series.ink);
    }
  }

  // Over every line. Where two fall on one place, the later one goes beside it, so that both are seen.
  void put_marks(const ChartSeries& series, std::string_view glyph) {
    for (const ChartMark& mark : series.marks) {
      const auto [x, y] = dots(mark.x, mark.y);
      const int row = static_cast<int>(std::lround(y)) / TextCanvas::dots_down;
      int column = static_cast<int>(std::lround(x)) / TextCanvas::dots_across;
      const int step = column + 8 < canvas_.width_in_dots() / TextCanvas::dots_across ? 1 : -1;
      while (canvas_.is_taken(column, row)) column += step;
      canvas_.put(column, row, glyph, series.ink);
    }
  }

  std::vector<std::string> lines(bool colour) const { return canvas_.lines(colour); }

 private:
  ChartPoint dots(double x, double y) const {
    return {chart_.x.place(x) * (canvas_.width_in_dots() - 1),
            (1 - chart_.y.place(y)) * (canvas_.height_in_dots() - 1)};
  }
  const LineChart& chart_;
  TextCanvas canvas_;
};

std::size_t row_of(const Axis& axis, double value, std::size_t height) {
  const double dot = (1 - axis.place(value)) * static_cast<double>(height * TextCanvas::dots_down - 1);
  return std::min(height - 1, static_cast<std::size_t>(std::max(0L, std::lround(dot))) / TextCanvas::dots_down);
}

using LegendEntries = std::vector<std::pair<std::string, ChartSeries>>;

// `whole`: notes over as many lines as they take; else each is cut at the end of its line.
std::string legend_text(const LegendEntries& entries, const ChartOptions& options, bool whole) {
  std::size_t widest = 0;
  for (const auto& [glyph, series] : entries) {
    if (!series.unlisted) widest = std::max(widest, display_width(series.label));
  }
  widest = std::min(widest, options.width / 2);
  std::string out;
  for (const auto& [glyph, series] : entries) {
    if (series.unlisted) continue;
    const std::string label = padded(shortened(series.label, widest), widest, true);
    std::string text = "  " + inked(glyph, series.ink, options.colour) + ' ' + label;
    const std::size_t begin = 4 + widest + 2;
    if (!series.note.empty() && options.width > begin + 10) {
      const std::string space(begin, ' ');
      const std::string note = whole ? paragraph(series.note, options.width, space, space)
                                     : space + shortened(series.note, options.width - begin) + '\n';
      text += note.substr(begin - 2);
    } else {
      text.resize(text.find_last_not_of(' ') + 1);
      text += '\n';
    }
    out += text;
  }
  return out;
}

}  // namespace

std::string render(const LineChart& chart, const ChartOptions& options) {
  LegendEntries entries;
  std::size_t next = 0;
  for (const ChartSeries& series : chart.series) {
    std::string_view glyph = series.dotted ? "⠒" : series.glyph;
    if (glyph.empty()) glyph = marks[next++ % marks.size()];
    entries.emplace_back(glyph, series);
  }
  std::string legend = legend_text(entries, options, true);
  const auto lines_of = [](const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
  };
  if (lines_of(legend) > most_lines_of_notes) legend = legend_text(entries, options, false);
  const std::size_t taken = rows_around + lines_of(legend);
  const std::size_t height =
      std::clamp(rows_of_a_screen - std::min(rows_of_a_screen, taken), least_height, most_height);

  const std::vector<Tick> y_ticks = chart.y.ticks(height / 2 + 1);
  std::size_t gutter = 0;
  for (const Tick& tick : y_ticks) gutter = std::max(gutter, display_width(tick.text));
  const std::size_t width = std::max(least_width, options.width) - std::min(options.width, gutter + 3);
  std::vector<std::string> texts(height);
  for (const Tick& tick : y_ticks) texts[row_of(chart.y, tick.value, height)] = tick.text;

  Field field(chart, width, height);
  for (const auto& [glyph, series] : entries) field.draw(series);
  for (const auto& [glyph, series] : entries) field.put_marks(series, glyph);

  std::string out = shortened(chart.y_name, options.width) + '\n';
  const std::vector<std::string> lines = field.lines(options.colour);
  for (std::size_t row = 0; row < height; ++row) {
    out += padded(texts[row], gutter, false) + (texts[row].empty() ? " │" : " ┤") + lines[row] + '\n';
  }
  const std::vector<Tick> x_ticks = chart.x_ticks.empty() ? chart.x.ticks(width / 9) : chart.x_ticks;
  out += axis_text(chart.x, x_ticks, gutter + 1, width);
  const std::string x_name = shortened(chart.x_name, options.width);
  out += padded(x_name, std::max(display_width(x_name), gutter + 2 + width), false) + '\n';
  return out + legend;
}

}  // namespace cbench
