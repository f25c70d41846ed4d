// Measures curves of response time against load: first the closed loop of every model, whose throughput says where its
// capacity lies about, then open loops at shares of it. How trials run is that of `cbench run` (sweep/run_sweep.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "record/trial_spec.hpp"
#include "sweep/plan/sweep_arguments.hpp"
#include "sweep/run_sweep.hpp"

namespace cbench {

struct CurveArguments {
  SweepArguments run;  // models, the workload, workers, concurrency, arrivals, times, files; rates are the curve's own
  std::size_t points = 8;
};

// One model on one number of workers.
struct CurveOfModel {
  TrialSpec closed;                 // its closed loop
  double closed_per_s = 0;          // throughput of that, the mean of the repetitions; 0: there is none
  std::vector<double> rates_per_s;  // of the open loops, from the lowest up
  std::uint32_t slots = 0;          // most in flight in these
  std::size_t left_out = 0;         // rates that the generator cannot bring
  std::string failed;               // why there are no open loops; empty: there are
};

struct CurveResult {
  std::string workload;
  bool poisson = true;
  std::vector<CurveOfModel> models;  // in the order in which they were asked for
  SweepResult measured;              // closed loops first

  // 0 where every model has its open loops and no trial of them failed: a rate that overloads a model is a finding, and
  // one at which the generator or the peer was the limit a gap in the curve. Else as SweepResult has it.
  int exit_code() const;
};

// Blocks until every trial is over, or until Ctrl-C (a signal). Throws UsageError before anything runs.
CurveResult measure_curve(const CurveArguments& arguments);

}  // namespace cbench
