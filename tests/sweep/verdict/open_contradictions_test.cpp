// The parent computes the arrivals itself, and believes no count of them that does not add up.
#include "sweep/verdict/open_contradictions.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "harness/arrivals.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

TrialSpec asked() {
  TrialSpec spec;
  spec.load = {.kind = LoadKind::open, .concurrency = 50, .rate_per_s = 1000, .warmup = 100ms, .duration = 1s};
  spec.seed = 5;
  return spec;
}

// Each task takes 10 ms and gets a slot when it is due: 10 of them are there at any time.
TrialOutcome honest() {
  const TrialSpec spec = asked();
  const ArrivalRule rule = arrival_rule(spec.load, seed_of_arrivals(spec.seed));
  ArrivalCounts arrivals;
  arrivals.begin.due = arrivals.begin.taken = arrivals_before(rule, 100ms);
  arrivals.begin.done = arrivals_before(rule, 90ms);
  arrivals.end.due = arrivals.end.taken = arrivals_before(rule, 1100ms);
  arrivals.end.done = arrivals_before(rule, 1090ms);
  arrivals.mean_backlog = static_cast<double>(arrivals.due()) * 0.01;
  arrivals.lag.record(5'000, arrivals.due());
  TrialOutcome outcome;
  outcome.window = WindowEvent{.begin_ns = 1'000'000'000, .end_ns = 2'000'000'000};
  RecordEvent& record = outcome.record.emplace();
  record.tasks = arrivals.end.done - arrivals.begin.done;
  record.tasks_total = arrivals.end.due;
  record.response.record(10'000'000, arrivals.due());
  record.arrivals = arrivals;
  return outcome;
}

std::string found_in(const std::function<void(RecordEvent&)>& lie, const TrialSpec& spec = asked()) {
  TrialOutcome outcome = honest();
  lie(*outcome.record);
  return arrivals_contradict(spec, outcome);
}

TEST(open_contradictions, are_not_found_where_nothing_contradicts) {
  EXPECT_EQ(found_in([](RecordEvent&) {}), "");
}

TEST(open_contradictions, a_language_may_round_one_arrival_to_the_other_side_of_an_instant) {
  EXPECT_EQ(found_in([](RecordEvent& record) {
              ++record.arrivals->begin.due;
              ++record.arrivals->end.due;
              ++record.tasks_total;
            }),
            "");
}

TEST(open_contradictions, a_record_without_arrivals_does_not_say_what_became_of_them) {
  EXPECT_TRUE(has(found_in([](RecordEvent& record) { record.arrivals.reset(); }), "what became of its arrivals"));
}

TEST(open_contradictions, as_many_are_due_as_the_closed_form_has) {
  EXPECT_TRUE(has(found_in([](RecordEvent& record) {
                    record.arrivals->end.due += 100;
                    record.tasks_total += 100;
                  }),
                  "were due when its window ended"));
  TrialSpec other = asked();
  other.load.rate_per_s = 2000;
  EXPECT_TRUE(has(found_in([](RecordEvent&) {}, other), "were due when its window began"));
}

TEST(open_contradictions, no_more_are_in_flight_than_there_are_slots) {
  TrialSpec other = asked();
  other.load.concurrency = 3;
  EXPECT_TRUE(has(found_in([](RecordEvent&) {}, other), "in 3 slots"));
}

TEST(open_contradictions, no_task_is_taken_that_is_not_due_or_done_that_was_not_taken) {
  EXPECT_TRUE(has(found_in([](RecordEvent& record) { record.arrivals->begin.taken += 50; }), "more than there were"));
  EXPECT_TRUE(has(found_in([](RecordEvent& record) { record.arrivals->begin.done += 50; }), "more than there were"));
}

TEST(open_contradictions, nothing_is_shed_that_was_to_wait) {
  EXPECT_TRUE(has(found_in([](RecordEvent& record) {
                    ++record.arrivals->end.shed;
                    --record.arrivals->end.taken;
                  }),
                  "that were to wait"));
}

TEST(open_contradictions, every_arrival_of_the_window_is_in_the_histograms_or_accounted_for) {
  EXPECT_TRUE(has(found_in([](RecordEvent& record) { record.arrivals->unfinished = 7; }), "7 did not finish"));
  EXPECT_TRUE(has(found_in([](RecordEvent& record) { record.response.record(1, 3); }), "in its histograms"));
  EXPECT_TRUE(has(found_in([](RecordEvent& record) { record.arrivals->late = 4; }), "4 waited"));
  EXPECT_TRUE(has(found_in([](RecordEvent& record) { record.arrivals->dropped = 4; }), "4 were dropped"));
  EXPECT_TRUE(has(found_in([](RecordEvent& record) { record.tasks += 4; }), "finished within its window"));
}

TEST(open_contradictions, what_is_there_and_how_long_it_takes_agree_by_littles_law) {
  EXPECT_TRUE(has(found_in([](RecordEvent& record) {
                    const std::uint64_t due = record.response.total();
                    record.response = {};
                    record.response.record(1'000'000, due);
                  }),
                  "Little's law"));
}

}  // namespace
}  // namespace cbench
