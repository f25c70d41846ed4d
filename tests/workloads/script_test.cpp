// What scripts mean: digests, lanes, locks, counts, and which scripts are refused.
#include "workloads/script.hpp"

#include <set>

#include <gtest/gtest.h>

#include "text/quantity.hpp"
#include "workloads/kernels.hpp"
#include "workloads/workload.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

std::uint64_t ns(std::chrono::nanoseconds time) { return static_cast<std::uint64_t>(time.count()); }

TEST(kernels, primes_counts_primes_by_heart) {
  EXPECT_EQ(run_kernel(Kernel::primes, 0), 0);
  EXPECT_EQ(run_kernel(Kernel::primes, 2), 0);
  EXPECT_EQ(run_kernel(Kernel::primes, 3), 1);
  EXPECT_EQ(run_kernel(Kernel::primes, 10), 4);
  EXPECT_EQ(run_kernel(Kernel::primes, 100), 25);
  EXPECT_EQ(run_kernel(Kernel::primes, 1000), 168);
  EXPECT_EQ(run_kernel(Kernel::primes, 20'000), 2262);
}

// By heart: a kernel that changes makes results of different versions incomparable, and must not do so unnoticed.
TEST(kernels, mix_and_memory_give_what_they_always_gave) {
  EXPECT_EQ(run_kernel(Kernel::mix, 0), 1);
  EXPECT_EQ(run_kernel(Kernel::mix, 1), mix64(1));
  EXPECT_EQ(run_kernel(Kernel::mix, 1'000'000), 7688237894114609303ULL);
  EXPECT_EQ(run_kernel(Kernel::memory, 0), 0);
  EXPECT_EQ(run_kernel(Kernel::memory, 1), 528306);
  EXPECT_EQ(run_kernel(Kernel::memory, 100'000), 653470);
}

TEST(kernels, memory_goes_through_its_whole_buffer) {
  constexpr std::uint64_t lines = (64U << 20U) / 64;
  EXPECT_EQ(run_kernel(Kernel::memory, lines), 0) << "one cycle through every line comes back to the first";
  for (const std::uint64_t divisor : {2, 3, 5, 1024}) EXPECT_NE(run_kernel(Kernel::memory, lines / divisor), 0);
}

TEST(kernels, fault_throws) { EXPECT_THROW(run_kernel(Kernel::fault, 1), std::runtime_error); }

TEST(kernels, names_lead_back_to_kernels) {
  for (const Kernel kernel : {Kernel::primes, Kernel::mix, Kernel::memory, Kernel::fault}) {
    EXPECT_EQ(kernel_named(name_of(kernel)), kernel);
  }
  EXPECT_EQ(kernel_named("prime"), std::nullopt);
}

// The reference values of SplitMix64 with the seed 0, as published with its source.
TEST(mixing, is_split_mix_64) {
  EXPECT_EQ(mix64(0), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(mix64(0x9e3779b97f4a7c15ULL), 0x6e789e6aa1b965f4ULL);
}

TEST(digest, starts_at_nothing_and_is_folded_step_by_step) {
  EXPECT_EQ(expected_digest(Steps{}), 0);
  EXPECT_EQ(expected_digest(compute(Kernel::primes, 20'000)), fold(0, 2262));
  EXPECT_EQ(expected_digest(wait(5ms)), fold(0, 5'000'000));
  EXPECT_EQ(expected_digest(request(64, 5ms)), fold(0, reply_value(64, 5'000'000)));
  EXPECT_EQ(expected_digest(sequence({wait(5ms), compute(Kernel::primes, 100)})), fold(fold(0, ns(5ms)), 25));
}

TEST(digest, goes_on_inside_a_critical_body) {
  EXPECT_EQ(expected_digest(critical(3, {})), fold(0, 3));
  EXPECT_EQ(expected_digest(sequence({critical(3, wait(1ns)), wait(2ns)})), fold(fold(fold(0, 3), 1), 2));
}

TEST(digest, folds_the_sum_of_the_branches) {
  EXPECT_EQ(expected_digest(fan_out(1, {})), fold(0, branch_digest(0)));
  EXPECT_EQ(expected_digest(fan_out(2, wait(7ns))), fold(0, fold(branch_digest(0), 7) + fold(branch_digest(1), 7)));
  const std::uint64_t inner = fold(branch_digest(0), 9) + fold(branch_digest(1), 9);
  EXPECT_EQ(expected_digest(fan_out(1, fan_out(2, wait(9ns)))), fold(0, fold(branch_digest(0), inner)));
}

TEST(digest, tells_scripts_apart) {
  const std::vector<Steps> scripts{
      {},
      wait(1ms),
      wait(2ms),
      sequence({wait(1ms), wait(2ms)}),
      sequence({wait(2ms), wait(1ms)}),
      request(0, 1ms),
      request(1, 1ms),
      request(1, 2ms),
      critical(0, wait(1ms)),
      critical(1, wait(1ms)),
      sequence({critical(0, {}), wait(1ms), wait(1ms)}),
      fan_out(1, wait(1ms)),
      fan_out(2, wait(1ms)),
      fan_out(3, wait(1ms)),
      fan_out(2, fan_out(3, wait(1ms))),
      fan_out(3, fan_out(2, wait(1ms))),
      fan_out(6, wait(1ms)),
      compute(Kernel::mix, 1),
      compute(Kernel::mix, 2),
  };
  std::set<std::uint64_t> digests;
  for (const Steps& steps : scripts) digests.insert(expected_digest(steps));
  EXPECT_EQ(digests.size(), scripts.size());
}

TEST(digest, of_a_critical_body_is_that_of_the_steps_in_a_row) {
  EXPECT_EQ(expected_digest(critical(0, sequence({wait(1ms), wait(2ms)}))),
            expected_digest(sequence({critical(0, wait(1ms)), wait(2ms)})))
      << "a lock given back early is not found by the digest, but by Load::enter";
}

TEST(lanes, are_as_many_as_requests_at_once) {
  EXPECT_EQ(lanes_of(Steps{}), 0);
  EXPECT_EQ(lanes_of(wait(1ms)), 0);
  EXPECT_EQ(lanes_of(fan_out(4, wait(1ms))), 0);
  EXPECT_EQ(lanes_of(sequence({request(1, 0ms), request(2, 0ms)})), 1);
  EXPECT_EQ(lanes_of(critical(0, request(1, 0ms))), 1);
  EXPECT_EQ(lanes_of(fan_out(4, request(1, 0ms))), 4);
  EXPECT_EQ(lanes_of(fan_out(4, sequence({request(1, 0ms), fan_out(3, request(1, 0ms))}))), 12);
  EXPECT_EQ(lanes_of(sequence({fan_out(2, request(1, 0ms)), fan_out(5, request(1, 0ms)), request(1, 0ms)})), 5);
  EXPECT_EQ(lanes_of(critical(0, fan_out(3, request(1, 0ms)))), 3);
}

TEST(lanes, of_one_branch_are_written_into_the_fan_out) {
  const Steps steps = fan_out(4, fan_out(3, request(1, 0ms)));
  EXPECT_EQ(steps[0].lanes, 3);
  EXPECT_EQ(steps[1].lanes, 1);
}

TEST(locks, are_counted_up_to_the_highest) {
  EXPECT_EQ(locks_of(wait(1ms)), 0);
  EXPECT_EQ(locks_of(critical(0, {})), 1);
  EXPECT_EQ(locks_of(fan_out(2, critical(4, critical(2, {})))), 5);
}

TEST(counts, multiply_with_the_branches) {
  const Steps steps = sequence(
      {compute(Kernel::mix, 1), wait(1ms), request(1, 0ms), critical(0, sequence({wait(1ms), compute(Kernel::mix, 1)})),
       fan_out(3, sequence({request(1, 0ms), fan_out(2, critical(1, compute(Kernel::mix, 1)))}))});
  const StepCounts counts = count_steps(steps);
  EXPECT_EQ(counts.computes, 1 + 1 + 6);
  EXPECT_EQ(counts.waits, 2);
  EXPECT_EQ(counts.requests, 1 + 3);
  EXPECT_EQ(counts.criticals, 1 + 6);
  EXPECT_EQ(counts.branches, 3 + 6);
}

TEST(waiting, is_the_shortest_that_a_task_can_take) {
  EXPECT_EQ(waiting_of(sequence({wait(1ms), request(1, 2ms), compute(Kernel::mix, 100)})), 3ms);
  EXPECT_EQ(waiting_of(fan_out(10, wait(4ms))), 4ms) << "branches wait at the same time";
  EXPECT_EQ(waiting_of(critical(0, sequence({wait(1ms), fan_out(2, wait(2ms))}))), 3ms);
}

TEST(bodies, are_the_steps_that_follow) {
  const Steps steps = sequence({critical(0, sequence({wait(1ms), wait(2ms)})), wait(3ms)});
  ASSERT_EQ(steps.size(), 4);
  const Script body = body_of(steps, 0);
  ASSERT_EQ(body.size(), 2);
  EXPECT_EQ(body[0].time, 1ms);
  EXPECT_EQ(body[1].time, 2ms);
}

TEST(defects, are_not_found_in_good_scripts) {
  EXPECT_EQ(defect_of(Steps{}), "");
  EXPECT_EQ(defect_of(sequence({critical(0, wait(1ms)), critical(0, wait(1ms))})), "") << "one after the other is fine";
  EXPECT_EQ(defect_of(critical(0, critical(1, critical(2, critical(3, {}))))), "");
  EXPECT_EQ(defect_of(fan_out(2, request(max_request_bytes, 0ms))), "");
}

TEST(defects, are_named) {
  const auto expect_defect = [](const Steps& steps, const char* what) {
    EXPECT_NE(defect_of(steps).find(what), std::string::npos) << "\"" << defect_of(steps) << "\" does not say " << what;
    EXPECT_THROW(Work({steps}), UsageError);
  };
  expect_defect({Step{.kind = StepKind::critical, .body = 1}}, "not there");
  expect_defect({Step{.kind = StepKind::wait, .body = 1}, Step{}}, "cannot have a body");
  expect_defect(wait(-1ms), "negative");
  expect_defect(request(1, -1ms), "negative");
  expect_defect(request(max_request_bytes + 1, 0ms), "65536");
  expect_defect(critical(2, critical(2, {})), "inside itself");
  expect_defect(critical(2, fan_out(2, critical(2, {}))), "inside itself");
  expect_defect(critical(0, critical(1, critical(2, critical(3, critical(4, {}))))), "4 locks");
  expect_defect(fan_out(0, wait(1ms)), "no branch");
  Steps lanes_missing = fan_out(2, request(1, 0ms));
  lanes_missing[0].lanes = 0;
  expect_defect(lanes_missing, "lanes");
}

TEST(work, holds_scripts_with_what_they_need) {
  const Work work({wait(2ms), fan_out(3, request(1, 4ms)), critical(4, compute(Kernel::mix, 5))});
  EXPECT_EQ(work.distinct(), 3);
  EXPECT_EQ(work.lanes(), 3);
  EXPECT_EQ(work.locks(), 5);
  EXPECT_EQ(work.waiting(), 2ms) << "the mean";
  EXPECT_EQ(work.steps().requests, 3);
  EXPECT_EQ(work.expected(0), expected_digest(wait(2ms)));
  EXPECT_EQ(work.script(1).size(), 2);
}

TEST(work, digest_depends_on_the_scripts_and_their_order) {
  EXPECT_EQ(Work({wait(1ms), wait(2ms)}).digest(), Work({wait(1ms), wait(2ms)}).digest());
  EXPECT_NE(Work({wait(1ms), wait(2ms)}).digest(), Work({wait(2ms), wait(1ms)}).digest());
  EXPECT_NE(Work({wait(1ms)}).digest(), Work({wait(1ms), wait(1ms)}).digest());
}

TEST(work, of_no_script_is_refused) { EXPECT_THROW(Work({}), UsageError); }

TEST(workloads, draw_the_same_scripts_from_the_same_seed) {
  for (const WorkloadInfo* info : workloads()) {
    EXPECT_EQ(draw_work(*info, {}, 7, 2).digest(), draw_work(*info, {}, 7, 2).digest()) << info->name;
    EXPECT_EQ(find_workload(info->name), info);
    EXPECT_FALSE(info->summary.empty());
    EXPECT_GT(info->concurrency, 0);
  }
  EXPECT_EQ(find_workload("oi"), nullptr);
}

TEST(workloads, mixed_refuses_a_share_that_it_cannot_draw) {
  const WorkloadInfo& mixed = *find_workload("mixed");
  const auto draws = [&](const std::string& heavy) {
    return draw_work(mixed, read_parameters(mixed.parameters, {{"heavy", heavy}}).text(), 1, 1).classes().size();
  };
  EXPECT_EQ(draws("0"), 1U);
  EXPECT_EQ(draws("0.001"), 2U);
  EXPECT_EQ(draws("12.3%"), 2U);
  EXPECT_THROW(draws("0.0004"), UsageError);
  EXPECT_THROW(draws("0.15%"), UsageError);
}

}  // namespace
}  // namespace cbench
