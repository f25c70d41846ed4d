#include "reports/shown/table.hpp"

#include <iterator>
#include <regex>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "reports/findings/cells/cells.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/text_matchers.hpp"
#include "text/fitted.hpp"

namespace cbench {
namespace {

std::string table(const std::vector<TrialRecord>& records, std::size_t width = 100, bool colour = false) {
  return render_table(blocks_of(records), {.width = width, .colour = colour});
}

std::vector<TrialRecord> without_histograms(std::vector<TrialRecord> records) {
  for (TrialRecord& record : records) {
    record.queueing.histogram.reset();
    record.service.histogram.reset();
    record.response.histogram.reset();
  }
  return records;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Wherever the lines are broken.
std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

// Nine models with 1, 2 and 4 workers each, and one of them fails on four.
std::vector<TrialRecord> sample_many() {
  std::vector<TrialRecord> records =
      sample_repetitions(sequential_sample({.throughput_per_s = 49.7, .ideal_per_s = 50}));
  double throughput = 49'500;
  for (const char* model :
       {"eventloop", "fibers", "coroutines", "tbb", "threads", "actors", "csp", "cluster", "pool"}) {
    for (const std::uint32_t workers : {1U, 2U, 4U}) {
      append(records,
             sample_repetitions(
                 {.model = model, .workers = workers, .throughput_per_s = throughput * (workers == 2 ? 1 : 0.7)}));
    }
    throughput *= throughput > 49'000 ? 0.998 : 0.8;
  }
  for (TrialRecord& record : records) {
    if (record.spec.model != "actors" || record.spec.workers != 4) continue;
    record.status = Status::timed_out;
    record.reason = "no end after 30 s and no progress";
  }
  return records;
}

void expect_golden(const std::vector<TrialRecord>& records, const std::string& name) {
  for (const std::size_t width : {80UL, 100UL, 118UL}) {
    expect_same_as_file(table(records, width), "golden/" + name + "_" + std::to_string(width) + ".txt");
  }
}

// The row of a model, with its tier, without what is around it.
std::string row_of(const std::string& text, const std::string& model) {
  std::istringstream lines(text);
  const std::regex begin("^([0-9?]* +)?" + model + " .*[0-9]");
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    inside = inside || line.starts_with("─");
    if (inside && std::regex_search(line, begin)) return line;
  }
  return "";
}

TEST(Table, golden_io) { expect_golden(sample_io(), "io"); }
TEST(Table, golden_io_in_60_columns) { expect_same_as_file(table(sample_io(), 60), "golden/io_60.txt"); }

TEST(Table, golden_workers_in_100_columns) {
  auto blocks = blocks_of(sample_cpu_sweep());
  blocks[0].laws = {"pool: Amdahl's law holds, serial fraction 1.0 % [0.6, 1.4], limit 100x."};
  expect_same_as_file(render_table(blocks, {.width = 100}), "golden/workers_100.txt");
}

TEST(Table, golden_failures) { expect_golden(sample_failures(), "failures"); }
TEST(Table, golden_failures_in_60_columns) {
  expect_same_as_file(table(sample_failures(), 60), "golden/failures_60.txt");
}

TEST(Table, golden_many_models) { expect_golden(sample_many(), "many"); }

TEST(Table, golden_records_without_histograms_and_repetitions) {
  auto records = without_histograms(sample_io());
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.repetition > 1; });
  expect_golden(records, "once");
}

TEST(Table, no_line_is_wider_than_the_terminal) {
  for (const auto& records : {sample_io(), sample_cpu_sweep(), sample_failures()}) {
    for (std::size_t width = 16; width <= 160; ++width) {
      std::istringstream lines(table(records, width));
      for (std::string line; std::getline(lines, line);) {
        ASSERT_LE(display_width(line), width) << line;
        ASSERT_FALSE(line.ends_with(' ')) << '"' << line << '"';
      }
    }
  }
}

