// What a trial under an open load says about a model: what an honest measurement of a model that keeps up looks like,
// of one that cannot, and of one that was not measured at all.
#include "sweep/verdict/open_verdict.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "harness/arrivals.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

// 8,000/s for 2 s, each task in flight for 2.5 ms.
TrialRecord keeps_up() {
  TrialRecord record;
  record.status = Status::ok;
  record.spec.load = {.kind = LoadKind::open, .concurrency = 1000, .rate_per_s = 8000};
  record.window_s = 2;
  record.tasks = 16'000;
  record.throughput_per_s = 8000;
  record.response.p99_us = 4'000;
  record.arrived = {.offered_per_s = 8000,
                    .due = 16'000,
                    .backlog_begin = 20,
                    .backlog_mean = 20,
                    .backlog_end = 23,
                    .lag_p50_us = 4,
                    .lag_p99_us = 15,
                    .lag_max_us = 300,
                    .generator_cpu_share = 0.05};
  return record;
}

TrialRecord falls_behind(double backlog_begin, double backlog_end) {
  TrialRecord record = keeps_up();
  record.arrived.backlog_begin = backlog_begin;
  record.arrived.backlog_end = backlog_end;
  record.arrived.backlog_mean = (backlog_begin + backlog_end) / 2;
  record.throughput_per_s = 8000 - (backlog_end - backlog_begin) / 2;
  record.response.p99_us = backlog_end / 8000 * 1e6;
  return record;
}

TEST(open_verdict, is_ok_where_the_model_keeps_up) {
  const OpenVerdict verdict = verdict_on(keeps_up(), 0);
  EXPECT_EQ(verdict.status, Status::ok);
  EXPECT_EQ(verdict.reason, "");
  EXPECT_TRUE(verdict.warnings.empty());
}

TEST(open_verdict, is_ok_where_the_backlog_is_large_by_chance) {
  // Three standard deviations of 16,000 Poisson arrivals are 380.
  EXPECT_EQ(verdict_on(falls_behind(0, 300), 0).status, Status::ok);
  EXPECT_EQ(verdict_on(falls_behind(300, 0), 0).status, Status::ok);
}

TEST(open_verdict, is_overloaded_where_the_backlog_grows) {
  const OpenVerdict verdict = verdict_on(falls_behind(500, 2500), 0);
  EXPECT_EQ(verdict.status, Status::overloaded);
  EXPECT_EQ(verdict.reason, "served 7.00k of 8.00k tasks/s: the backlog grew from 500 to 2.50k");
}

TEST(open_verdict, is_overloaded_at_two_per_cent_above_capacity_where_the_final_backlog_is_well_above_the_mean) {
  EXPECT_EQ(verdict_on(falls_behind(100, 500), 0).status, Status::overloaded);
}

TEST(open_verdict, is_overloaded_however_long_the_backlog_had_grown_before_the_window) {
  // Ten seconds of warm-up, then two of window: the final backlog is hardly above the mean.
  EXPECT_EQ(verdict_on(falls_behind(40'000, 48'000), 0).status, Status::overloaded);
}

// Tasks that `servers` serve one after the other, in the order in which they came, over a window after a warm-up of a
// quarter as long. `took_s(turn)`: how long each takes.
struct Queue {
  std::size_t servers = 1;
  double rate_per_s = 0;
  bool poisson = false;
  double window_s = 1;
  std::uint64_t seed = 1;
  std::function<double()> took_s;
};

