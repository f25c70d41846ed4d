#include "sweep/run_sweep.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "record/cell_key.hpp"
#include "record/cell_label.hpp"
#include "reports/findings/cells/cell.hpp"
#include "reports/findings/resolution.hpp"
#include "sweep/memory_check.hpp"
#include "sweep/plan/order.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

// "fibers 49.6k/s ±0.3% (io, 2 workers, 1,000 in flight)": what a narrow terminal cuts off last comes first.
std::string words(const TrialSpec& spec, const std::string& figures) {
  const std::string load = spec.load.kind == LoadKind::open ? human_number(spec.load.rate_per_s) + "/s offered"
                                                            : human_count(spec.load.concurrency) + " in flight";
  return fmt::format("{}{}{} ({}, {}, {})", label_of(spec), figures.empty() ? "" : " ", figures, spec.workload,
                     plural(spec.workers, "worker"), load);
}

// How much longer trials take than they were expected to: fixed work, above all, of which nobody knows.
class Pace {
 public:
  void done(std::chrono::nanoseconds took, std::chrono::nanoseconds expected) {
    took_ += took;
    expected_ += expected;
  }
  std::chrono::nanoseconds of(std::chrono::nanoseconds expected) const {
    if (expected_ <= 0ns) return expected;
    const double factor = static_cast<double>(took_.count()) / static_cast<double>(expected_.count());
    return std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(expected.count()) * factor));
  }

 private:
  std::chrono::nanoseconds took_{};
  std::chrono::nanoseconds expected_{};
};

// The cells of a plan while they are repeated: what is known of each so far.
class CellsSoFar {
 public:
  CellsSoFar(const std::vector<TrialSpec>& cells, const PrecisionGoal& goal) : goal_(goal) {
    for (const TrialSpec& spec : cells) {
      numbers_.emplace(cell_key(spec), cells_.size());
      cells_.emplace_back().spec = spec;
    }
  }

  void add(const TrialRecord& record) {
    Cell& cell = cell_of(record.spec);
    if (is_finding(record.status)) {
      cell.throughputs_per_s.push_back(record.throughput_per_s);
      const double step = throughput_step_per_s(record.spec.load, record.window_s, record.throughput_per_s);
      cell.throughput = estimate(cell.throughputs_per_s, {.resolution = step});
    } else {
      cell.failures.push_back({record.status, record.reason, record.spec.repetition});
    }
  }

  bool knows(const TrialSpec& spec) const { return numbers_.contains(cell_key(spec)); }

  std::vector<TrialSpec> undecided() const {
    std::vector<TrialSpec> specs;
    for (const Cell& cell : cells_) {
      if (precision_of(cell, goal_) == Precision::undecided) specs.push_back(cell.spec);
    }
    return specs;
  }

  // "49.6k/s ±0.3%"; empty before the first repetition is over.
  std::string figures_of(const TrialSpec& spec) {
    const Cell& cell = cell_of(spec);
    if (cell.throughputs_per_s.empty()) return "";
    const std::string known = plus_minus(cell.throughput);
    return fmt::format("{}/s{}{}", human_number(cell.throughput.mean), known.empty() ? "" : " ", known);
  }

  // "±3.1 % of 2 % (2 of 6 cells undecided)".
  std::string words_on(const TrialSpec& spec) { return precision_words(cell_of(spec), goal_, undecided().size()); }

 private:
  Cell& cell_of(const TrialSpec& spec) { return cells_[numbers_.at(cell_key(spec))]; }

  PrecisionGoal goal_;
  std::vector<Cell> cells_;
  std::unordered_map<CellKey, std::size_t> numbers_;  // of cells_
};

void run_until_precise(const SweepPlan& plan, Session& session) {
  CellsSoFar cells(plan.cells, plan.precision);
  std::set<TrialKey> measured_before;
  for (const TrialRecord& record : session.records()) {
    cells.add(record);
    measured_before.insert(trial_key(record.spec));
  }
  const std::size_t all = plan.cells.size();
  const auto run = [&](const TrialSpec& spec, std::chrono::nanoseconds at_most) {
    const std::size_t decided = all - cells.undecided().size();
    const std::string known = cells.figures_of(spec);
    const std::string figures = known.substr(0, known.find(' '));
    const std::string what =
        fmt::format("trial {}: {}; {}", session.records().size() + 1, words(spec, figures), cells.words_on(spec));
    cells.add(session.run(spec, [&](std::chrono::nanoseconds elapsed) -> Standing {
      return {.left = fmt::format("at most {} left", time_words(std::max(at_most - elapsed, 0ns))),
              .share = static_cast<double>(decided) / static_cast<double>(std::max<std::size_t>(all, 1)),
              .text = what};
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
    std::erase_if(round, [&](const TrialSpec& trial) { return measured_before.contains(trial_key(trial)); });
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

void run_trials(const SweepPlan& plan, Session& session, const PartOfSweep& part) {
  CellsSoFar cells(plan.cells, {});
  for (const TrialRecord& record : session.records()) {
    if (cells.knows(record.spec)) cells.add(record);
  }
  std::chrono::nanoseconds left = plan.expected + part.time_after;
  Pace pace;
  const std::size_t all = part.trials_before + plan.trials.size() + part.trials_after;
  for (std::size_t i = 0; i < plan.trials.size() && session.interrupted() == 0; ++i) {
    const TrialSpec& spec = plan.trials[i];
    const std::size_t done = part.trials_before + i;
    const std::chrono::nanoseconds expected = expected_time(spec);
    const auto begin = std::chrono::steady_clock::now();
    const std::string what = words(spec, cells.figures_of(spec));
    cells.add(session.run(spec, [&](std::chrono::nanoseconds elapsed) -> Standing {
      const std::chrono::nanoseconds of_this = pace.of(expected);
      const double share =
          std::min(1.0, std::chrono::duration<double>(elapsed) / std::chrono::duration<double>(of_this));
      return {.left = time_words(std::max(pace.of(left) - std::min(elapsed, of_this), 0ns)) + " left",
              .share = (static_cast<double>(done) + share) / static_cast<double>(all),
              .text = fmt::format("{} of {}: {}", done + 1, all, what)};
    }));
    pace.done(std::chrono::steady_clock::now() - begin, expected);
    left -= expected;
  }
}

SweepResult run_sweep(const SweepArguments& arguments, const SweepPlan& plan, Histograms histograms) {
  check_memory(arguments, plan);
  Session session({.outputs = arguments.outputs,
                   .quiet = arguments.quiet,
                   .needs_peer = plan.needs_peer && (!plan.trials.empty() || plan.precision.asked()),
                   .peer_port = arguments.peer_port,
                   .peers = arguments.peers,
                   .histograms = histograms});
  SweepResult result;
  const auto trials = [&] {
    for (const TrialRecord& record : plan.measured) session.adopt(record);
    plan.precision.asked() ? run_until_precise(plan, session) : run_trials(plan, session);
  };
  run_to_end(session, trials, result);
  result.records = session.take_records();
  return result;
}

}  // namespace cbench