TEST(Table, colour_changes_nothing_but_colour) {
  for (const auto& records : {sample_io(), sample_failures()}) {
    const std::string coloured = table(records, 100, true);
    EXPECT_TRUE(has(coloured, "\x1b["));
    EXPECT_EQ(std::regex_replace(coloured, std::regex("\x1b\\[[0-9]+m"), ""), table(records, 100, false));
    EXPECT_FALSE(has(table(records, 100, false), "\x1b"));
  }
}

TEST(Table, a_failed_cell_is_seen_at_every_width) {
  for (const std::size_t width : {40UL, 60UL, 100UL, 200UL}) {
    const std::string text = table(sample_failures(), width);
    EXPECT_TRUE(has(text, "actors"));
    EXPECT_TRUE(has(text, "timed out 2 of 3"));
    EXPECT_TRUE(has(text, "invalid 1 of 3: the peer"));
  }
}

TEST(Table, a_reason_is_never_cut) {
  TrialRecord record = sample_record();
  record.status = Status::failed;
  record.reason = "cannot open /a/very/long/path/that/no/narrow/terminal/holds/in/one/line/of/its/own: No such file";
  for (const std::size_t width : {30UL, 60UL, 80UL, 118UL}) {
    std::string shown = table({record}, width);
    std::erase_if(shown, [](char c) { return c == ' ' || c == '\n'; });
    std::string wanted = record.reason;
    std::erase(wanted, ' ');
    EXPECT_TRUE(has(shown, wanted)) << width << ": " << shown;
  }
}

TEST(Table, a_reason_cannot_reach_the_terminal_as_a_command) {
  TrialRecord record = sample_record();
  record.status = Status::failed;
  record.reason = "said \x1b[2J\a\r\nand died";
  const std::string text = table({record});
  EXPECT_TRUE(has(text, "said  [2J"));
  EXPECT_FALSE(has(text, "\x1b"));
  EXPECT_FALSE(has(text, "\r"));
}

TEST(Table, the_least_important_columns_go_first) {
  EXPECT_TRUE(has(table(sample_io(), 100), "task memory\n"));
  const std::string narrow = table(sample_io(), 85);
  EXPECT_FALSE(has(narrow, "task memory\n"));
  EXPECT_TRUE(has(narrow, "p99.9"));
  EXPECT_TRUE(has(table(sample_io(), 40), "tasks/s"));
}

TEST(Table, tasks_in_flight_have_a_column_where_they_vary) {
  std::vector<TrialRecord> records = sample_repetitions({});
  EXPECT_EQ(count(table(records), "in flight"), 2U) << "in the heading and in the limit";
  append(records, sample_repetitions({.concurrency = 8, .throughput_per_s = 390, .ideal_per_s = 400}));
  const std::string text = table(records);
  EXPECT_TRUE(has(text, "closed loop, 8 to 1,000 in flight, 2 s x 3"));
  EXPECT_TRUE(has(text, "model   workers  in flight"));
}

TEST(Table, each_load_is_called_by_its_name) {
  std::vector<TrialRecord> records = sample_repetitions({});
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = 49'000;
  }
  EXPECT_TRUE(has(table(records), "open loop, 49.0k/s Poisson, at most 1,000 in flight, 2 s x 3"));
  for (TrialRecord& record : records) {
    record.spec.load.poisson = false;
    record.spec.load.shed = true;
  }
  EXPECT_TRUE(has(table(records), "open loop, 49.0k/s equally spaced, at most 1,000 in flight, late ones shed, 2 s"));
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::fixed;
    record.spec.load.tasks = 100'000;
  }
  EXPECT_TRUE(has(table(records), "fixed work, 100,000 tasks, 1,000 in flight, x 3"));
}

