#include "sweep/metg/metg_trials.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "harness/host.hpp"
#include "record/cell_label.hpp"
#include "reports/findings/cells/cell.hpp"
#include "reports/findings/ideal.hpp"
#include "reports/stats/resampling.hpp"
#include "sweep/metg/metg_disturbance.hpp"
#include "sweep/metg/metg_search.hpp"
#include "sweep/session.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;
using Ns = std::chrono::nanoseconds;

constexpr std::uint64_t reference_rounds = 400'000;  // of mix: about a millisecond, beside which overhead is nothing
constexpr int references_at_first = 2;
constexpr int most_tries_of_a_failure = 3;
constexpr int trials_per_reference = 12;
// Tasks that share the CPUs, or wait together, end together: a window of few such rounds would count one more or less.
constexpr int rounds_in_window = 8;
constexpr int waits_in_window = 50;
constexpr Ns longest_window = 1s;
constexpr std::size_t usual_trials = 45;  // of a model, for the time left

// Times of a trial where they were not given: many short trials tell more than few long ones, since a process of its
// own is what a repetition is.
constexpr const char* usual_duration = "150ms";
constexpr const char* usual_warmup = "50ms";

struct Range {
  double start_s;
  double least_s;
  double most_s;
};
constexpr Range compute_range{10e-6, 20e-9, 4e-3};
constexpr Range wait_range{1e-3, 1e-6, 20e-3};

struct Candidate {
  TrialSpec cell;
  std::vector<GranularityTrial> trials;
  int failures = 0;
  std::string failed;
  bool over = false;
};

// A window of less than 100 ms never tells what others used: it is asked for by who knows that it is quiet.
std::optional<double> foreign_share_of(const TrialRecord& record) {
  constexpr double shortest_told_s = 0.1;
  if (record.window_s < shortest_told_s) return record.foreign_cpu_share.value_or(0);
  return record.foreign_cpu_share;
}

class Search {
 public:
  Search(const MetgArguments& arguments, const SweepPlan& plan)
      : phase_(arguments.phase),
        repetitions_(arguments.run.repetitions),
        random_(plan.seed),
        seed_(plan.seed),
        cpus_(cpus_usable(host_facts())),
        session_({.outputs = arguments.run.outputs, .quiet = arguments.run.quiet, .histograms = Histograms::dropped}) {
    for (const TrialSpec& cell : plan.cells) {
      if (!cell.runtime_name.empty() && !cell.unasked) {
        throw UsageError(
            fmt::format("metg takes native models, and {} is one of {}: how long a task computes is known of "
                        "the native kernel alone",
                        cell.model, cell.runtime_name));
      }
      if (!cell.runtime_name.empty()) continue;
      if (!cell.unasked) candidates_.emplace_back().cell = cell;
      if (cell.is_baseline) reference_ = cell;
    }
    result_.phase = phase_;
    result_.repetitions = repetitions_;
    // Of the models that are bound by neither.
    for (const Candidate& candidate : candidates_) {
      result_.workers = std::max(result_.workers, candidate.cell.workers);
      result_.concurrency = std::max(result_.concurrency, candidate.cell.load.concurrency);
    }
    result_.at_once =
        phase_ == Phase::compute ? std::min<double>(result_.workers, cpus_) : static_cast<double>(result_.concurrency);
    result_.targets = arguments.targets.empty()
                          ? default_targets(static_cast<std::uint32_t>(std::lround(result_.at_once)))
                          : arguments.targets;
  }

  MetgResult run() {
    run_to_end(
        session_, [&] { search(); }, result_);
    finish();
    return std::move(result_);
  }

 private:
  void search() {
    for (int i = 0; i < references_at_first; ++i) run_reference();
    while (session_.interrupted() == 0) {
      auto round = next_round();
      if (round.empty()) break;
      std::ranges::shuffle(round, random_);
      for (const auto& [candidate, amount] : round) {
        if (session_.interrupted() != 0) break;
        if (++since_reference_ > trials_per_reference) run_reference();
        run_one(*candidate, amount);
      }
    }
  }

  // What one unit of an amount takes: a round of the kernel on this machine, or a ns.
  double unit_s() const { return phase_ == Phase::wait ? 1e-9 : median_of(seconds_per_round_); }

