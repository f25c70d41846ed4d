#include "sweep/capacity/capacity_trials.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "harness/host.hpp"
#include "record/cell_label.hpp"
#include "sweep/after_closed_loop.hpp"
#include "sweep/plan/choice.hpp"
#include "sweep/plan/load_choice.hpp"
#include "sweep/session.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"
#include "workloads/work.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;
using Ns = std::chrono::nanoseconds;

constexpr double usual_time_s = 60;
constexpr double least_time_s = 5;
constexpr double usual_half_width = 0.01;
constexpr double least_half_width = 0.005;
constexpr double most_half_width = 0.1;
// A trial that decides: of a minute a second. A queue must have time to grow, so it is long beside a task.
constexpr double trials_in_time = 60;
constexpr double tasks_in_trial = 20;  // one after the other
constexpr double warmup_share = 0.25;
constexpr double tasks_in_warmup = 3;
constexpr int most_tries_of_closed_loop = 3;
constexpr double rates_below = 256;  // the guess over the least rate
constexpr double rates_above = 8;    // the highest rate over the guess
constexpr double beside_bounds = 1.1;
constexpr auto grace = 15s;

Ns ns_of(double seconds) { return Ns(std::llround(seconds * 1e9)); }
double seconds_of(Ns time) { return std::chrono::duration<double>(time).count(); }

// Of what the rate brings on average: where chance brought less, that much more would have been served.
double served_of(const TrialRecord& record) {
  const double offered = record.arrived.offered_per_s;
  if (!is_finding(record.status) || offered <= 0) return 0;
  return record.throughput_per_s * std::max(1.0, record.spec.load.rate_per_s / offered);
}

// Of the trials at one rate that are long enough to decide.
struct AtRate {
  std::vector<Histogram> responses;  // for each goal, of the tasks that it is on
  std::vector<double> cpus_per_task_us;
  std::vector<double> bytes_per_tasks;
};

struct Candidate {
  TrialSpec cell;  // its closed loop
  std::string label;
  double closed_per_s = 0;
  int closed_tries = 0;
  double service_s = 0;  // of a task in the closed loop, the mean
  double closed_took_s = 0;
  RateSearch search;
  std::vector<RateTrial> trials;
  std::vector<std::vector<Judgement>> judgements;  // of each of these, for each goal
  std::vector<std::string> reasons;                // that their records gave
  std::vector<double> foreign_cpus;                // that other programs used, of each that knows it
  double stolen_cpus = 0;                          // of these, what the hypervisor took
  std::map<double, AtRate> at_rates;               // by rate
  std::uint32_t repetitions = 0;
  std::string failed;
  bool over = false;
};

class Search {
 public:
  Search(const CapacityArguments& arguments, const SweepPlan& plan, CapacityResult result)
      : random_(plan.seed),
        seed_(plan.seed),
        slots_given_(!arguments.run.concurrency.empty()),
        peers_(arguments.run.peers),
        of_workload_(workload_of(plan.cells.front()).concurrency()),
        work_(workload_of(plan.cells.front()).draw(plan.seed, 1)),
        result_(std::move(result)),
        session_({.outputs = arguments.run.outputs,
                  .quiet = arguments.run.quiet,
                  .needs_peer = plan.needs_peer,
                  .peer_port = arguments.run.peer_port,
                  .peers = arguments.run.peers,
                  .histograms = Histograms::dropped}) {
    for (const TrialSpec& cell : plan.cells) {
      Candidate& candidate = candidates_.emplace_back();
      candidate.cell = cell;
      // A model that says what it needs to get warm has it in every trial.
      const ModelEntry* entry = catalogue().find(cell.model);
      if (entry != nullptr && entry->warmup) {
        candidate.cell.load.warmup = std::max(cell.load.warmup, *entry->warmup);
      }
      candidate.label = label_of(cell);
    }
  }

  CapacityResult run() {
    run_to_end(
        session_, [&] { search(); }, result_);
    finish();
    return std::move(result_);
  }

 private:
  void search() {
    while (session_.interrupted() == 0) {
      std::vector<Candidate*> round;
      for (Candidate& candidate : candidates_) {
        if (!candidate.over) round.push_back(&candidate);
      }
      if (round.empty()) break;
      std::ranges::shuffle(round, random_);
      for (Candidate* candidate : round) {
        if (session_.interrupted() != 0) break;
        candidate->closed_per_s > 0 ? run_next(*candidate) : run_closed(*candidate);
      }
    }
  }

