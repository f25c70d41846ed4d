#include "sweep/curve/curve_trials.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "harness/host.hpp"
#include "record/cell_key.hpp"
#include "sweep/after_closed_loop.hpp"
#include "sweep/curve/curve_rates.hpp"
#include "sweep/memory_check.hpp"
#include "sweep/plan/choice.hpp"
#include "sweep/plan/load_choice.hpp"
#include "sweep/plan/order.hpp"
#include "sweep/plan/plan.hpp"
#include "sweep/session.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;
using Ns = std::chrono::nanoseconds;

// A p99 needs a thousand tasks (ten beyond it); Poisson arrivals may be a tenth fewer than expected.
constexpr double tasks_for_p99 = 1200;
constexpr Ns longest_window = 10s;

class Curves {
 public:
  Curves(const CurveArguments& arguments, LoadAsked asked, SweepPlan closed)
      : arguments_(arguments),
        asked_(std::move(asked)),
        closed_(std::move(closed)),
        of_workload_(workload_of(closed_.cells.front()).concurrency()),
        work_(workload_of(closed_.cells.front()).draw(closed_.seed, 1)) {
    result_.workload = closed_.cells.front().workload;
    result_.poisson = asked_.poisson;
    for (const TrialSpec& cell : closed_.cells) result_.models.emplace_back().closed = cell;
  }

  CurveResult run() {
    check_memory(arguments_.run, closed_);
    Session session({.outputs = arguments_.run.outputs,
                     .quiet = arguments_.run.quiet,
                     .needs_peer = closed_.needs_peer,
                     .peer_port = arguments_.run.peer_port,
                     .peers = arguments_.run.peers,
                     .histograms = Histograms::merged});
    const auto trials = [&] {
      run_trials(closed_, session, {.trials_after = trials_of_open_loops(), .time_after = time_of_open_loops()});
      if (session.interrupted() != 0) return;
      for (CurveOfModel& model : result_.models) take_capacity(session.records(), model);
      const SweepPlan open = plan_open_loops();
      run_trials(open, session, {.trials_before = closed_.trials.size()});
    };
    run_to_end(session, trials, result_.measured);
    result_.measured.records = session.take_records();
    return std::move(result_);
  }

 private:
  std::size_t trials_of_open_loops() const {
    return result_.models.size() * arguments_.points * arguments_.run.repetitions;
  }
  // Where no window must be longer than others for its p99.
  Ns time_of_open_loops() const {
    LoadSpec load;
    choose_times(asked_, trials_of_open_loops() + closed_.trials.size(), time_to_fill(work_), load);
    return static_cast<std::int64_t>(trials_of_open_loops()) * (set_up_time + load.warmup + load.duration);
  }

  static void take_capacity(const std::vector<TrialRecord>& records, CurveOfModel& model) {
    const CellKey key = cell_key(model.closed);
    double sum = 0;
    std::size_t count = 0;
    for (const TrialRecord& record : records) {
      if (cell_key(record.spec) != key) continue;
      if (record.status == Status::ok && record.throughput_per_s > 0) {
        sum += record.throughput_per_s;
        ++count;
      } else if (model.failed.empty()) {
        model.failed = without_closed_loop(record);
      }
    }
    if (count == 0) return;
    model.failed.clear();
    model.closed_per_s = sum / static_cast<double>(count);
  }

  // The same for every rate, so that one curve has one limit: what the highest needs.
  std::uint32_t slots_of(const CurveOfModel& model, double highest_per_s) const {
    if (!arguments_.run.concurrency.empty()) return model.closed.load.concurrency;
    return slots_at(highest_per_s, model.closed, work_, of_workload_);
  }

  void choose_rates(CurveOfModel& model) const {
    if (!model.failed.empty() || model.closed_per_s <= 0) return;
    for (const double share : load_shares(arguments_.points)) {
      const double rate = rate_at(share, model.closed_per_s);
      rate <= most_rate_per_s ? model.rates_per_s.push_back(rate) : void(++model.left_out);
    }
    if (model.rates_per_s.empty()) {
      model.failed = fmt::format("a tenth of its {:.0f}/s is more than the generator can bring", model.closed_per_s);
      return;
    }
    model.slots = slots_of(model, model.rates_per_s.back());
    model.failed = why_no_connections(model.closed, work_, model.slots);
    if (!model.failed.empty()) model.rates_per_s.clear();
  }

  TrialSpec open_loop(const CurveOfModel& model, double rate_per_s) const {
    TrialSpec spec = model.closed;
    LoadSpec& load = spec.load;
    load.kind = LoadKind::open;
    load.rate_per_s = rate_per_s;
    load.poisson = asked_.poisson;
    load.shed = asked_.shed;
    load.concurrency = model.slots;
    choose_times(asked_, trials_of_open_loops() + closed_.trials.size(), time_to_fill(work_), load);
    // What a runtime needs to get warm is in its closed loop.
    if (!asked_.warmup) load.warmup = std::max(load.warmup, model.closed.load.warmup);
    if (!asked_.duration) {
      const Ns enough(std::llround(tasks_for_p99 / rate_per_s * 1e9));
      load.duration = std::max(load.duration, std::min(enough, longest_window));
    }
    spec.deadline = time_limit(arguments_.run, spec, longest_wait(work_));
    return spec;
  }

  SweepPlan plan_open_loops() {
    SweepPlan open{.trials = {},
                   .measured = {},
                   .cells = {},
                   .repetitions = arguments_.run.repetitions,
                   .seed = closed_.seed,
                   .precision = {},
                   .needs_peer = closed_.needs_peer};
    for (CurveOfModel& model : result_.models) {
      choose_rates(model);
      for (const double rate : model.rates_per_s) open.cells.push_back(open_loop(model, rate));
    }
    open.trials = order_trials(open.cells, open.repetitions, open.seed);
    for (const TrialSpec& trial : open.trials) open.expected += expected_time(trial);
    return open;
  }

  const CurveArguments& arguments_;
  LoadAsked asked_;  // of the open loops
  SweepPlan closed_;
  std::uint32_t of_workload_;  // in flight in a closed loop where nobody says
  Work work_;
  CurveResult result_;
};

}  // namespace

int CurveResult::exit_code() const {
  const bool has_all = std::ranges::all_of(models, [](const CurveOfModel& model) { return model.failed.empty(); });
  const bool none_failed = std::ranges::all_of(measured.records, [](const TrialRecord& record) {
    return is_finding(record.status) || (record.status == Status::invalid && record.spec.load.kind == LoadKind::open);
  });
  return measured.Ending::exit_code(has_all && none_failed);
}

CurveResult measure_curve(const CurveArguments& arguments) {
  if (arguments.points < fewest_curve_points || arguments.points > most_curve_points) {
    throw UsageError(fmt::format("--points must lie between {} and {}, not {}", fewest_curve_points, most_curve_points,
                                 arguments.points));
  }
  SweepArguments run = arguments.run;
  run.rates = {"1/s"};  // for what is said of the open loops; their rates follow from the closed ones
  const LoadAsked asked = parse_load(run);
  run.rates.clear();
  run.arrivals.clear();
  run.late.clear();
  run.no_baseline = true;
  if (run.workers.empty()) run.workers = {fmt::format("{}", default_worker_counts(host_facts()).back())};
  SweepPlan closed = plan_sweep(run);
  check_one_workload(closed, "curves are");
  return Curves(arguments, asked, std::move(closed)).run();
}

}  // namespace cbench