TrialRecord served_by(const Queue& queue) {
  constexpr std::size_t slices = 20;
  const double warmup_s = queue.window_s / 4;
  const auto ns = [](double s) { return std::chrono::nanoseconds(std::llround(s * 1e9)); };
  TrialRecord record;
  record.status = Status::ok;
  record.spec.seed = queue.seed;
  record.spec.load = {.kind = LoadKind::open,
                      .concurrency = 100'000,
                      .rate_per_s = queue.rate_per_s,
                      .poisson = queue.poisson,
                      .warmup = ns(warmup_s),
                      .duration = ns(queue.window_s)};
  record.window_s = queue.window_s;
  record.series_per_s.assign(slices, 0);
  std::vector<double> free_from(queue.servers, -warmup_s);
  double largest_s = 0;
  double backlog_s = 0;
  const auto ends_ns = static_cast<std::uint64_t>(ns(warmup_s + queue.window_s).count());
  for (Arrivals arrivals(arrival_rule(record.spec.load, seed_of_arrivals(queue.seed))); arrivals.due_ns() < ends_ns;
       arrivals.advance()) {
    const double due_s = static_cast<double>(arrivals.due_ns()) / 1e9 - warmup_s;
    double& server = *std::ranges::min_element(free_from);
    const double end_s = std::max(server, due_s) + queue.took_s();
    server = end_s;
    if (due_s < 0 && end_s > 0) ++record.arrived.backlog_begin;
    if (end_s >= queue.window_s) ++record.arrived.backlog_end;
    if (due_s >= 0) {
      ++record.arrived.due;
      largest_s = std::max(largest_s, end_s - due_s);
    }
    if (end_s >= 0 && end_s < queue.window_s) {
      ++record.tasks;
      record.series_per_s[static_cast<std::size_t>(end_s / queue.window_s * slices)] += slices / queue.window_s;
    }
    backlog_s += std::max(0.0, std::min(end_s, queue.window_s) - std::max(due_s, 0.0));
  }
  record.throughput_per_s = static_cast<double>(record.tasks) / queue.window_s;
  record.response.p99_us = largest_s * 1e6;
  record.arrived.offered_per_s = static_cast<double>(record.arrived.due) / queue.window_s;
  record.arrived.backlog_mean = backlog_s / queue.window_s;
  return record;
}

// 3,200 tasks/s and no more are served, of which each takes 20 ms.
TrialRecord served_by_64_slots(double rate_per_s, bool poisson = false, std::uint64_t seed = 1) {
  return served_by(
      {.servers = 64, .rate_per_s = rate_per_s, .poisson = poisson, .seed = seed, .took_s = [] { return 0.02; }});
}

// Of 300 windows with so many tasks due in each, served at 1,000/s by one server that takes now less and now more.
int overloaded_of_300(double load, int tasks, bool poisson) {
  int overloaded = 0;
  std::mt19937_64 random(7);
  std::exponential_distribution<double> took_s(1000);
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const TrialRecord record = served_by({.servers = 1,
                                          .rate_per_s = 1000 * load,
                                          .poisson = poisson,
                                          .window_s = tasks / (1000 * load),
                                          .seed = seed,
                                          .took_s = [&] { return took_s(random); }});
    overloaded += verdict_on(record, 0).status == Status::overloaded;
  }
  return overloaded;
}

// A queue near its capacity walks at random, far and for long: M/M/1 and D/M/1 at 90 to 98 %.
TEST(open_verdict, a_queue_that_is_stable_is_hardly_ever_overloaded_however_its_tasks_vary) {
  for (const bool poisson : {true, false}) {
    for (const double load : {0.9, 0.95, 0.98}) {
      for (const int tasks : {300, 1000}) {
        EXPECT_LE(overloaded_of_300(load, tasks, poisson), 6) << load << ", " << tasks << ", Poisson: " << poisson;
      }
    }
    EXPECT_GE(overloaded_of_300(1.3, 1000, poisson), 290) << "Poisson: " << poisson;
  }
}

TEST(open_verdict, is_overloaded_at_one_per_cent_above_capacity_where_the_backlog_grows_all_the_time) {
  for (const double rate_per_s : {1600.0, 3000.0, 3150.0, 3199.0}) {
    EXPECT_EQ(verdict_on(served_by_64_slots(rate_per_s), 0.02).status, Status::ok) << rate_per_s;
  }
  const OpenVerdict verdict = verdict_on(served_by_64_slots(3227), 0.02);
  EXPECT_EQ(verdict.status, Status::overloaded);
  EXPECT_TRUE(has(verdict.reason, "served 3.20k of 3.23k tasks/s: the backlog grew from"));
}

TEST(open_verdict, a_gap_at_the_end_of_the_window_is_no_growth_all_the_time) {
  // Nothing ends within the last 9 ms.
  TrialRecord record = served_by_64_slots(3000);
  const double missing = 0.009 * 3000;
  record.series_per_s.back() -= missing * 20;
  record.tasks -= static_cast<std::uint64_t>(missing);
  record.arrived.backlog_end += missing;
  EXPECT_EQ(verdict_on(record, 0.02).status, Status::ok);
}

