// Runs models and programs by hand in turn, and holds figures against bars. What the bars are is in bars.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/peer_process.hpp"
#include "record/trial_record.hpp"
#include "reports/stats/scaling_laws.hpp"
#include "sweep/trial_run.hpp"

namespace cbench::bars {

// What both sides of a bar tell.
struct Result {
  double throughput_per_s = 0;
  double cpu_per_task_us = 0;
  double wall_s = 0;
  double peak_rss_mb = 0;
  double p99_of_light_ms = 0;  // of tasks but the slowest tenth; of models only
};
using Figure = double Result::*;

// One figure of each round.
struct Results {
  std::vector<Result> rounds;
  double median(Figure figure) const;
};

// What was run in turn.
struct Sides {
  Results a;
  Results b;
  // Of the medians.
  double ratio(Figure figure) const { return a.median(figure) / b.median(figure); }
  // The least and the most of a round: "0.95 to 1.03".
  std::string range(Figure figure) const;
};

struct Job {
  std::string workload;
  TextMap parameters = {};
  std::uint32_t workers = 2;
  std::uint32_t concurrency = 1000;
  std::uint64_t tasks = 0;  // 0: for the window
  std::chrono::milliseconds delay{};
};

class Bench {
 public:
  // `models`: those that are asked for; empty: all.
  Bench(int rounds, std::chrono::milliseconds window, std::vector<std::string> models)
      : rounds_(rounds), window_(window), models_(std::move(models)) {}

  bool wants(const std::string& model) const;

  // One trial each. Throw std::runtime_error where it fails.
  Result model(const std::string& name, const Job& job);
  // One of tests/by_hand, with the arguments that they share.
  Result by_hand(const std::string& program, const std::string& mode, const Job& job);

  Sides side_by_side(const std::function<Result()>& a, const std::function<Result()>& b) const;
  Results repeated(const std::function<Result()>& a) const;
  // Every number of workers in each round.
  std::vector<ScalingPoint> scaling(const std::string& name, Job job, const std::vector<std::uint32_t>& workers);

  void expect(const std::string& what, double value, bool at_least, double bound, const std::string& detail = "");
  static void note(const std::string& what, const std::string& detail);
  // A bar whose run failed is a missed bar, and the next ones still run.
  void attempt(const std::string& what, const std::function<void()>& bar);
  int missed() const { return missed_; }

 private:
  std::chrono::milliseconds window(const Job& job) const;
  std::chrono::milliseconds warmup() const;

  int rounds_;
  std::chrono::milliseconds window_;
  std::vector<std::string> models_;
  int missed_ = 0;
  PeerProcess peer_{0, CBENCH_PROGRAM};
  KnownWorks works_;
};

}  // namespace cbench::bars
