// Charts in the terminal: held against stored ones, and what must hold at every width.
#include "reports/shown/charts.hpp"

#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/golden.hpp"
#include "tests/support/sample_curve.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/text_matchers.hpp"
#include "text/fitted.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

std::string charts(const std::vector<TrialRecord>& records, std::optional<PictureKind> kind = std::nullopt,
                   std::size_t width = 80, bool colour = false) {
  Results results;
  results.hosts.push_back({.facts = records.front().host,
                           .build = records.front().build,
                           .name = "host",
                           .differences = {},
                           .trials = Trials(records)});
  return charts_text(summarise(results), kind, {.width = width, .colour = colour});
}

std::string number(double value) { return human_number(value); }

// On 16 CPUs: one model that follows Amdahl's law, one whose workers get in each other's way.
std::vector<TrialRecord> sample_scaling() {
  std::vector<TrialRecord> records;
  for (const std::uint32_t workers : {1U, 2U, 4U, 8U, 16U}) {
    const double n = workers;
    for (const auto& [model, throughput] :
         {std::pair{"pool", 1'000 * n / (1 + 0.02 * (n - 1))},
          std::pair{"threads", 950 * n / (1 + 0.05 * (n - 1) + 0.01 * n * (n - 1))}}) {
      append(records, sample_repetitions({.model = model,
                                          .workload = "cpu",
                                          .parameters = {{"amount", "20000"}},
                                          .workers = workers,
                                          .concurrency = 64,
                                          .throughput_per_s = throughput,
                                          .demand_cpu_us = 1'000,
                                          .demand_wait_us = 0,
                                          .ideal_per_s = 1'000 * n,
                                          .response_us = 64e6 / throughput,
                                          .tail_us = 500}));
    }
  }
  for (TrialRecord& record : records) record.host.cpus_online = record.host.cpus_allowed = 16;
  return records;
}

std::vector<TrialRecord> sample_load() {
  std::vector<TrialRecord> records;
  for (const std::uint32_t concurrency : {10U, 100U, 1000U}) {
    append(records, sample_repetitions({.concurrency = concurrency, .throughput_per_s = 48.9 * concurrency}));
    append(records, sample_repetitions({.model = "threads",
                                        .concurrency = concurrency,
                                        .throughput_per_s = 48.0 * std::min(concurrency, 300U),
                                        .response_us = 20'100 * std::max(1.0, concurrency / 300.0),
                                        .tail_us = 40.0 * concurrency}));
  }
  return records;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<TrialRecord> two_curves() {
  std::vector<TrialRecord> records = sample_curve("pool", 10'000);
  for (TrialRecord& record : sample_curve("fibers", 16'000)) records.push_back(std::move(record));
  return records;
}

TEST(Charts, golden_throughput_over_decades) {
  expect_same_as_file(charts(sample_io(), PictureKind::throughput), "golden/chart_throughput_io.txt");
}
TEST(Charts, golden_throughput) {
  expect_same_as_file(charts(sample_failures(), PictureKind::throughput), "golden/chart_throughput.txt");
}
TEST(Charts, golden_speedup) {
  expect_same_as_file(charts(sample_scaling(), PictureKind::speedup), "golden/chart_speedup.txt");
}
TEST(Charts, golden_latency) {
  std::vector<TrialRecord> records = sample_io();
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.model == "pool"; });
  expect_same_as_file(charts(records, PictureKind::latency), "golden/chart_latency.txt");
}
TEST(Charts, golden_load_in_60_columns) {
  expect_same_as_file(charts(sample_load(), PictureKind::load, 60), "golden/chart_load_60.txt");
}

TEST(Charts, golden_curve) { expect_same_as_file(charts(two_curves(), PictureKind::curve), "golden/chart_curve.txt"); }

TEST(Charts, a_curve_of_open_loops_takes_the_place_of_latency_against_throughput) {
  EXPECT_EQ(charts(two_curves(), PictureKind::load), "");
  EXPECT_EQ(charts(sample_load(), PictureKind::curve), "") << "closed loops offer no rate";
}

TEST(Charts, models_on_a_curve_have_marks_of_their_own_and_a_gap_breaks_the_line) {
  std::vector<TrialRecord> records = two_curves();
  const std::string whole = charts(records, PictureKind::curve);
  for (const char* mark : {"●", "○", "■", "□"}) EXPECT_TRUE(has(whole, mark)) << mark << "\n" << whole;
  const auto marks_of = [](const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = text.find("■"); at != std::string::npos; at = text.find("■", at + 1)) ++count;
    return count;
  };
  for (TrialRecord& record : records) {
    if (record.spec.model == "pool" && record.spec.load.rate_per_s == 5000) record.status = Status::invalid;
  }
  const std::string gap = charts(records, PictureKind::curve);
  EXPECT_EQ(marks_of(gap) + 1, marks_of(whole)) << gap;
}

TEST(Charts, no_line_is_wider_than_the_terminal) {
  for (const auto& records : {sample_io(), sample_scaling(), sample_load(), two_curves(), sample_failures()}) {
    for (std::size_t width = 24; width <= 160; width += 7) {
      for (const std::string& line : lines_of(charts(records, std::nullopt, width))) {
        ASSERT_LE(display_width(line), width) << line;
        ASSERT_FALSE(line.ends_with(' ')) << '"' << line << '"';
      }
    }
  }
}

TEST(Charts, colour_changes_nothing_but_colour) {
  for (const auto& records : {sample_io(), sample_scaling(), sample_load(), two_curves()}) {
    const std::string coloured = charts(records, std::nullopt, 80, true);
    EXPECT_TRUE(has(coloured, "\x1b[38;5;"));
    EXPECT_EQ(std::regex_replace(coloured, std::regex("\x1b\\[[0-9;]+m"), ""), charts(records));
    EXPECT_FALSE(has(charts(records), "\x1b"));
  }
}

TEST(Charts, a_model_has_one_colour_in_every_chart) {
  const auto colours_in_legends = [](const std::string& text, const std::string& label) {
    std::set<std::string> colours;
    const std::regex entry("\x1b\\[38;5;([0-9]+)m[^\x1b]*\x1b\\[0m " + label);
    for (std::sregex_iterator at(text.begin(), text.end(), entry), end; at != end; ++at) colours.insert((*at)[1]);
    return colours;
  };
  std::string all = charts(sample_load(), std::nullopt, 80, true);
  all += charts(sample_scaling(), std::nullopt, 80, true) + charts(sample_io(), std::nullopt, 80, true);
  EXPECT_EQ(colours_in_legends(all, "threads").size(), 1U);
  EXPECT_EQ(colours_in_legends(all, "fibers").size(), 1U);
  EXPECT_NE(colours_in_legends(all, "threads"), colours_in_legends(all, "fibers"));
}

TEST(Charts, each_is_titled_by_its_finding) {
  EXPECT_TRUE(begins(charts(sample_io(), PictureKind::throughput, 200),
                     "eventloop and fibers lead at 48.9-49.1k/s, tied, 98 % of the ideal; threads follows at 0.84x"));
  EXPECT_TRUE(
      begins(charts(sample_scaling(), PictureKind::speedup, 200),
             "On 16 workers pool gains 12.3x over one, threads 3.86x\ncpu: amount=20000 · closed, 64 in flight"));
  EXPECT_TRUE(begins(charts(sample_load(), PictureKind::load, 200),
                     "fibers goes from 489/s to 48.9k/s while p99 stays at 21.5ms"));
}

TEST(Charts, without_a_kind_the_main_load_is_shown_and_with_one_every_load) {
  const std::string all = charts(sample_load(), PictureKind::throughput);
  const std::string main = charts(sample_load());
  EXPECT_TRUE(has(all, "closed, 10 in flight"));
  EXPECT_TRUE(has(all, "closed, 1,000 in flight"));
  EXPECT_FALSE(has(main, "closed, 10 in flight"));
  EXPECT_TRUE(has(main, "closed, 1,000 in flight"));
}

TEST(Charts, what_was_not_measured_is_not_drawn) {
  EXPECT_EQ(charts(sample_io(), PictureKind::speedup), "");
  EXPECT_EQ(charts(sample_io(), PictureKind::load), "");
  EXPECT_FALSE(has(charts(sample_failures(), PictureKind::throughput), "actors"));
}

TEST(Charts, results_without_histograms_show_the_percentiles_of_their_columns) {
  std::vector<TrialRecord> records = sample_io();
  for (TrialRecord& record : records) record.response.histogram.reset();
  const std::string text = charts(records, PictureKind::latency);
  EXPECT_TRUE(has(text, "99.9%"));
  EXPECT_TRUE(has(text, "p99 21.5ms"));
  EXPECT_TRUE(has(text, "Percentiles are medians over repetitions"));
  EXPECT_FALSE(has(charts(sample_io(), PictureKind::latency), "medians"));
}

TEST(Charts, what_too_few_tasks_tell_is_not_drawn) {
  std::vector<TrialRecord> records = sample_io();
  EXPECT_FALSE(has(charts(records, PictureKind::latency), "pool")) << "597 tasks tell no p99";
  for (TrialRecord& record : records) record.tasks = 1'500;
  const std::string text = charts(records, PictureKind::latency);
  EXPECT_TRUE(has(text, "p99 21.5ms, longest 22.6ms")) << text;
  EXPECT_FALSE(has(text, "p99.9 "));
}

TEST(Charts, times_that_do_not_hold_are_not_drawn) {
  std::vector<TrialRecord> records = sample_load();
  EXPECT_TRUE(has(charts(records, PictureKind::load), "threads  10 to 1,000 in flight"));
  for (TrialRecord& record : records) {
    if (record.spec.model == "threads" && record.spec.load.concurrency == 1000) record.littles_in_flight = 400;
  }
  EXPECT_TRUE(has(charts(records, PictureKind::load), "threads  10 to 100 in flight"));
}

TEST(Charts, a_curve_through_two_points_is_not_drawn) {
  std::vector<TrialRecord> records = sample_scaling();
  EXPECT_NE(charts(records, PictureKind::speedup), "");
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.workers > 2; });
  EXPECT_EQ(charts(records, PictureKind::speedup), "");
  records = sample_load();
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.load.concurrency == 10; });
  EXPECT_EQ(charts(records, PictureKind::load), "");
}

