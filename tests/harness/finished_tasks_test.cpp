// Tasks that a child lists are counted as if it had counted them, and a list that cannot be is refused.
#include "harness/finished_tasks.hpp"

#include <functional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t ms = 1'000'000;
constexpr WindowEvent window{.begin_ns = 100 * ms, .end_ns = 200 * ms};

TrialOrder order_of(LoadKind kind) {
  return {.trial = {},
          .model = {},
          .settings = {},
          .load = {.kind = kind, .concurrency = 2, .tasks = 3, .duration = 100ms},
          .work = Work({wait(1ms), wait(2ms)}, {"short", "long"}),
          .clock = {},
          .digest_salt = 5};
}

// Three tasks of two slots: the first of slot 0 before the window, its second and that of slot 1 within.
RecordEvent three(const TrialOrder& order) {
  const auto returned = [&](std::uint64_t turn) { return order.work.expected(order.work.script_of(turn % 2)); };
  RecordEvent record;
  record.lists_tasks = true;
  record.finished = {
      {.slot = 0, .turn = 0, .scheduled_ns = 80 * ms, .start_ns = 81 * ms, .finish_ns = 90 * ms, .digest = returned(0)},
      {.slot = 1,
       .turn = 1,
       .scheduled_ns = 80 * ms,
       .start_ns = 82 * ms,
       .finish_ns = 110 * ms,
       .digest = returned(1)},
      {.slot = 0,
       .turn = 1,
       .scheduled_ns = 90 * ms,
       .start_ns = 91 * ms,
       .finish_ns = 199 * ms,
       .digest = returned(1)}};
  return record;
}

TEST(finished_tasks, of_a_closed_loop_count_within_the_window) {
  const TrialOrder order = order_of(LoadKind::closed);
  RecordEvent record = three(order);
  count_finished(order, window, record);
  EXPECT_EQ(record.tasks, 2U);
  EXPECT_EQ(record.tasks_total, 3U);
  EXPECT_EQ(record.difference, std::uint64_t{0} - 3 * 5) << "three times what the spec adds to a digest";
  EXPECT_FALSE(record.settled) << "slot 1 had finished nothing when the window opened";
  EXPECT_EQ(record.fewest_of_a_slot, 1U);
  EXPECT_EQ(record.most_of_a_slot, 1U);
  EXPECT_EQ(record.response.total(), 2U);
  EXPECT_NEAR(static_cast<double>(record.response.largest()), 109 * ms, 0.2 * ms);
  EXPECT_NEAR(static_cast<double>(record.service.smallest()), 28 * ms, 0.2 * ms);
  ASSERT_EQ(record.slices.size(), 20U);
  EXPECT_EQ(record.slices[2], 1U);
  EXPECT_EQ(record.slices[19], 1U);
  EXPECT_EQ(record.classes.at("long").total(), 2U);
  EXPECT_EQ(record.classes.at("short").total(), 0U);
  EXPECT_EQ(record.first_finish_ns, 90 * ms);
  EXPECT_EQ(record.first_service->total(), 3U);
}

TEST(finished_tasks, of_fixed_work_count_all) {
  const TrialOrder order = order_of(LoadKind::fixed);
  RecordEvent record = three(order);
  record.finished[2].turn = 2;
  record.finished[2].digest = order.work.expected(0);
  count_finished(order, {.begin_ns = 0, .end_ns = {}}, record);
  EXPECT_EQ(record.tasks, 3U);
  EXPECT_EQ(record.difference, std::uint64_t{0} - 3 * 5);
  EXPECT_EQ(record.finish_ns, 199 * ms);
  EXPECT_TRUE(record.settled);
  EXPECT_TRUE(record.slices.empty());
}

TEST(finished_tasks, that_cannot_be_those_of_the_trial_are_refused) {
  const TrialOrder order = order_of(LoadKind::closed);
  const auto refused = [&](const std::function<void(RecordEvent&)>& change) -> std::string {
    RecordEvent record = three(order);
    change(record);
    try {
      count_finished(order, window, record, {.started_ns = 70 * ms, .heard_ns = 210 * ms});
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refused([](RecordEvent&) {}), "");
  EXPECT_NE(refused([](RecordEvent& record) { record.finished[1].turn = 0; }).find("turn 1 is missing"),
            std::string::npos)
      << "slots begin apart";
  EXPECT_NE(refused([](RecordEvent& record) { record.finished[2].turn = 2; }).find("turn 1 is missing"),
            std::string::npos);
  EXPECT_NE(refused([](RecordEvent& record) { record.finished[2].turn = 0; }).find("there twice"), std::string::npos);
  EXPECT_NE(refused([](RecordEvent& record) { record.finished[0].slot = 2; }).find("there are 2 slots"),
            std::string::npos);
  EXPECT_NE(refused([](RecordEvent& record) { record.finished[0].start_ns = 99 * ms; }).find("go back"),
            std::string::npos);
  // Two wrong digests whose sum is right.
  EXPECT_NE(refused([](RecordEvent& record) {
              record.finished[0].digest += 7;
              record.finished[1].digest -= 7;
            }).find("slot 0, turn 0: the digest is"),
            std::string::npos);
  EXPECT_NE(refused([](RecordEvent& record) {
              record.finished[2].start_ns = 199 * ms - 1'900'000;
            }).find("though it waits for 2"),
            std::string::npos)
      << "each is held against its own script: the other one waits for 1 ms";
  EXPECT_NE(refused([](RecordEvent& record) {
              record.finished[2].scheduled_ns -= 4 * ms;
            }).find("slot 0, turn 1: it was scheduled 4.00ms before that of turn 0 had finished in its slot"),
            std::string::npos);
  EXPECT_NE(refused([](RecordEvent& record) { record.finished[0].scheduled_ns = 60 * ms; }).find("before its trial"),
            std::string::npos);
  EXPECT_NE(refused([](RecordEvent& record) { record.finished[2].finish_ns = 300 * ms; }).find("had heard of it"),
            std::string::npos);
}

TEST(finished_tasks, of_fixed_work_do_not_overlap_in_a_slot_either) {
  const TrialOrder order = order_of(LoadKind::fixed);
  RecordEvent record = three(order);
  record.finished[2].turn = 2;
  record.finished[2].digest = order.work.expected(0);
  record.finished[2].slot = 1;
  EXPECT_THROW(count_finished(order, {.begin_ns = 0, .end_ns = {}}, record), std::runtime_error);
}

}  // namespace
}  // namespace cbench