  // The closed loop says about where to begin, and how long a task takes.
  void run_closed(Candidate& candidate) {
    TrialSpec spec = candidate.cell;
    spec.repetition = ++candidate.repetitions;
    spec.seed = seed_ + spec.repetition - 1;
    const auto began = std::chrono::steady_clock::now();
    const TrialRecord& record = session_.run(spec, [&](Ns) { return progress(candidate, "closed loop"); });
    candidate.closed_took_s += seconds_of(std::chrono::steady_clock::now() - began);
    if (record.status == Status::ok && record.throughput_per_s > 0) {
      candidate.closed_per_s = record.throughput_per_s;
      candidate.service_s = record.service.mean_us / 1e6;
      plan_search(candidate);
      candidate.failed = why_no_connections(candidate.cell, work_, slots_of(candidate, candidate.closed_per_s));
      candidate.over = !candidate.failed.empty();
      return;
    }
    if (session_.interrupted() != 0) return;
    if (record.status == Status::failed && ++candidate.closed_tries < most_tries_of_closed_loop) return;
    candidate.over = true;
    candidate.failed = without_closed_loop(record);
  }

  void plan_search(Candidate& candidate) const {
    RateSearch& search = candidate.search;
    for (const Slo& slo : result_.slos) {
      search.goals.push_back({.least_tasks = slo.least_tasks(), .width = result_.width});
    }
    search.guess_per_s = candidate.closed_per_s;
    search.least_per_s = candidate.closed_per_s / rates_below;
    search.most_per_s = std::min(most_rate_per_s, candidate.closed_per_s * rates_above);
    while (search.most_per_s > candidate.closed_per_s &&
           !why_no_connections(candidate.cell, work_, slots_of(candidate, search.most_per_s)).empty()) {
      search.most_per_s = std::max(candidate.closed_per_s, search.most_per_s / 2);
    }
    search.time_s = std::max(0.0, result_.time_s - candidate.closed_took_s);
    search.trial_s = std::max(result_.time_s / trials_in_time, tasks_in_trial * candidate.service_s);
    search.overhead_s = seconds_of(set_up_time) + warmup_s(candidate, search.trial_s);
  }

  double warmup_s(const Candidate& candidate, double window_s) const {
    return std::max({seconds_of(candidate.cell.load.warmup),
                     warmup_share * std::min(window_s, candidate.search.trial_s),
                     tasks_in_warmup * std::max(candidate.service_s, seconds_of(work_.waiting())),
                     seconds_of(time_to_fill(work_))});
  }

  TrialSpec trial_of(Candidate& candidate, const AskedTrial& asked) const {
    TrialSpec spec = candidate.cell;
    spec.load.kind = LoadKind::open;
    spec.load.rate_per_s = asked.rate_per_s;
    spec.load.poisson = result_.poisson;
    spec.load.concurrency = slots_of(candidate, asked.rate_per_s);
    spec.load.duration = ns_of(asked.window_s);
    spec.load.warmup = ns_of(warmup_s(candidate, asked.window_s));
    spec.repetition = ++candidate.repetitions;
    spec.seed = seed_ + spec.repetition - 1;
    spec.deadline = candidate.cell.deadline + 2 * (spec.load.duration + spec.load.warmup) + grace;
    return spec;
  }

  // In an open loop of that rate: as many as hold none up that the model could serve.
  std::uint32_t slots_of(const Candidate& candidate, double rate_per_s) const {
    if (slots_given_) return candidate.cell.load.concurrency;
    return slots_at(std::max(rate_per_s, candidate.closed_per_s), candidate.cell, work_, of_workload_);
  }

