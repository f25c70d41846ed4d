// Response times by class of task: merged over repetitions, and known by the tasks of the class alone.
#include "reports/findings/cells/cell_classes.hpp"

#include <gtest/gtest.h>

namespace cbench {
namespace {

ClassLatency class_of(const std::string& name, std::uint64_t tasks, std::uint64_t ns) {
  Histogram histogram;
  if (tasks > 0) histogram.record(ns, tasks);
  return {.name = name, .tasks = tasks, .response = summarise(histogram)};
}

TrialRecord record_with(std::vector<ClassLatency> classes) {
  TrialRecord record;
  record.status = Status::ok;
  record.classes = std::move(classes);
  return record;
}

std::vector<CellClass> classes_of_trials(const std::vector<TrialRecord>& records) {
  const Trials trials(records);
  std::vector<const Repetition*> repetitions;
  for (std::size_t i = 0; i < trials.size(); ++i) repetitions.push_back(&trials[i]);
  return classes_of(repetitions);
}

TEST(CellClasses, merge_the_repetitions_of_each_class) {
  const TrialRecord a = record_with({class_of("light", 990, 1'000'000), class_of("heavy", 10, 50'000'000)});
  const TrialRecord b = record_with({class_of("light", 10, 9'000'000), class_of("heavy", 10, 70'000'000)});
  const auto classes = classes_of_trials({a, b});
  ASSERT_EQ(classes.size(), 2U);
  EXPECT_EQ(classes[0].name, "heavy");
  EXPECT_EQ(classes[0].tasks, 20U);
  EXPECT_EQ(classes[1].tasks, 1000U);
  EXPECT_NEAR(classes[1].response.p50_us, 1000, 1);
  EXPECT_NEAR(classes[1].response.p99_us, 1000, 1) << "the slow ten are the last of a thousand";
  EXPECT_NEAR(classes[1].response.max_us, 9000, 10);
}

TEST(CellClasses, know_a_percentile_by_their_own_tasks) {
  const TrialRecord a = record_with({class_of("light", 1000, 1'000'000), class_of("heavy", 20, 50'000'000)});
  const auto classes = classes_of_trials({a});
  EXPECT_TRUE(classes[0].knows_percentile(0.5)) << "ten of 20 heavy tasks lie beyond their median";
  EXPECT_FALSE(classes[0].knows_percentile(0.99));
  EXPECT_TRUE(classes[1].knows_percentile(0.99));
  EXPECT_FALSE(classes[1].knows_percentile(0.999));
}

TEST(CellClasses, without_histograms_know_what_each_repetition_knows) {
  TrialRecord a = record_with({class_of("light", 5000, 1'000'000)});
  TrialRecord b = record_with({class_of("light", 900, 3'000'000)});
  a.classes[0].response.histogram.reset();
  b.classes[0].response.histogram.reset();
  const auto classes = classes_of_trials({a, b});
  EXPECT_EQ(classes[0].percentiles, PercentilesFrom::medians);
  EXPECT_NEAR(classes[0].response.p50_us, 2000, 2);
  EXPECT_TRUE(classes[0].knows_percentile(0.9));
  EXPECT_FALSE(classes[0].knows_percentile(0.99)) << "one of them has 900 tasks alone";
}

TEST(CellClasses, are_none_where_tasks_are_of_one_kind) { EXPECT_TRUE(classes_of_trials({record_with({})}).empty()); }

}  // namespace
}  // namespace cbench