TEST(open_verdict, poisson_arrivals_above_their_rate_are_no_overload_and_three_per_cent_too_many_mostly_are) {
  int overloaded = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (const double rate_per_s : {1600.0, 3000.0}) {
      EXPECT_EQ(verdict_on(served_by_64_slots(rate_per_s, true, seed), 0.02).status, Status::ok)
          << rate_per_s << ", seed " << seed;
    }
    if (verdict_on(served_by_64_slots(3296, true, seed), 0.02).status == Status::overloaded) ++overloaded;
  }
  EXPECT_GT(overloaded, 25);
}

TEST(open_verdict, tasks_that_only_wait_are_no_backlog_that_the_model_made) {
  // Sleeps of one second after a warm-up of half of one: the window sees them fill up.
  TrialRecord record = falls_behind(4000, 8000);
  EXPECT_EQ(verdict_on(record, 1.0).status, Status::ok);
  EXPECT_EQ(verdict_on(record, 0).status, Status::overloaded);
}

TEST(open_verdict, is_overloaded_where_many_are_shed_and_ok_where_few_are) {
  TrialRecord record = keeps_up();
  record.spec.load.shed = true;
  record.arrived.shed = 100;
  EXPECT_EQ(verdict_on(record, 0).status, Status::ok);
  record.arrived.shed = 3200;
  record.throughput_per_s = 6400;
  const OpenVerdict verdict = verdict_on(record, 0);
  EXPECT_EQ(verdict.status, Status::overloaded);
  EXPECT_EQ(verdict.reason,
            "served 6.40k of 8.00k tasks/s: 3,200 of 16,000 were shed, for want of a free slot among 1,000");
}

TEST(open_verdict, is_overloaded_where_some_never_finish) {
  TrialRecord record = keeps_up();
  record.arrived.unfinished = 3;
  record.arrived.late = 10;
  const OpenVerdict verdict = verdict_on(record, 0);
  EXPECT_EQ(verdict.status, Status::overloaded);
  EXPECT_TRUE(has(verdict.reason, "3 tasks never finished; all 1,000 slots were taken"));
}

TEST(open_verdict, is_invalid_where_the_generator_was_late) {
  TrialRecord record = keeps_up();
  record.arrived.lag_p99_us = 2'000;
  const OpenVerdict verdict = verdict_on(record, 0);
  EXPECT_EQ(verdict.status, Status::invalid);
  EXPECT_TRUE(has(verdict.reason, "2.00ms or more after they were due"));
  // Where that is little beside the response times it is mentioned.
  record.response.p99_us = 100'000;
  EXPECT_EQ(verdict_on(record, 0).status, Status::ok);
  record.classes = {{.name = "api", .tasks = 9'000}, {.name = "report", .tasks = 1'000}};
  record.classes[0].response.p99_us = 9'000;
  record.classes[1].response.p99_us = 400'000;
  EXPECT_EQ(verdict_on(record, 0).status, Status::invalid) << "the long ones of another class excuse no lag";
  record.classes[0].tasks = 30;
  EXPECT_EQ(verdict_on(record, 0).status, Status::ok) << "of which no p99 is known";
  record.classes.clear();
  // A generator that shares the model's thread is late because the model is.
  record.response.p99_us = 4'000;
  record.arrived.generator_is_own = false;
  EXPECT_EQ(verdict_on(record, 0).status, Status::ok);
  EXPECT_EQ(verdict_on(record, 0).warnings.size(), 1U) << "which is part of the response times all the same";
}

