#include "reports/shown/charts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "record/latency_spectrum.hpp"
#include "reports/findings/comparison/noise_floor.hpp"
#include "reports/shown/bar_chart.hpp"
#include "reports/shown/heading.hpp"
#include "reports/shown/load_curve_chart.hpp"
#include "text/fitted.hpp"
#include "text/grid.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

using Cells = std::vector<const Cell*>;

constexpr std::array kinds{PictureKind::throughput, PictureKind::speedup, PictureKind::latency, PictureKind::load,
                           PictureKind::curve};

std::string show_rate(double per_s) { return per_s == 0 ? "0" : human_number(per_s); }
std::string show_time(double us) { return human_us(us); }
std::string show_factor(double factor) { return human_factor(factor); }
std::string show_count(double count) { return human_count(static_cast<std::uint64_t>(count)); }

// Of the estimate of a mean, cut off at 0; nothing where there is none.
Interval interval_of(const Estimate& estimate) {
  return estimate.has_interval() ? Interval{std::max(0.0, estimate.low), estimate.high} : Interval{};
}

constexpr std::size_t most_bars = 14;
constexpr std::size_t fewest_points = 3;  // of a curve that shows more than the table does

// From one size on a linear scale hides all but the largest.
constexpr double decades_for_points = 100;

std::string throughput_chart(const Summary& summary, const Picture& picture, const ChartOptions& options) {
  std::vector<double> asked;  // without the baseline: to compare models is what the chart is for
  std::vector<double> all;
  std::size_t left_out = 0;  // the slowest: the baseline stands at the end, and stays
  BarChart chart{
      .x_name = "tasks/s, with the 95% interval of the mean", .x = Axis::linear(0, 1, show_rate), .bars = {}};
  for (const Cell* cell : picture.cells) {
    const double mean = cell->throughput.mean;
    const Interval interval = interval_of(cell->throughput);
    std::string text = show_rate(mean) + "/s";
    if (const std::string known = plus_minus(cell->throughput); !known.empty()) {
      text += padded(known, std::max<std::size_t>(6, display_width(known) + 1), false);
    }
    if (cell->efficiency > 0 && !cell->is_yardstick())
      text += fmt::format("  {} of ideal", human_percent(cell->efficiency));
    if (!cell->is_baseline() && chart.bars.size() >= most_bars) {
      ++left_out;
      continue;
    }
    chart.bars.push_back({.label = fmt::format("{} {}", cell->label(), cell->spec.workers),
                          .text = std::move(text),
                          .ink = summary.model(*cell).look.ink.terminal,
                          .value = mean,
                          .low = interval.low,
                          .high = interval.high});
    if (!cell->spec.unasked) asked.push_back(mean);
    all.push_back(std::max(mean, interval.high));
    if (interval.low > 0) all.push_back(interval.low);
  }
  const auto [least, most] = std::ranges::minmax(asked);
  if (least > 0 && most >= decades_for_points * least) {
    chart.x = Axis::over(all, show_rate, false);
  } else {
    chart.x = Axis::over(std::array{std::ranges::max(all)}, show_rate, true);
  }
  std::string text = render(chart, options);
  if (left_out > 0)
    text += paragraph(fmt::format("{} in the table (cbench summary).",
                                  left_out == 1 ? "One slower one is" : fmt::format("{} slower ones are", left_out)),
                      options.width);
  return text;
}

// Each measured count, as far as there is room.
std::vector<Tick> ticks_at(const std::set<double>& counts) {
  std::vector<Tick> ticks;
  ticks.reserve(counts.size());
  for (const double count : counts) ticks.push_back({count, show_count(count)});
  return ticks;
}

// The chosen law's curve, or the points joined where there is none.
ChartSeries speedup_series(const Summary& summary, const ScalingSeries& series) {
  ChartSeries out{.label = series.curve.label, .note = "points are joined: work that waits follows no law of workers"};
  out.ink = summary.model(*series.cells.front()).look.ink.terminal;
  for (const Cell* cell : series.cells) {
    const Interval& interval = cell->speedup_over_one_worker_interval;
    const bool known = std::isfinite(interval.high);
    out.marks.push_back({.x = series.n_of(*cell),
                         .y = cell->speedup_over_one_worker,
                         .low = known ? interval.low : 0,
                         .high = known ? interval.high : 0});
    out.line.push_back({series.n_of(*cell), cell->speedup_over_one_worker});
  }
  const LawFit* law = series.fit ? series.fit->chosen_law() : nullptr;
  if (series.fit && !series.fit->sentences.empty()) out.note = series.fit->sentences.front();
  if (law == nullptr || law->curve.empty()) return out;
  out.line.clear();
  for (const CurvePoint& point : law->curve) {
    out.line.push_back({point.n, point.throughput_per_s / series.single_per_s});
  }
  return out;
}

