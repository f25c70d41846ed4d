#include "reports/shown/load_curve_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "text/human.hpp"

namespace cbench {
namespace {

struct Glyphs {
  std::string_view p99;
  std::string_view p50;
};
// As many models as there are shapes that have a filled and a hollow form; others are drawn by letters.
constexpr std::array<Glyphs, 8> glyphs{
    {{"●", "○"}, {"■", "□"}, {"▲", "△"}, {"◆", "◇"}, {"A", "a"}, {"B", "b"}, {"D", "d"}, {"E", "e"}}};
constexpr std::size_t most_with_both = 4;  // models: with more, p50 would only be in the way
// From there on the rates of the slowest model would share a corner of a linear axis.
constexpr double widest_linear = 8;
constexpr double least_room = 1.03;  // beyond the extremes

std::string show_rate(double per_s) { return per_s == 0 ? "0" : human_number(per_s); }
std::string show_time(double us) { return human_us(us); }

// To 1, 2 or 5 times a power of ten, where a logarithmic axis has its ticks.
double round_down(double value) {
  const double decade = std::pow(10, std::floor(std::log10(value)));
  const double digits = value / decade;
  return decade * (digits >= 5 ? 5 : digits >= 2 ? 2 : 1);
}
double round_up(double value) {
  const double below = round_down(value);
  const bool is_two = std::round(below / std::pow(10, std::floor(std::log10(below) + 1e-9))) == 2;
  return below >= value ? value : below * (is_two ? 2.5 : 2);
}

struct Percentile {
  double fraction;
  double Latency::*value;
};
constexpr Percentile p99{0.99, &Latency::p99_us};
constexpr Percentile p50{0.5, &Latency::p50_us};

// The points of a percentile in runs, which end where a rate says nothing.
std::vector<ChartSeries> runs_of(const LoadCurve& curve, const Percentile& percentile, TerminalInk ink,
                                 std::string_view glyph) {
  std::vector<ChartSeries> runs;
  bool goes_on = false;
  for (const Cell* cell : curve.cells) {
    const bool known = cell->measured() && cell->knows_percentile(percentile.fraction);
    if (known && !goes_on) runs.push_back({.label = {}, .ink = ink, .glyph = glyph, .unlisted = true});
    goes_on = known;
    if (!known) continue;
    const ChartPoint point{cell->spec.load.rate_per_s, cell->response.*percentile.value};
    runs.back().line.push_back(point);
    runs.back().marks.push_back({.x = point.x, .y = point.y});
  }
  return runs;
}

std::size_t points_of(const std::vector<ChartSeries>& runs) {
  std::size_t points = 0;
  for (const ChartSeries& run : runs) points += run.marks.size();
  return points;
}

// "p99 ●, p50 ○; knee between 8.00k/s and 9.50k/s; overloaded from 10.5k/s on".
std::string note_of(const LoadCurve& curve, const Glyphs& drawn, bool shows_p99, bool shows_p50) {
  std::string note = shows_p99 ? fmt::format("p99 {}", drawn.p99) : "p99 unknown: too few tasks";
  if (shows_p50) note += fmt::format(", p50 {}", drawn.p50);
  if (curve.knee && curve.knee->low_per_s > 0) {
    note += fmt::format("; knee {}-{}/s", human_number(curve.knee->low_per_s), human_number(curve.knee->high_per_s));
  } else if (curve.knee) {
    note += fmt::format("; knee below {}/s", human_number(curve.knee->high_per_s));
  }
  const auto overloaded =
      std::ranges::find(curve.cells, LoadVerdict::overloaded, [](const Cell* cell) { return verdict_of(*cell); });
  if (overloaded != curve.cells.end()) {
    note += fmt::format("; overloaded at {}/s", human_number((*overloaded)->spec.load.rate_per_s));
  }
  return note;
}

}  // namespace

std::string load_curve_chart(std::span<const LoadCurve* const> curves, std::span<const DrawnModel> models,
                             const ChartOptions& options) {
  const bool of_classes = std::ranges::any_of(curves, [](const LoadCurve* curve) {
    return std::ranges::any_of(curve->cells, [](const Cell* cell) { return !cell->classes.empty(); });
  });
  LineChart chart{.x_name = "offered, tasks/s",
                  .y_name = of_classes ? "response time of all tasks" : "response time",
                  .x = Axis::linear(0, 1, show_rate),
                  .y = Axis::linear(0, 1, show_time),
                  .x_ticks = {},
                  .series = {}};
  const bool both = curves.size() <= most_with_both;
  bool curved = false;
  std::vector<double> highest;  // rate of each model
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const LoadCurve& curve = *curves[i];
    const Glyphs& drawn = glyphs[i % glyphs.size()];
    const TerminalInk ink = std::ranges::find(models, curve.label(), &DrawnModel::label)->look.ink.terminal;
    std::vector<ChartSeries> tail = runs_of(curve, p99, ink, drawn.p99);
    std::vector<ChartSeries> middle = both ? runs_of(curve, p50, ink, drawn.p50) : std::vector<ChartSeries>{};
    curved = curved || std::max(points_of(tail), points_of(middle)) >= fewest_rates_of_a_curve;
    if (!tail.empty() || !middle.empty()) highest.push_back(curve.cells.back()->spec.load.rate_per_s);
    chart.series.push_back({.label = curve.label(),
                            .note = note_of(curve, drawn, !tail.empty(), !middle.empty()),
                            .ink = ink,
                            .glyph = drawn.p99});
    std::ranges::move(middle, std::back_inserter(chart.series));
    std::ranges::move(tail, std::back_inserter(chart.series));
  }
  if (!curved) return "";
  std::vector<double> rates;
  std::vector<double> times;
  for (const ChartSeries& series : chart.series) {
    for (const ChartMark& mark : series.marks) {
      rates.push_back(mark.x);
      times.push_back(mark.y);
    }
  }
  const auto [slowest, fastest] = std::ranges::minmax(highest);
  chart.x = fastest > widest_linear * slowest ? Axis::logarithmic(std::ranges::min(rates) / least_room,
                                                                  std::ranges::max(rates) * least_room, show_rate)
                                              : Axis::linear(0, std::ranges::max(rates) * least_room, show_rate);
  const auto [shortest, longest] = std::ranges::minmax(times);
  chart.y = Axis::logarithmic(round_down(shortest / least_room), round_up(longest * least_room), show_time);
  return render(chart, options);
}

}  // namespace cbench