TEST(Charts, each_fits_a_screen_and_no_two_marks_are_alike) {
  std::vector<TrialRecord> records =
      sample_repetitions(sequential_sample({.throughput_per_s = 49.7, .ideal_per_s = 50}));
  for (const std::uint32_t concurrency : {10U, 100U, 1000U}) {
    for (int model = 0; model < 12; ++model) {
      append(records, sample_repetitions({.model = "model" + std::to_string(model),
                                          .concurrency = concurrency,
                                          .throughput_per_s = (48.9 - model) * concurrency}));
    }
  }
  for (const PictureKind kind : chart_kinds()) {
    const std::vector<std::string> lines = lines_of(charts(records, kind));
    if (lines.empty()) continue;
    const auto titles = std::ranges::count_if(lines, [](const std::string& line) { return begins(line, "io: "); });
    EXPECT_LE(lines.size() / static_cast<std::size_t>(titles), 26U) << name_of(kind);
  }
  std::set<std::string> marks;
  for (const std::string& line : lines_of(charts(records, PictureKind::load))) {
    const std::size_t at = line.find(" model");
    if (at != std::string::npos && begins(line, "  ")) marks.insert(line.substr(2, at - 2));
  }
  EXPECT_EQ(marks.size(), 12U);
}

TEST(Axis, values_that_span_a_decade_are_drawn_logarithmically) {
  EXPECT_FALSE(Axis::over(std::vector{10.0, 99.0}, number, true).is_logarithmic());
  EXPECT_TRUE(Axis::over(std::vector{10.0, 100.0}, number, true).is_logarithmic());
  EXPECT_FALSE(Axis::over(std::vector{0.0, 100.0}, number, true).is_logarithmic()) << "0 has no logarithm";
}