TEST(open_verdict, is_overloaded_where_tasks_are_lost_however_late_by_milliseconds_the_generator_was) {
  // 50/s are served of 2,000/s. None that was due within the window ever finished, so that there is no p99.
  TrialRecord record = keeps_up();
  record.response.p99_us = 0;
  record.throughput_per_s = 50;
  record.arrived.due = 1003;
  record.arrived.unfinished = 1003;
  record.arrived.lag_p99_us = 2'460;
  OpenVerdict verdict = verdict_on(record, 0.02);
  EXPECT_EQ(verdict.status, Status::overloaded);
  EXPECT_TRUE(has(verdict.reason, "1,003 tasks never finished"));
  EXPECT_TRUE(verdict.warnings.empty()) << "of response times that there are not";
  // 98 % were shed.
  record = keeps_up();
  record.spec.load.shed = true;
  record.arrived.shed = 15'680;
  record.arrived.lag_p99_us = 4'000;
  EXPECT_EQ(verdict_on(record, 0.02).status, Status::overloaded);
  // A few of them, that the lag had bunched.
  record.arrived.shed = 300;
  EXPECT_EQ(verdict_on(record, 0.02).status, Status::invalid);
  // 16 slots, where bunches of 64 come: the model never had a chance.
  record.arrived.shed = 8'000;
  record.arrived.lag_p99_us = 8'000;
  record.spec.load.concurrency = 16;
  EXPECT_EQ(verdict_on(record, 0.02).status, Status::invalid);
  record.spec.load.concurrency = 100;
  EXPECT_EQ(verdict_on(record, 0.02).status, Status::overloaded);
}

TEST(open_verdict, names_no_p99_where_no_task_finished) {
  TrialRecord record = keeps_up();
  record.response.p99_us = 0;
  record.arrived.unfinished = record.arrived.due;
  record.arrived.lag_p99_us = 400'000;
  const OpenVerdict verdict = verdict_on(record, 0);
  EXPECT_EQ(verdict.status, Status::invalid) << "nobody had a CPU";
  EXPECT_TRUE(has(verdict.reason, "400ms or more after they were due (none of them finished); it found no CPU"));
}

TEST(open_verdict, a_lag_that_is_a_part_of_the_response_times_is_said) {
  TrialRecord record = keeps_up();
  record.arrived.lag_p99_us = 500;
  const OpenVerdict verdict = verdict_on(record, 0);
  EXPECT_EQ(verdict.status, Status::ok);
  ASSERT_EQ(verdict.warnings.size(), 1U);
  EXPECT_TRUE(has(verdict.warnings[0], "part of their response times"));
}

TEST(open_verdict, is_invalid_where_the_generator_or_the_peer_had_no_cpu_left_whatever_the_backlog) {
  TrialRecord record = falls_behind(500, 2500);
  record.arrived.generator_cpu_share = 0.97;
  EXPECT_EQ(verdict_on(record, 0).status, Status::invalid);
  EXPECT_TRUE(has(verdict_on(record, 0).reason, "the generator used 97%"));
  record.arrived.generator_cpu_share = 0.1;
  record.peer_cpu_share = 0.99;
  EXPECT_EQ(verdict_on(record, 0).status, Status::invalid);
  EXPECT_TRUE(has(verdict_on(record, 0).reason, "the peer used 99%"));
}

TEST(open_verdict, names_the_bottleneck_that_its_reason_speaks_of) {
  TrialRecord record = keeps_up();
  EXPECT_EQ(verdict_on(record, 0).bottleneck, "");
  record.peer_cpu_share = 0.92;
  record.arrived.lag_p99_us = 5'000;
  EXPECT_TRUE(has(verdict_on(record, 0).reason, "the generator was late"));
  EXPECT_EQ(verdict_on(record, 0).bottleneck, "generator");
  record.peer_cpu_share = 0.99;
  EXPECT_EQ(verdict_on(record, 0).bottleneck, "peer");
  record.arrived.generator_cpu_share = 0.97;
  EXPECT_EQ(verdict_on(record, 0).bottleneck, "generator");
}

TEST(open_verdict, says_high_rates_as_people_read_them) {
  TrialRecord record = keeps_up();
  record.spec.load.rate_per_s = 250'000;
  record.arrived.generator_cpu_share = 0.97;
  EXPECT_TRUE(has(verdict_on(record, 0).reason, "250k tasks/s are beyond it"));
}

TEST(open_verdict, the_peer_has_as_many_cpus_as_threads) {
  TrialRecord record = keeps_up();
  record.host.peers = 2;
  record.peer_cpu_share = 1.1;
  EXPECT_EQ(verdict_on(record, 0).status, Status::ok) << verdict_on(record, 0).reason;
  record.peer_cpu_share = 1.95;
  EXPECT_EQ(verdict_on(record, 0).status, Status::invalid);
  EXPECT_TRUE(has(verdict_on(record, 0).reason, "the peer, of 2 threads, used 195% of a CPU"));
}

}  // namespace
}  // namespace cbench
