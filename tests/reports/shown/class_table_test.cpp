// The table of classes: beside each other where there is room, dashes where there are too few tasks.
#include "reports/shown/class_table.hpp"

#include <sstream>

#include <gtest/gtest.h>

#include "reports/shown/table.hpp"
#include "tests/support/sample_records.hpp"
#include "text/fitted.hpp"

namespace cbench {
namespace {

ClassLatency class_of(const std::string& name, std::uint64_t tasks, std::uint64_t ns) {
  Histogram histogram;
  histogram.record(ns, tasks);
  return {.name = name, .tasks = tasks, .response = summarise(histogram)};
}

// Two models, of which one holds up its light tasks behind the heavy ones.
std::vector<TrialRecord> sample_mixed() {
  std::vector<TrialRecord> records;
  for (const auto& [model, light_ns] : {std::pair{"eventloop", 34'000'000U}, {"eventloop-offload", 12'000'000U}}) {
    TrialRecord record = sample_record();
    record.spec.model = model;
    record.spec.workload = "mixed";
    record.classes = {class_of("light", 20'000, light_ns), class_of("heavy", 200, 45'000'000)};
    records.push_back(record);
  }
  return records;
}

bool shows(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<const Cell*> cells_of(const Block& block) {
  std::vector<const Cell*> cells;
  for (const Cell& cell : block.cells) cells.push_back(&cell);
  return cells;
}

TEST(ClassTable, shows_each_class_apart_and_dashes_for_what_too_few_tasks_tell) {
  const Block block = blocks_of(sample_mixed()).front();
  const std::string table = class_table(cells_of(block), 100, false);
  EXPECT_TRUE(shows(table, "light")) << table;
  EXPECT_TRUE(shows(table, "34.0ms")) << table;
  EXPECT_TRUE(shows(table, "12.0ms")) << table;
  EXPECT_TRUE(shows(table, "20,000")) << table;
  EXPECT_TRUE(shows(table, "45.0ms")) << "the median of 200 heavy tasks is known\n" << table;
  EXPECT_TRUE(shows(table, "–")) << "their p99 is not\n" << table;
}

TEST(ClassTable, stands_below_its_block_whose_own_percentiles_are_of_all_tasks) {
  const std::string table = render_table(blocks_of(sample_mixed()), {.width = 100});
  EXPECT_TRUE(shows(table, "all tasks")) << table;
  EXPECT_TRUE(shows(table, "Response times by class of task:")) << table;
  EXPECT_FALSE(shows(render_table(blocks_of(sample_io()), {.width = 100}), "all tasks"));
}

TEST(ClassTable, is_empty_where_tasks_are_of_one_kind) {
  const Block plain = blocks_of(sample_io()).front();
  EXPECT_EQ(class_table(cells_of(plain), 100, false), "");
}

TEST(ClassTable, is_never_wider_than_the_terminal) {
  std::vector<TrialRecord> records = sample_mixed();
  for (TrialRecord& record : records) {
    for (int i = 0; i < 5; ++i) record.classes.push_back(class_of("class-" + std::to_string(i), 3000, 1'000'000));
  }
  const Block block = blocks_of(records).front();
  for (std::size_t width = 30; width <= 160; ++width) {
    std::istringstream lines(class_table(cells_of(block), width, false));
    for (std::string line; std::getline(lines, line);) ASSERT_LE(display_width(line), width) << line;
  }
}

}  // namespace
}  // namespace cbench
