#include "sweep/run_sweep.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include <string.h>  // sigabbrev_np

#include <fmt/format.h>

#include "record/cell_key.hpp"
#include "reports/findings/cells.hpp"
#include "sweep/order.hpp"
#include "sweep/resume.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

std::string words(const TrialSpec& spec) {
  return fmt::format("{} {}, {} worker{}, {} in flight, repetition {}", spec.model, spec.workload, spec.workers,
                     spec.workers == 1 ? "" : "s", spec.load.concurrency, spec.repetition);
}

std::string seconds_left(std::chrono::nanoseconds left) {
  return fmt::format("{} s left", std::chrono::ceil<std::chrono::seconds>(std::max(left, 0ns)).count());
}

// The cells of a plan while they are repeated: what is known of each so far.
class CellsSoFar {
 public:
  CellsSoFar(const std::vector<TrialSpec>& cells, const PrecisionGoal& goal) : goal_(goal) {
    for (const TrialSpec& spec : cells) cells_.emplace_back().spec = spec;
  }

  void add(const TrialRecord& record) {
    Cell& cell = cell_of(record.spec);
    if (is_finding(record.status)) {
      cell.throughputs_per_s.push_back(record.throughput_per_s);
      const bool counted = record.spec.load.kind != LoadKind::fixed && record.window_s > 0;
      cell.throughput = estimate(cell.throughputs_per_s, {.resolution = counted ? 1 / record.window_s : 0});
    } else {
      cell.failures.push_back({record.status, record.reason, record.spec.repetition});
    }
  }

  std::vector<TrialSpec> undecided() const {
    std::vector<TrialSpec> specs;
    for (const Cell& cell : cells_) {
      if (precision_of(cell, goal_) == Precision::undecided) specs.push_back(cell.spec);
    }
    return specs;
  }

  // "±3.1 % of 2 % (2 of 6 cells undecided)".
  std::string words_on(const TrialSpec& spec) { return precision_words(cell_of(spec), goal_, undecided().size()); }

 private:
  Cell& cell_of(const TrialSpec& spec) {
    const CellKey key = cell_key(spec);
    return *std::ranges::find_if(cells_, [&](const Cell& cell) { return cell_key(cell.spec) == key; });
  }

  PrecisionGoal goal_;
  std::vector<Cell> cells_;
};

void run_trials(const SweepPlan& plan, Session& session) {
  std::chrono::nanoseconds left = plan.expected;
  for (std::size_t i = 0; i < plan.trials.size() && session.interrupted() == 0; ++i) {
    const TrialSpec& spec = plan.trials[i];
    session.run(spec, [&](std::chrono::nanoseconds elapsed) {
      return fmt::format("[{}/{}] {}: {}", i + 1, plan.trials.size(), words(spec), seconds_left(left - elapsed));
    });
    left -= expected_time(spec);
  }
}

void run_until_precise(const SweepPlan& plan, Session& session) {
  CellsSoFar cells(plan.cells, plan.precision);
  for (const TrialRecord& record : session.records()) cells.add(record);
  const auto run = [&](const TrialSpec& spec, std::chrono::nanoseconds at_most) {
    const std::string known = cells.words_on(spec);
    cells.add(session.run(spec, [&](std::chrono::nanoseconds elapsed) {
      return fmt::format("[{}] {}: {}; at most {}", session.records().size() + 1, words(spec), known,
                         seconds_left(at_most - elapsed));
    }));
  };
  const auto time_of = [](const std::vector<TrialSpec>& trials) {
    std::chrono::nanoseconds sum{};
    for (const TrialSpec& trial : trials) sum += expected_time(trial);
    return sum;
  };
  // How long all of it takes where no cell gets there before the cap.
  const std::uint32_t cap = plan.precision.max_repetitions;
  std::chrono::nanoseconds left = plan.expected + (cap - plan.repetitions) * time_of(plan.cells);
  for (const TrialSpec& trial : plan.trials) {
    if (session.interrupted() != 0) return;
    run(trial, left);
    left -= expected_time(trial);
  }
  for (std::uint32_t repetition = plan.repetitions + 1; repetition <= cap; ++repetition) {
    std::vector<TrialSpec> round = order_round(cells.undecided(), repetition, plan.seed);
    std::erase_if(round, [&](const TrialSpec& trial) { return is_measured(plan, trial); });
    left = (cap - repetition + 1) * time_of(round);
    for (const TrialSpec& trial : round) {
      if (session.interrupted() != 0) return;
      run(trial, left);
      left -= expected_time(trial);
    }
  }
}

}  // namespace

bool SweepResult::all_ok() const {
  return std::ranges::all_of(records, [](const TrialRecord& r) { return is_finding(r.status); });
}

std::vector<std::string> SweepResult::troubles() const {
  std::vector<std::string> texts = write_failures;
  if (!broke_off.empty()) texts.push_back("the sweep broke off: " + broke_off);
  if (interrupted != 0) {
    texts.push_back(
        fmt::format("interrupted by SIG{}; what was measured is above and in the files", sigabbrev_np(interrupted)));
  }
  return texts;
}

int SweepResult::exit_code() const {
  constexpr int by_signal = 128;
  if (interrupted != 0) return by_signal + interrupted;
  return all_ok() && write_failures.empty() && broke_off.empty() ? 0 : 1;
}

SweepResult run_sweep(const SweepArguments& arguments, const SweepPlan& plan, Histograms histograms) {
  Session session({.outputs = arguments.outputs,
                   .quiet = arguments.quiet,
                   .needs_peer = plan.needs_peer && !plan.trials.empty(),
                   .peer_port = arguments.peer_port,
                   .histograms = histograms});
  SweepResult result;
  try {
    for (const TrialRecord& record : plan.measured) session.adopt(record);
    if (plan.precision.asked()) {
      run_until_precise(plan, session);
    } else {
      run_trials(plan, session);
    }
  } catch (const std::exception& error) {
    result.broke_off = error.what();
  }
  result.records = session.take_records();
  result.interrupted = session.interrupted();
  result.write_failures = session.write_failures();
  return result;
}

}  // namespace cbench