TEST(Axis, an_axis_holds_its_values_and_begins_at_zero_where_it_should) {
  for (const double most : {0.003, 1.0, 7.3, 4'290.0, 1e9}) {
    const Axis axis = Axis::over(std::vector{most}, number, true);
    EXPECT_EQ(axis.low(), 0);
    EXPECT_GE(axis.high(), most);
    EXPECT_LE(axis.high(), 2 * most);
  }
}

TEST(Axis, ticks_are_round_and_no_more_than_fit) {
  for (const std::size_t most : {3UL, 5UL, 9UL}) {
    EXPECT_LE(Axis::linear(0, 6'000, number).ticks(most).size(), most);
    EXPECT_LE(Axis::logarithmic(1, 1e9, number).ticks(most).size(), most);
    EXPECT_LE(Axis::percentiles(1e6).ticks(most).size(), most);
  }
  std::vector<std::string> texts;
  for (const Tick& tick : Axis::linear(0, 6'000, number).ticks(4)) texts.push_back(tick.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"0", "2k", "4k", "6k"}));
}

TEST(Axis, has_more_than_its_low_end) {
  for (const double most : {6.0, 60'000.0, 1.5, 3.0, 7e9}) {
    for (const std::size_t asked : {1UL, 2UL, 3UL}) {
      const std::vector<Tick> ticks = Axis::linear(0, most, number).ticks(asked);
      EXPECT_GE(ticks.size(), 2U) << most;
      EXPECT_LE(ticks.size(), asked + 2) << most;
    }
  }
}

TEST(Axis, percentiles_are_spread_by_what_is_left_above_them) {
  const Axis axis = Axis::percentiles(1'000);
  EXPECT_NEAR(axis.place(0.9), 1.0 / 3, 1e-9);
  EXPECT_NEAR(axis.place(0.99), 2.0 / 3, 1e-9);
  EXPECT_NEAR(axis.place(0.999), 1, 1e-9);
}

TEST(TextCanvas, a_line_is_drawn_in_dots_and_cut_at_the_edge) {
  TextCanvas canvas(2, 1);
  canvas.line(-10, 3, 10, 3, 0);
  EXPECT_EQ(canvas.lines(false), (std::vector<std::string>{"⣀⣀"}));
  TextCanvas outside(2, 1);
  outside.line(-10, -10, -1, -1, 0);
  EXPECT_EQ(outside.lines(false), (std::vector<std::string>{""}));
}

TEST(TextCanvas, characters_stand_over_dots) {
  TextCanvas canvas(3, 1);
  canvas.line(0, 0, 5, 0, 0);
  canvas.put(1, 0, "●", 0);
  canvas.put(9, 9, "●", 0);
  EXPECT_EQ(canvas.lines(false), (std::vector<std::string>{"⠉●⠉"}));
}

}  // namespace
}  // namespace cbench
