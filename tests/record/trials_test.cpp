// Trials in short: what they know of a record, and what they take.
#include "record/trials.hpp"

#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sample_records.hpp"

namespace cbench {
namespace {

bool same(const Latency& a, const Latency& b) {
  return a.mean_us == b.mean_us && a.p50_us == b.p50_us && a.p90_us == b.p90_us && a.p99_us == b.p99_us &&
         a.p999_us == b.p999_us && a.max_us == b.max_us && a.histogram == b.histogram;
}

TEST(Trials, know_what_their_records_know) {
  std::vector<TrialRecord> records = sample_failures();
  records[1].spec.settings = {{"stack", "16k"}};
  records[2].response.histogram.reset();
  records[3].classes = {{.name = "light", .tasks = 7, .response = {}}};
  records[4].spec.load.kind = LoadKind::open;
  records[4].arrived.due = 12;
  const Trials trials{records};
  ASSERT_EQ(trials.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const TrialRecord& record = records[i];
    const Repetition& trial = trials[i];
    const TrialSpec spec = trial.spec();
    EXPECT_EQ(cell_key(spec), cell_key(record.spec)) << i;
    EXPECT_EQ(spec.seed, record.spec.seed);
    EXPECT_EQ(spec.repetition, record.spec.repetition);
    EXPECT_EQ(spec.unasked, record.spec.unasked);
    EXPECT_EQ(*trial.host, record.host);
    EXPECT_EQ(trial.status, record.status);
    EXPECT_EQ(trial.rest().reason, record.reason);
    EXPECT_EQ(trial.rest().warnings, record.warnings);
    EXPECT_EQ(trial.rest().classes.size(), record.classes.size());
    EXPECT_EQ(trial.rest().arrived.due, record.arrived.due);
    EXPECT_EQ(trial.throughput_per_s, record.throughput_per_s);
    EXPECT_EQ(trial.tasks_timed, tasks_timed(record));
    EXPECT_TRUE(same(trial.latency(&Repetition::queueing), record.queueing));
    EXPECT_TRUE(same(trial.latency(&Repetition::service), record.service));
    EXPECT_TRUE(same(trial.latency(&Repetition::response), record.response));
  }
}

TEST(Trials, of_a_cell_are_together_in_the_order_in_which_they_came) {
  std::vector<TrialRecord> records = sample_repetitions({});
  append(records, sample_repetitions({.model = "pool"}));
  std::swap(records[0], records[5]);
  const Trials trials{records};
  ASSERT_EQ(trials.cells().size(), 2U);
  std::vector<std::uint32_t> repetitions;
  for (const Repetition& trial : trials.cells().at(cell_key(records[1].spec)).repetitions) {
    repetitions.push_back(trial.repetition);
  }
  EXPECT_EQ(repetitions, (std::vector<std::uint32_t>{2, 3, 1}));
}

TEST(Trials, that_were_asked_for_in_other_ways_say_so) {
  std::vector<TrialRecord> records = sample_repetitions({});
  records[1].spec.unasked = true;
  const Trials trials{records};
  EXPECT_FALSE(trials[0].spec().unasked);
  EXPECT_TRUE(trials[1].spec().unasked) << "though it is of the same cell";
  EXPECT_FALSE(trials[2].spec().unasked);
}

TEST(Trials, take_another_record_of_one_of_them) {
  std::vector<TrialRecord> records = sample_repetitions({});
  const TrialRecord whole = records[1];
  records[1].response.histogram.reset();
  Trials trials{records};
  EXPECT_FALSE(trials[1].has_histograms());
  trials.replace(1, whole);
  EXPECT_TRUE(trials[1].has_histograms());
  EXPECT_EQ(trials.size(), 3U);
}

std::size_t heap_bytes() {
  const auto heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

// Bytes on the heap after the call over those before. What the call returns lives until then.
template <class Call>
std::size_t heap_of(Call call) {
  const std::size_t before = heap_bytes();
  const auto kept = call();
  return heap_bytes() - before;
}

// As CSV gives them, of one host that says as much of itself as hosts do.
TEST(Trials, take_less_than_a_third_of_their_records) {
  if (heap_bytes() == 0) GTEST_SKIP() << "this heap does not tell its size";
  std::vector<TrialRecord> records;
  for (int i = 0; i < 1000; ++i) append(records, sample_repetitions({}));
  for (TrialRecord& record : records) {
    for (Latency* latency : {&record.queueing, &record.service, &record.response}) latency->histogram.reset();
    for (int library = 0; library < 6; ++library) record.build.libraries["library" + std::to_string(library)] = "1.0";
  }
  const std::size_t whole = heap_of([&] { return std::make_unique<std::vector<TrialRecord>>(records); });
  const std::size_t in_short = heap_of([&] { return std::make_unique<Trials>(records); });
  EXPECT_LT(in_short, whole / 3) << in_short / records.size() << " against " << whole / records.size()
                                 << " bytes a trial";
}

}  // namespace
}  // namespace cbench