  void run_next(Candidate& candidate) {
    const auto asked = next_trial(candidate.search, candidate.trials);
    if (!asked) {
      candidate.over = true;
      return;
    }
    RateTrial trial{.rate_per_s = asked->rate_per_s, .window_s = asked->window_s};
    std::vector<Judgement> judgements;
    const auto began = std::chrono::steady_clock::now();
    const std::string what = fmt::format("{}/s", human_number(asked->rate_per_s));
    const TrialRecord& record = session_.run(
        trial_of(candidate, *asked), [&](Ns) { return progress(candidate, what); },
        [&](TrialRecord& r) {
          for (const Slo& slo : result_.slos) judgements.push_back(judge(slo, r));
          if (is_finding(r.status) && r.response.histogram && asked->window_s >= candidate.search.trial_s) {
            AtRate& there = candidate.at_rates[asked->rate_per_s];
            there.responses.resize(result_.slos.size());
            for (std::size_t goal = 0; goal < result_.slos.size(); ++goal) {
              const auto of_class = result_.slos[goal].of_class();
              const Histogram* responses = of_class ? responses_of(*of_class, r) : nullptr;
              if (responses != nullptr) there.responses[goal].merge(*responses);
            }
            there.cpus_per_task_us.push_back(r.cpu_per_task_us);
            there.bytes_per_tasks.push_back(r.bytes_per_task);
          }
        });
    if (session_.interrupted() != 0) return;
    trial.took_s = seconds_of(std::chrono::steady_clock::now() - began);
    trial.measured = record.status != Status::invalid;
    for (const Judgement& judgement : judgements) trial.votes.push_back(judgement.vote);
    trial.served_per_s = served_of(record);
    candidate.trials.push_back(std::move(trial));
    candidate.judgements.push_back(std::move(judgements));
    candidate.reasons.push_back(record.reason);
    if (record.foreign_cpu_share) candidate.foreign_cpus.push_back(*record.foreign_cpu_share);
    candidate.stolen_cpus += record.steal_share.value_or(0);
    if (record.status == Status::unsupported) {
      candidate.over = true;
      candidate.failed = fmt::format("{}: {}", name_of(record.status), record.reason);
    }
  }

  // What is known so far of the model that runs.
  Standing progress(const Candidate& candidate, const std::string& what) const {
    double left = 0;
    for (const Candidate& one : candidates_) {
      if (one.over) continue;
      left += result_.time_s - one.closed_took_s;
      for (const RateTrial& trial : one.trials) left -= trial.took_s;
    }
    std::string known;
    if (!candidate.trials.empty()) {
      const RateAnswer answer = answer_of(candidate.search, 0, candidate.trials);
      if (answer.lower_per_s) known += fmt::format(", {} passes", human_number(*answer.lower_per_s));
      if (answer.upper_per_s && !answer.upper_is_unmeasured) {
        known += fmt::format(", {} fails", human_number(*answer.upper_per_s));
      }
    }
    const double whole = result_.time_s * static_cast<double>(candidates_.size());
    left = std::clamp(left, 0.0, whole);
    return {.left = fmt::format("at most {} left", time_words(ns_of(left))),
            .share = whole > 0 ? 1 - left / whole : -1,
            .text = fmt::format("{}: {}{}", candidate.label, what, known)};
  }

  // What most of the trials failed by that lie about the capacity or above it.
  void name_limit(const Candidate& candidate, std::size_t goal, CapacityFound& found) const {
    double from = 0;
    double to = candidate.search.most_per_s * 2;
    if (found.answer.known == Known::found) {
      from = found.answer.capacity->interval_per_s().low;
      to = found.answer.capacity->interval_per_s().high * beside_bounds;
    }
    std::map<std::string, int> counts;
    for (std::size_t i = 0; i < candidate.trials.size(); ++i) {
      const RateTrial& trial = candidate.trials[i];
      const Judgement& judgement = candidate.judgements[i][goal];
      const bool speaks = judgement.vote == Vote::fails || (!trial.measured && found.answer.upper_is_unmeasured);
      if (!speaks || trial.rate_per_s < from || trial.rate_per_s > to) continue;
      const int count = ++counts[judgement.limit];
      if (found.limit.empty() || count >= counts[found.limit]) {
        found.limit = judgement.limit;
        found.limit_reason = candidate.reasons[i];
      }
    }
  }