// Of two models, one of which has two numbers of workers, and is overloaded on either.
std::vector<TrialRecord> sample_open() {
  std::vector<TrialRecord> records = sample_repetitions({.model = "pool", .workers = 2});
  for (const std::uint32_t workers : {1U, 2U}) {
    append(records, sample_repetitions({.model = "fibers", .workers = workers, .throughput_per_s = 20'000}));
  }
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = 49'000;
    record.arrived.due = 100'000;
    record.arrived.lag_p99_us = 12;
    if (record.spec.model == "pool") continue;
    record.status = Status::overloaded;
    record.reason = "served 41%";
  }
  return records;
}

TEST(Table, an_open_load_says_for_which_columns_there_is_no_room) {
  const std::string narrow = on_one_line(table(sample_open(), 60));
  EXPECT_TRUE(has(narrow, "No room in 60 columns for ")) << narrow;
  EXPECT_TRUE(has(narrow, "cpu")) << narrow;
  EXPECT_FALSE(has(table(sample_open(), 200), "No room"));
}

TEST(Table, an_open_load_has_the_columns_that_were_asked_for) {
  const auto blocks = blocks_of(sample_open());
  const std::string text = render_table(blocks, {.width = 60, .columns = {"cpu"}});
  EXPECT_TRUE(has(text, "a task")) << text;
  EXPECT_FALSE(has(text, "p99")) << text;
  EXPECT_TRUE(has(text, "served/s")) << text;
}

TEST(Table, an_open_load_explains_the_words_of_its_table_alone) {
  EXPECT_TRUE(has(on_one_line(table(sample_open(), 200)), "± is the 95% interval between repetitions"));
  const std::string without = render_table(blocks_of(sample_open()), {.width = 60, .columns = {"cpu"}});
  EXPECT_FALSE(has(without, "±")) << without;
  EXPECT_FALSE(has(without, "Late:")) << without;
}

TEST(Table, an_open_load_says_on_how_many_workers_where_a_model_has_several_numbers_of_them) {
  std::vector<TrialRecord> records = sample_open();
  const std::string text = table(records, 200);
  EXPECT_TRUE(has(text, "fibers on 1 worker could not keep up with 49.0k/s: it served 41%.")) << text;
  EXPECT_TRUE(has(text, "fibers on 2 workers could not keep up with 49.0k/s")) << text;
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.workers == 2; });
  EXPECT_TRUE(has(table(records, 200), "fibers could not keep up with 49.0k/s")) << "it has one number of workers";
}

TEST(Table, where_nothing_was_measured_there_is_still_a_table) {
  EXPECT_EQ(table({}), "");
  TrialRecord record = sample_record();
  record.status = Status::timed_out;
  record.reason = "no end after 30 s";
  EXPECT_TRUE(has(table({record}), "timed out: no end after 30 s"));
}

TEST(Table, a_throughput_without_a_steady_state_is_marked_and_said) {
  auto records = sample_io();
  EXPECT_FALSE(has(table(records), "~"));
  for (TrialRecord& record : records) {
    record.steady_state = record.spec.model != "threads" || record.spec.repetition != 2;
    if (!*record.steady_state) record.warnings = {"no steady state: throughput falls by 12 % over the window"};
  }
  const std::string text = table(records);
  EXPECT_EQ(count(text, "~41.2k"), 1U) << text;
  EXPECT_EQ(count(text, "No steady state (~), threads: throughput did not keep its level over the window of 1 trial."),
            1U)
      << text;
  EXPECT_FALSE(has(text, "no steady state:")) << "once is enough";
}

TEST(Table, times_that_littles_law_contradicts_are_not_printed) {
  auto records = sample_io();
  EXPECT_TRUE(has(row_of(table(records), "pool"), "10.0s"));
  for (TrialRecord& record : records) {
    if (record.spec.model == "pool") record.littles_in_flight = 150;
  }
  const std::string text = table(records);
  EXPECT_FALSE(has(row_of(text, "pool"), "10.0s")) << text;
  EXPECT_EQ(count(row_of(text, "pool"), "–"), 5U) << "three percentiles, queued and served: " << text;
  EXPECT_TRUE(has(row_of(text, "pool"), "99.5 ±0.5%")) << "throughput is";
  EXPECT_TRUE(has(text, "pool: most tasks outlast the window of 2s"));
  EXPECT_TRUE(has(row_of(text, "fibers"), "20.3ms"));
}