std::string speedup_chart(const Summary& summary, const SummarisedBlock& block, const Picture& picture,
                          const ChartOptions& options) {
  std::set<double> counts;
  std::vector<double> speedups{1};
  std::vector<ChartSeries> all;
  for (const ScalingSeries& series : block.series) {
    const bool belongs = series.over_workers() && series.single_per_s > 0 &&
                         series.curve.fixed == picture.cells.front()->spec.load.concurrency;
    if (!belongs) continue;
    all.push_back(speedup_series(summary, series));
    for (const ChartMark& mark : all.back().marks) {
      counts.insert(mark.x);
      speedups.push_back(std::max(mark.y, std::min(mark.high, 1.2 * mark.y)));  // a wide interval may be cut off
    }
  }
  if (counts.size() < fewest_points) return "";
  const double last = *counts.rbegin();
  const double cpus = picture.cells.front()->cpus;
  const double ideal = cpus > 0 ? std::min(last, cpus) : last;
  speedups.push_back(ideal);
  const bool decades = last >= 10;
  ChartSeries linear{.label = "ideal",
                     .note = cpus > 0 && cpus < last ? fmt::format("one worker's, on {:g} CPUs", cpus)
                                                     : "each worker adds what the first brings"};
  linear.dotted = true;
  constexpr int steps = 64;
  for (int i = 0; i <= steps; ++i) {
    const double share = static_cast<double>(i) / steps;
    const double n = decades ? std::pow(last, share) : 1 + share * (last - 1);
    linear.line.push_back({n, std::min(n, ideal)});
  }
  all.insert(all.begin(), std::move(linear));
  const double most = std::ranges::max(speedups);
  return render(LineChart{.x_name = "workers",
                          .y_name = "speedup over one worker of the same model",
                          .x = decades ? Axis::logarithmic(1, last, show_count) : Axis::linear(1, last, show_count),
                          .y = decades && most >= 10 ? Axis::over(std::array{1.0, most}, show_factor, false)
                                                     : Axis::over(std::array{most}, show_factor, true),
                          .x_ticks = ticks_at(counts),
                          .series = std::move(all)},
                options);
}

// Those of the response time that there are tasks enough for.
std::vector<ChartPoint> known_percentiles(const Cell& cell) {
  const Latency& latency = cell.response;
  std::vector<ChartPoint> points{
      {0.5, latency.p50_us}, {0.9, latency.p90_us}, {0.99, latency.p99_us}, {0.999, latency.p999_us}};
  std::erase_if(points, [&](const ChartPoint& point) { return !cell.knows_percentile(point.x); });
  return points;
}

std::vector<ChartPoint> spectrum_line(const Cell& cell) {
  if (!cell.response.histogram) return known_percentiles(cell);
  std::vector<ChartPoint> line;
  for (const SpectrumPoint& point : spectrum_of(*cell.response.histogram)) {
    const double fraction = point.percentile / 100;
    if (fraction < 1 && cell.knows_percentile(fraction)) line.push_back({fraction, point.value_us});
  }
  return line;
}

// "p50 20.3ms, p99 21.5ms, longest 22.6ms".
std::string percentiles_text(const Cell& cell) {
  std::string text;
  for (const ChartPoint& point : known_percentiles(cell)) {
    if (point.x != 0.9) text += fmt::format("p{:.4g} {}, ", point.x * 100, human_us(point.y));
  }
  return text + "longest " + human_us(cell.response.max_us);
}

std::string latency_chart(const Summary& summary, const Picture& picture, const ChartOptions& options) {
  std::vector<ChartSeries> all;
  std::vector<double> times;
  double inverse = 10;
  for (const Cell* cell : picture.cells) {
    ChartSeries series{
        .label = cell->label(), .ink = summary.model(*cell).look.ink.terminal, .line = spectrum_line(*cell)};
    series.note = fmt::format("{}: {}", plural(cell->spec.workers, "worker"), percentiles_text(*cell));
    for (const ChartPoint& point : series.line) {
      times.push_back(point.y);
      inverse = std::max(inverse, 1 / (1 - point.x));
    }
    for (const auto& [fraction, value] : known_percentiles(*cell)) {
      const bool drawn = !series.line.empty() && fraction <= series.line.back().x;
      if (drawn) series.marks.push_back({.x = fraction, .y = value});
    }
    all.push_back(std::move(series));
  }
  return render(LineChart{.x_name = "share of tasks that took at most this",
                          .y_name = "response time",
                          .x = Axis::percentiles(inverse),
                          .y = Axis::over(times, show_time, false),
                          .x_ticks = {},
                          .series = std::move(all)},
                options);
}