  void finish() {
    for (const Candidate& candidate : candidates_) {
      CapacityOfModel& model = result_.models.emplace_back();
      model.label = candidate.label;
      model.workers = candidate.cell.workers;
      double most_tried = candidate.closed_per_s;
      for (const RateTrial& trial : candidate.trials) most_tried = std::max(most_tried, trial.rate_per_s);
      model.slots = slots_of(candidate, most_tried);
      model.closed_per_s = candidate.closed_per_s;
      model.failed = candidate.failed;
      model.trials = candidate.trials.size();
      model.time_s = candidate.closed_took_s;
      if (model.trials > 0) {
        model.foreign_cpu_share = mean_of(candidate.foreign_cpus);
        model.steal_share = candidate.stolen_cpus / static_cast<double>(model.trials);
      }
      for (const RateTrial& trial : candidate.trials) model.time_s += trial.took_s;
      for (std::size_t goal = 0; goal < result_.slos.size(); ++goal) {
        CapacityFound& found = model.found.emplace_back();
        if (candidate.search.goals.empty()) continue;
        found.answer = answer_of(candidate.search, goal, candidate.trials);
        name_limit(candidate, goal, found);
        if (!found.answer.passing_per_s) continue;
        const auto at = candidate.at_rates.find(*found.answer.passing_per_s);
        if (at == candidate.at_rates.end()) continue;
        found.cpus_per_task_us = at->second.cpus_per_task_us;
        found.bytes_per_tasks = at->second.bytes_per_tasks;
        const Histogram& responses = at->second.responses[goal];
        if (static_cast<double>(responses.total()) * 0.01 >= 10) {
          found.p99_us = static_cast<double>(responses.quantile(0.99)) / 1000;
        }
      }
    }
    result_.host = host_facts();
    result_.host.peers = peers_;
  }

  std::mt19937_64 random_;
  std::uint64_t seed_;
  bool slots_given_;
  std::uint32_t peers_;        // threads of the peer
  std::uint32_t of_workload_;  // in flight in a closed loop where nobody says
  Work work_;
  CapacityResult result_;
  std::vector<Candidate> candidates_;
  Session session_;
};

double parse_time(const std::string& text) {
  if (text.empty()) return usual_time_s;
  const double seconds = seconds_of(parse_duration(text, "--time"));
  if (seconds < least_time_s)
    throw UsageError(fmt::format("--time must be at least {:g}s, not {}", least_time_s, text));
  return seconds;
}

double parse_width(const std::string& text) {
  const double half = text.empty() ? usual_half_width : parse_fraction(text, "--precision");
  if (half < least_half_width || half > most_half_width) {
    throw UsageError(fmt::format("--precision must lie between 0.5% and 10%, not {}", text));
  }
  return (1 + half) / (1 - half) - 1;
}

bool parse_arrivals(const std::string& text) {
  if (text.empty() || text == "poisson") return true;
  if (text == "constant") return false;
  throw unknown("--arrivals", text, {"poisson", "constant"});
}

}  // namespace

bool CapacityResult::all_ok() const {
  return std::ranges::all_of(models, [](const CapacityOfModel& model) { return model.failed.empty(); });
}

CapacityResult measure_capacity(const CapacityArguments& arguments) {
  SweepArguments run = arguments.run;
  CapacityResult result;
  result.time_s = parse_time(arguments.time);
  result.width = parse_width(arguments.precision);
  result.poisson = parse_arrivals(run.arrivals);
  run.arrivals.clear();  // the plan is that of the closed loops
  if (run.workers.empty()) run.workers = {fmt::format("{}", default_worker_counts(host_facts()).back())};
  run.duration = fmt::format("{}ms", std::llround(result.time_s / trials_in_time / 2 * 1000));
  run.warmup = "100ms";
  run.repetitions = 1;
  run.no_baseline = true;
  SweepPlan plan = plan_sweep(run);
  const TrialSpec& first = plan.cells.front();
  check_one_workload(plan, "a capacity is that");
  result.workload = first.workload;
  result.parameters = first.parameters;
  const Work work = workload_of(first).draw(plan.seed, 1);
  // All slots begin at once: a window that is shorter than they wait may see none of them end.
  for (TrialSpec& cell : plan.cells) cell.load.duration = std::max(cell.load.duration, longest_wait(work) * 3 / 2);
  for (const std::string& text : arguments.slos) result.slos.push_back(parse_slo(text, work));
  return Search(arguments, plan, std::move(result)).run();
}

}  // namespace cbench
