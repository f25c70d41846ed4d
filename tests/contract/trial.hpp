// One trial in the test's own process: what the subcommand `cbench trial` does, with every part within the test's
// reach. A trial that hangs ends the process with a message, so every test is to run in a process of its own (ctest
// does that; libraries that do not survive each other's forks need it too).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/connections.hpp"
#include "harness/load.hpp"
#include "models/model.hpp"
#include "record/histogram.hpp"
#include "tests/contract/candidate.hpp"
#include "workloads/workload.hpp"

namespace cbench::contract_tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
// A sanitizer stops all threads for 100 ms and more while it makes up its mind about a report. Computations need no
// patience: instrumented, they take ten times as long by themselves.
inline constexpr int patience = sanitized ? 10 : 1;
// What all lookups of one test take: the thread sanitizer finds out where a report that tests/tsan.supp keeps quiet
// comes from, 300 ms of CPU each time, while threads wait for it.
#if defined(__SANITIZE_THREAD__)
inline constexpr std::chrono::milliseconds lookups{2000};
#else
inline constexpr std::chrono::milliseconds lookups{0};
#endif

struct Plan {
  std::vector<Steps> scripts;
  std::uint32_t workers = 2;           // less where the model has fewer
  std::uint32_t slots = 1;             // less where the model holds fewer in flight
  std::uint64_t tasks = 0;             // fixed work; 0: until the window closes
  std::chrono::nanoseconds window{};   // from the first task on; 0: for ever
  double rate_per_s = 0;               // an open load: tasks arrive at that rate until the window closes
  std::uint16_t peer_port = 0;         // 0: the tests' own peer, started where a script makes requests
  std::vector<std::string> classes{};  // of each script; empty: there is one kind
};

struct Outcome {
  std::string failure;  // empty where nothing failed
  bool digest_is_expected = false;
  std::uint64_t finished = 0;  // tasks, recorded or not
  std::uint64_t units = 0;
  std::chrono::nanoseconds elapsed{};  // from the first submit until drain returned
  Histogram queueing;
  Histogram service;
  Histogram response;
  std::vector<Histogram> response_by_class;  // in the order in which their scripts first come
  std::vector<std::uint32_t> finished_by_slot;
  double slot_spread = 0;
  ArrivalCounts arrivals;  // of an open load
};

// For EXPECT_TRUE: no failure, and every task returned the digest that was expected of it.
testing::AssertionResult did_its_work(const Outcome& outcome);

// A model with all that it works with, set up and not yet started.
class Trial {
 public:
  Trial(const Candidate& candidate, const Plan& plan);
  ~Trial();

  Load& load() { return load_; }
  Model& model() { return *model_; }
  std::uint32_t slots() const { return environment_.slots; }
  std::uint32_t workers() const { return environment_.workers; }

  // The first task of every slot, not submitted.
  std::vector<Task> first_tasks();
  // Submits the first task of every slot, and opens the window. Of an open load, brings what arrives until it closes.
  void start();
  // Drains. Call it once everything is submitted.
  Outcome finish();
  // Destroys the model, and nothing else.
  void end_model() { model_.reset(); }

 private:
  void bring_arrivals();

  const Work work_;
  const Plan plan_;
  Load load_;
  const Connections connections_;
  const Environment environment_;
  std::unique_ptr<Model> model_;
  std::chrono::steady_clock::time_point started_;
};

// From set-up to the end of the model.
Outcome run_trial(const Candidate& candidate, const Plan& plan);

// The peer of this process, started with the first call; ended with the process.
std::uint16_t peer_port();
int peer_pid();

// The suite. Arms the guard against hanging, and calibrates the clock.
class contract : public testing::TestWithParam<Candidate> {
 protected:
  void SetUp() override;
  void TearDown() override;

  Outcome run(const Plan& plan) const { return run_trial(GetParam(), plan); }

  // Expects that `waits` waits (or requests) of `time` in this plan overlap as far as the model promises: they take
  // about as long as they must, at the best of eight tries, since whatever else runs here only makes it longer.
  void expect_overlap(const Plan& plan, std::uint32_t waits, std::chrono::nanoseconds time) const;
};

}  // namespace cbench::contract_tests