TEST(Table, a_percentile_of_few_tasks_is_a_dash) {
  const std::string text = table(sample_io());
  EXPECT_EQ(count(row_of(text, "sequential"), "–"), 3U) << "p99 and p99.9 of 298 tasks, and its own ideal: " << text;
  EXPECT_EQ(count(row_of(text, "fibers"), "–"), 0U) << text;
  EXPECT_TRUE(has(on_one_line(text), "– is a percentile with fewer than ten"));
}

TEST(Table, threads_and_fibers_of_the_same_resident_memory_do_not_read_alike) {
  std::vector<TrialRecord> records =
      sample_repetitions({.model = "threads", .peak_rss_bytes = 172'000'000, .peak_kernel_bytes = 340'000'000});
  append(records, sample_repetitions({.peak_rss_bytes = 172'000'000}));
  const std::string text = table(records, 120);
  EXPECT_TRUE(has(row_of(text, "threads"), "512MB")) << text;
  EXPECT_TRUE(has(row_of(text, "fibers"), "172MB")) << text;
  EXPECT_TRUE(has(on_one_line(text), "Memory is resident and kernel memory"));
}

TEST(Table, the_baseline_with_one_task_in_flight_does_not_win_by_its_own_ideal) {
  EXPECT_FALSE(has(row_of(table(sample_io()), "sequential"), "99%"));
  std::vector<TrialRecord> asked = sample_repetitions({.model = "sequential", .throughput_per_s = 49'500});
  for (TrialRecord& record : asked) record.spec.unasked = false;
  EXPECT_TRUE(has(row_of(table(asked), "sequential"), "99%")) << "with many in flight it is a model like any other";
}

TEST(Table, an_ideal_that_is_not_known_well_is_marked) {
  std::vector<TrialRecord> records = sample_io();
  EXPECT_FALSE(has(row_of(table(records), "threads"), "82%±"));
  for (TrialRecord& record : records) {
    if (record.spec.is_baseline) record.demand_wait_us *= 1 + 0.1 * (record.spec.repetition - 2.0);
  }
  EXPECT_TRUE(has(row_of(table(records), "threads"), "82%±")) << table(records);
}

TEST(Table, what_was_asked_for_and_not_reached_is_said) {
  auto blocks = blocks_of(sample_io());
  blocks[0].shortfalls = {"Not known to within ±2% after 30 repetitions: threads."};
  EXPECT_TRUE(has(render_table(blocks, {.width = 100}), "! Not known to within ±2% after 30 repetitions: threads.\n"));
}

TEST(Table, the_answer_stands_over_the_rows_and_leaders_are_coloured) {
  const std::string text = table(sample_io());
  const std::size_t answer = text.find("eventloop and fibers lead at 48.9-49.1k/s, tied");
  ASSERT_NE(answer, std::string::npos) << text;
  EXPECT_LT(answer, text.find("tasks/s"));
  const std::string coloured = table(sample_io(), 100, true);
  EXPECT_TRUE(has(coloured, "\x1b[32m1  eventloop"));
  EXPECT_TRUE(has(coloured, "\x1b[32m1  fibers"));
  EXPECT_FALSE(has(coloured, "\x1b[32m2"));
}

TEST(Table, tiers_are_marked_where_models_are_ranked_and_nowhere_else) {
  EXPECT_TRUE(begins(row_of(table(sample_io()), "threads"), "2  threads"));
  EXPECT_TRUE(has(on_one_line(table(sample_io())), "# is the tier"));
  std::vector<TrialRecord> once = sample_io();
  std::erase_if(once, [](const TrialRecord& record) { return record.spec.repetition > 1; });
  EXPECT_TRUE(begins(row_of(table(once), "eventloop"), "1?")) << "one repetition knows no leader";
  EXPECT_FALSE(has(table(once, 100, true), "\x1b[32m"));
  const std::string alone = table(sample_repetitions({}));
  EXPECT_TRUE(begins(row_of(alone, "fibers"), "fibers"));
  EXPECT_FALSE(has(alone, "tier"));
}

TEST(Table, a_baseline_stands_below_the_models_whatever_it_reached) {
  for (const auto& records : {sample_io(), sample_cpu_sweep()}) {
    const std::string text = table(records);
    EXPECT_GT(text.find("   sequential "), text.find("┄"));
    EXPECT_LT(text.rfind("fibers  "), text.find("┄"));
  }
  const std::string alone = table(sample_repetitions(sequential_sample({.throughput_per_s = 49.7, .ideal_per_s = 50})));
  EXPECT_FALSE(has(alone, "┄")) << "of nobody else there is nothing to be set apart from";
}

std::ptrdiff_t rows_of_model(const std::string& text, const std::string& model) {
  const std::regex row("\n[0-9?]* +" + model + " +[0-9]");
  return std::distance(std::sregex_iterator(text.begin(), text.end(), row), std::sregex_iterator());
}

TEST(Table, of_many_models_the_best_workers_have_a_row_and_what_failed) {
  const std::string text = table(sample_many());
  EXPECT_EQ(rows_of_model(text, "eventloop"), 1) << text;
  EXPECT_EQ(rows_of_model(text, "actors"), 2) << text;
  EXPECT_TRUE(has(text, "timed out: no end after 30 s")) << "of four workers of the actors";
  EXPECT_TRUE(has(on_one_line(text), "--all-rows shows 17 more rows"));
  const std::string all = render_table(blocks_of(sample_many()), {.width = 100, .all_rows = true});
  EXPECT_EQ(rows_of_model(all, "eventloop"), 3) << all;
  EXPECT_FALSE(has(all, "--all-rows"));
  EXPECT_FALSE(has(table(sample_cpu_sweep()), "--all-rows")) << "two models are not many";
}

TEST(Table, says_which_columns_it_has_no_room_for_and_shows_those_asked_for) {
  const std::string narrow = on_one_line(table(sample_io(), 80));
  EXPECT_TRUE(has(narrow, "No room in 80 columns for ")) << narrow;
  EXPECT_TRUE(has(narrow, "memory")) << narrow;
  EXPECT_FALSE(has(table(sample_io(), 200), "No room"));
  const std::string all = render_table(blocks_of(sample_io()), {.width = 80, .columns = {"all"}});
  EXPECT_TRUE(has(all, "p99.9"));
  EXPECT_TRUE(has(all, "memory"));
  EXPECT_FALSE(has(all, "No room"));
  const std::string some = render_table(blocks_of(sample_io()), {.width = 80, .columns = {"p99", "memory"}});
  EXPECT_TRUE(has(some, "memory"));
  EXPECT_TRUE(has(some, "tasks/s"));
  EXPECT_FALSE(has(some, "p99.9"));
  EXPECT_FALSE(has(some, "speedup"));
  EXPECT_FALSE(has(some, "nothing to show"));
}

TEST(Table, says_which_columns_were_asked_for_that_it_has_nothing_for) {
  const std::string text = render_table(blocks_of(sample_io()), {.width = 80, .columns = {"late", "p99", "shed"}});
  EXPECT_TRUE(has(text, "There is nothing to show in late and shed.")) << text;
  EXPECT_FALSE(has(render_table(blocks_of(sample_io()), {.width = 80, .columns = {"all"}}), "nothing to show"));
}

TEST(Table, cells_of_other_windows_have_a_column_and_a_doubt) {
  std::vector<TrialRecord> records = sample_repetitions({});
  EXPECT_FALSE(has(table(records), "windows differ"));
  append(records, sample_repetitions({.throughput_per_s = 47'000}));
  for (std::size_t i = 3; i < records.size(); ++i) records[i].spec.load.duration = std::chrono::milliseconds(100);
  const std::string text = table(records);
  EXPECT_TRUE(has(text, "window")) << text;
  EXPECT_TRUE(has(on_one_line(text), "! The windows differ, 100ms to 2s: such cells are not repetitions")) << text;
}

}  // namespace
}  // namespace cbench