  GranularityPoint as_point(const TrialSpec& cell, const GranularityTrial& trial, double unit) const {
    const double task_s = static_cast<double>(trial.amount) * unit;
    const double ideal = ideal_of(cell, task_s);
    return {task_s, ideal > 0 ? trial.throughput_per_s / ideal : 0};
  }
  double ideal_of(const TrialSpec& cell, double task_s) const {
    const Demands demands{.cpu_us = phase_ == Phase::compute ? task_s * 1e6 : 0,
                          .wait_us = phase_ == Phase::wait ? task_s * 1e6 : 0};
    return ideal_throughput(demands, cell.workers, cell.load.concurrency, cpus_);
  }

  // On a scale that does not move with every new reference: sizes must stay the same numbers.
  double search_unit_s() const { return phase_ == Phase::wait ? 1e-9 : seconds_per_round_.front(); }

  // Nothing where its search is over.
  std::optional<std::uint64_t> next_amount(const Candidate& candidate, const MetgSearch& search) {
    const SiftedTrials sifted = sift(candidate.trials);
    if (sifted.is_given_up()) return std::nullopt;
    if (sifted.again) return sifted.again;
    std::vector<GranularityPoint> points;
    for (const GranularityTrial& trial : sifted.kept) {
      GranularityPoint& added = points.emplace_back(as_point(candidate.cell, trial, unit_s()));
      added.task_s = static_cast<double>(trial.amount) * search_unit_s();
    }
    const auto size = next_size(points, search);
    if (!size) return std::nullopt;
    return std::max<std::uint64_t>(1, std::llround(*size / search_unit_s()));
  }

  std::vector<std::pair<Candidate*, std::uint64_t>> next_round() {
    std::vector<std::pair<Candidate*, std::uint64_t>> round;
    const Range range = phase_ == Phase::wait ? wait_range : compute_range;
    const MetgSearch search{.targets = result_.targets,
                            .start_s = range.start_s,
                            .least_s = range.least_s,
                            .most_s = range.most_s,
                            .repetitions = repetitions_,
                            .most_points = 35 + 4 * repetitions_};
    for (Candidate& candidate : candidates_) {
      if (candidate.over) continue;
      const auto amount = next_amount(candidate, search);
      candidate.over = !amount;
      if (amount) round.emplace_back(&candidate, *amount);
    }
    return round;
  }

  // A trial with this amount for a task. The window grows with the task: too few of them make a coarse rate.
  TrialSpec trial_of(TrialSpec spec, std::uint64_t amount, double task_s) const {
    if (phase_ == Phase::wait) {
      spec.parameters["delay"] = fmt::format("{}ns", amount);
    } else {
      spec.parameters["amount"] = fmt::format("{}", amount);
    }
    const Ns before = expected_time(spec);
    const double lasts_s = phase_ == Phase::wait ? waits_in_window * task_s
                                                 : rounds_in_window * task_s * spec.load.concurrency / spec.workers;
    spec.load.duration = std::max(spec.load.duration, std::min(Ns(std::llround(lasts_s * 1e9)), longest_window));
    spec.deadline += expected_time(spec) - before;
    return spec;
  }

  void run_reference() {
    since_reference_ = 0;
    if (phase_ == Phase::wait || session_.interrupted() != 0) return;
    TrialSpec spec = trial_of(reference_, reference_rounds, 1e-3);
    for (int tries = 1;; ++tries) {  // a machine in use may leave a trial without a single task
      spec.repetition = ++references_;
      spec.seed = seed_ + spec.repetition - 1;
      const TrialRecord& record =
          session_.run(spec, [&](Ns) { return progress("sequential, what the work takes alone"); });
      if (record.status == Status::ok) {
        // The median of the tasks: neither a neighbour's disturbance nor the harness's own share is in it.
        seconds_per_round_.push_back(record.service.p50_us / 1e6 / static_cast<double>(reference_rounds));
        return;
      }
      if (session_.interrupted() != 0) return;
      if (tries == most_tries_of_a_failure) {
        if (!seconds_per_round_.empty()) return;
        throw std::runtime_error(
            fmt::format("the kernel could not be timed on sequential, {}: {}", name_of(record.status), record.reason));
      }
    }
  }