std::string load_chart(const Summary& summary, const SummarisedBlock& block, const Picture& picture,
                       const ChartOptions& options) {
  std::vector<ChartSeries> all;
  std::vector<double> rates;
  std::vector<double> times;
  bool curved = false;
  for (const Sweep& sweep : block.sweeps) {
    const Cell& first = *sweep.cells.front();
    if (first.spec.workers != picture.cells.front()->spec.workers) continue;
    ChartSeries series{.label = first.label(), .ink = summary.model(first).look.ink.terminal};
    for (const Cell* cell : sweep.cells) {
      series.marks.push_back({.x = cell->throughput.mean, .y = cell->response.p99_us});
      series.line.push_back({cell->throughput.mean, cell->response.p99_us});
      rates.push_back(cell->throughput.mean);
      times.push_back(cell->response.p99_us);
    }
    const TrialSpec& last = sweep.cells.back()->spec;
    series.note = sweep.by == SweptBy::rate
                      ? fmt::format("{}/s to {}/s offered", human_number(first.spec.load.rate_per_s),
                                    human_number(last.load.rate_per_s))
                      : fmt::format("{} to {} in flight", human_count(first.spec.load.concurrency),
                                    human_count(last.load.concurrency));
    curved = curved || series.line.size() >= fewest_points;
    all.push_back(std::move(series));
  }
  if (!curved) return "";
  return render(LineChart{.x_name = "throughput, tasks/s",
                          .y_name = "p99 of the response time",
                          .x = Axis::over(rates, show_rate, true),
                          .y = Axis::over(times, show_time, false),
                          .x_ticks = {},
                          .series = std::move(all)},
                options);
}

std::string curve_chart(const Summary& summary, const SummarisedBlock& block, const Picture& picture,
                        const ChartOptions& options) {
  std::vector<const LoadCurve*> curves;
  for (const LoadCurve& curve : block.load_curves) {
    if (curve.workers() == picture.cells.front()->spec.workers) curves.push_back(&curve);
  }
  return load_curve_chart(curves, summary.models, options);
}

std::string bold(std::string_view text, bool colour) {
  return colour ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

// What all cells of the picture have in common.
std::string measured_on(const Block& block, const Picture& picture) {
  const Cell& first = *picture.cells.front();
  const bool one_load = picture.kind != PictureKind::load && picture.kind != PictureKind::curve;
  return work_text(block) + " · " + (one_load ? load_text(first.spec.load) : plural(first.spec.workers, "worker"));
}

}  // namespace

std::span<const PictureKind> chart_kinds() { return kinds; }

std::string chart_text(const Summary& summary, const SummarisedBlock& block, const Picture& picture,
                       const ChartOptions& options) {
  std::string chart;
  switch (picture.kind) {
    case PictureKind::throughput: chart = throughput_chart(summary, picture, options); break;
    case PictureKind::speedup: chart = speedup_chart(summary, block, picture, options); break;
    case PictureKind::latency: chart = latency_chart(summary, picture, options); break;
    case PictureKind::load: chart = load_chart(summary, block, picture, options); break;
    case PictureKind::curve: chart = curve_chart(summary, block, picture, options); break;
    case PictureKind::split:
    case PictureKind::cost:
    case PictureKind::efficiency:
    case PictureKind::history: return "";
  }
  if (chart.empty()) return "";
  std::string title = paragraph(picture.title, options.width);
  title.pop_back();
  return bold(title, options.colour) + '\n' + paragraph(measured_on(block.block, picture), options.width, "", "  ") +
         '\n' + chart + (is_of_medians(picture) ? paragraph(medians_sentence, options.width, "  ", "  ") : "");
}

std::string charts_text(const Summary& summary, std::optional<PictureKind> kind, const ChartOptions& options) {
  std::string out;
  for (const SummarisedHost& host : summary.hosts) {
    std::string of_host;
    for (const SummarisedBlock& block : host.blocks) {
      for (const Picture& picture : block.pictures) {
        const bool wanted = kind ? picture.kind == *kind : picture.main;
        const std::string text = wanted ? chart_text(summary, block, picture, options) : "";
        if (!text.empty()) of_host += (of_host.empty() ? "" : "\n") + text;
      }
    }
    if (of_host.empty()) continue;
    if (!out.empty()) out += '\n';
    if (summary.hosts.size() > 1) out += paragraph("On " + host.name, options.width) + '\n';
    out += of_host;
  }
  return out;
}

}  // namespace cbench