  void run_one(Candidate& candidate, std::uint64_t amount) {
    const double task_s = static_cast<double>(amount) * unit_s();
    TrialSpec spec = trial_of(candidate.cell, amount, task_s);
    spec.repetition =
        static_cast<std::uint32_t>(std::ranges::count(candidate.trials, amount, &GranularityTrial::amount)) + 1;
    spec.seed = seed_ + spec.repetition - 1;
    Standing said = progress(fmt::format("{}, a task of {}", label_of(spec), human_us(task_s * 1e6)));
    const TrialRecord& record = session_.run(
        spec, [&](Ns) { return said; },
        [&](TrialRecord& r) {
          if (r.status != Status::ok) return;
          r.demand_cpu_us = phase_ == Phase::compute ? task_s * 1e6 : 0;
          r.demand_wait_us = phase_ == Phase::wait ? task_s * 1e6 : 0;
          r.ideal_per_s = ideal_of(spec, task_s);
          if (r.ideal_per_s > 0) r.efficiency = r.throughput_per_s / r.ideal_per_s;
        });
    if (record.status == Status::ok) {
      candidate.trials.push_back({amount, record.throughput_per_s, foreign_share_of(record)});
      return;
    }
    // A machine in use may leave a short trial without a single task: its size comes again.
    const bool again = record.status == Status::failed && ++candidate.failures < most_tries_of_a_failure;
    if (again && session_.interrupted() == 0) return;
    candidate.over = true;
    if (session_.interrupted() == 0) {
      candidate.failed = fmt::format("{} with a task of {}: {}", name_of(record.status), human_us(task_s * 1e6),
                                     record.reason.empty() ? "no reason" : record.reason);
    }
  }

  Standing progress(const std::string& what) const {
    Ns left{};
    std::size_t over = 0;
    for (const Candidate& candidate : candidates_) {
      over += candidate.over ? 1 : 0;
      if (candidate.over) continue;
      const auto measured = static_cast<std::int64_t>(candidate.trials.size());
      left +=
          std::max<std::int64_t>(4, static_cast<std::int64_t>(usual_trials) - measured) * expected_time(candidate.cell);
    }
    const auto models = static_cast<double>(std::max<std::size_t>(candidates_.size(), 1));
    return {.left = fmt::format("about {} left", time_words(left)),
            .share = static_cast<double>(over) / models,
            .text = fmt::format("{} of {} models, trial {}: {}", over, candidates_.size(),
                                session_.records().size() + 1, what)};
  }

  void finish() {
    for (const Candidate& candidate : candidates_) {
      MetgOfModel& model = result_.models.emplace_back();
      model.label = label_of(candidate.cell);
      model.workers = candidate.cell.workers;
      model.concurrency = candidate.cell.load.concurrency;
      model.failed = candidate.failed;
      const SiftedTrials sifted = sift(candidate.trials);
      for (const GranularityTrial& trial : sifted.kept) {
        model.points.push_back(as_point(candidate.cell, trial, unit_s()));
      }
      result_.left_out += sifted.left_out;
      if (sifted.is_given_up()) result_.ended_early.push_back(model.label);
      if (!sifted.disturbed.empty()) result_.disturbed.push_back(model.label);
      model.table = metg_table(model.points, result_.targets);
      for (Metg& metg : model.table) {
        doubt_refusal(metg, sifted);
        if (result_.was_cut_short() && !metg.granularity_s) {
          metg.is_never_kept = false;
          metg.refused = "the search was cut short";
        }
      }
    }
    result_.trials = session_.records().size();
    result_.host = host_facts();
  }

  Phase phase_;
  std::uint32_t repetitions_;
  std::mt19937_64 random_;
  std::uint64_t seed_;
  double cpus_;
  std::vector<Candidate> candidates_;
  TrialSpec reference_;
  std::vector<double> seconds_per_round_;  // one of each reference trial
  std::uint32_t references_ = 0;           // trials of it, ok or not
  int since_reference_ = 0;
  MetgResult result_;
  Session session_;
};

}  // namespace

bool MetgResult::all_ok() const {
  return std::ranges::all_of(models, [](const MetgOfModel& model) { return model.failed.empty(); });
}

double MetgResult::one_at_a_time() const { return at_once > 1 ? 1 / at_once : 0; }

MetgResult measure_metg(const MetgArguments& arguments) {
  SweepArguments run = arguments.run;
  if (run.workers.empty()) {
    run.workers = {fmt::format("{}", default_worker_counts(host_facts()).back())};
  }
  if (run.concurrency.empty()) run.concurrency = {"64"};
  if (run.duration.empty()) run.duration = usual_duration;
  if (run.warmup.empty()) run.warmup = usual_warmup;
  check_repetitions(run.repetitions);
  run.repetitions = 1;  // of the cells of the plan, which are each model's at one size
  if (arguments.phase == Phase::wait) {
    run.workloads = {"sleep"};
    run.params = {"delay=1ms"};
    run.no_baseline = true;
  } else {
    run.workloads = {"cpu"};
    run.params = {"kernel=mix", fmt::format("amount={}", reference_rounds)};
  }
  return Search(arguments, plan_sweep(run)).run();
}

}  // namespace cbench
