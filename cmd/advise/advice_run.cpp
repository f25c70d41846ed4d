#include "cmd/advise/advice_run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cmd/trial_options.hpp"
#include "harness/host.hpp"
#include "record/cell_key.hpp"
#include "reports/findings/comparison/noise_floor_file.hpp"
#include "sweep/capacity/slo.hpp"
#include "sweep/plan/choice.hpp"
#include "sweep/plan/plan.hpp"
#include "sweep/progress.hpp"
#include "sweep/run_sweep.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;
using Ns = std::chrono::nanoseconds;

constexpr Ns usual_time = 2min;
constexpr Ns most_unasked_time = 15min;  // where objectives need longer trials
constexpr Ns usual_search_time = 15s;    // of a model
constexpr Ns least_search_time = 5s;
constexpr std::uint32_t usual_repetitions = 5;
constexpr std::uint32_t fewest_repetitions = 3;
constexpr std::uint32_t most_repetitions_asked = 30;
constexpr double search_share = 0.5;      // of the time, where trials at a rate come first
constexpr std::size_t most_searched = 4;  // of those that serve the rate
constexpr double for_a_p99 = 1000;        // requests: ten beyond it
constexpr double beyond_least = 1.3;
constexpr const char* search_precision = "5%";

// Present, and no baseline: native ones, and those of runtimes that are built.
std::vector<std::string> models_that_fit() {
  std::vector<std::string> names;
  for (const ModelEntry* entry : catalogue().all()) {
    if (entry->is_present() && !entry->info.baseline) names.emplace_back(entry->info.name);
  }
  return names;
}

std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t most_by_name = 6;
  if (names.size() <= most_by_name) return human_list(names);
  return fmt::format("{} models", names.size());
}

// What there is and was left out, each reason once.
void add_models_left_out(const SweepArguments& asked, std::vector<Untried>& out) {
  std::map<std::string, std::vector<std::string>> absent;
  std::vector<std::string> not_built;  // runtimes
  std::size_t models_of_them = 0;
  std::vector<std::string> unnamed;
  std::vector<const ModelEntry*> chosen;
  for (const ModelChoice& choice : choose_models(asked.models)) chosen.push_back(choice.entry);
  for (const ModelEntry* entry : catalogue().all()) {
    if (entry->info.baseline || std::ranges::count(chosen, entry) > 0) continue;
    if (entry->is_present()) {
      unnamed.emplace_back(entry->info.name);
    } else if (entry->info.absent.starts_with("not built")) {
      ++models_of_them;
      if (std::ranges::count(not_built, entry->runtime) == 0) not_built.push_back(entry->runtime);
    } else {
      absent[std::string(entry->info.absent)].emplace_back(entry->info.name);
    }
  }
  if (!not_built.empty()) {
    out.push_back(
        {fmt::format("{} models of {}", models_of_them, human_list(not_built)), "not built: cbench runtimes --build"});
  }
  for (const auto& [why, names] : absent) out.push_back({list_of(names), why});
  if (!unnamed.empty()) out.push_back({list_of(unnamed), "not named by --model"});
}

// Models of which no trial was one: refused, or broken.
void add_models_that_failed(const std::vector<Cell>& cells, std::vector<Untried>& out) {
  for (const Cell& cell : cells) {
    if (cell.measured() || cell.spec.unasked || cell.failures.empty()) continue;
    const Failure& first = cell.failures.front();
    if (first.status == Status::invalid) continue;  // it says nothing about the model, and the answer says so
    out.push_back({cell.label(), first.reason.empty() ? std::string(name_of(first.status)) : first.reason});
  }
}

void add_what_else(const AdviceResult& result, const TrialSpec& spec, bool one_count, std::vector<Untried>& out) {
  if (one_count) out.push_back({fmt::format("other numbers of workers than {}", spec.workers), "-n"});
  if (result.rate_per_s == 0 && result.slo.empty()) {
    out.push_back({fmt::format("other tasks in flight than {}", human_count(spec.load.concurrency)), "-c"});
    out.push_back({"tasks that arrive at a rate", "--rate"});
  } else if (result.rate_per_s > 0 && result.slo.empty()) {
    out.push_back({"how much more than that rate each takes", "--slo"});
  }
  out.push_back({"other settings of the models", "-m MODEL:NAME=VALUE"});
}

// Of a repetition, how it ended for the question.
struct Asked {
  Slo slo;
  std::map<CellKey, TrialVotes> votes;
  std::map<CellKey, std::map<std::string, int>> limits;

  void add(const TrialRecord& record) {
    const CellKey key = cell_key(record.spec);
    TrialVotes& all = votes[key];
    const Judgement judgement = judge(slo, record);
    switch (judgement.vote) {
      case Vote::passes: ++all.passes; return;
      case Vote::fails: ++all.fails; break;
      case Vote::none: ++all.none; break;
    }
    std::string& most = judgement.vote == Vote::fails ? all.fails_by : all.silent_by;
    auto& counts = limits[key];
    const int count = ++counts[judgement.limit];
    if (most.empty() || count > counts[most]) most = judgement.limit;
  }
};

SustainedRate::Told told_of(const CapacityOfModel& model, const RateAnswer& answer) {
  using Told = SustainedRate::Told;
  if (!model.failed.empty()) return Told::failed;
  switch (answer.known) {
    case Known::found: return Told::found;
    case Known::at_least: return Told::at_least;
    case Known::none_passes: return Told::none_passes;
    case Known::cannot_tell: break;
  }
  return Told::cannot_tell;
}

SustainedRate sustained(const CapacityOfModel& model) {
  const CapacityFound& found = model.found.front();
  return {.label = model.label,
          .told = told_of(model, found.answer),
          .capacity = found.answer.capacity,
          .lower_per_s = found.answer.lower_per_s.value_or(0),
          .limit = found.limit,
          .foreign_cpu_share = model.foreign_cpu_share,
          .steal_share = model.steal_share,
          .is_narrow = found.answer.is_narrow,
          .cost = {.label = model.label, .cpus_us = found.cpus_per_task_us, .bytes = found.bytes_per_tasks}};
}

std::string seconds_text(Ns time) { return fmt::format("{}ms", time.count() / 1'000'000); }

// How the trials are made to fit into the time.
class Schedule {
 public:
  Schedule(const AdviceArguments& arguments, const Slo& slo) : arguments_(arguments), run_(arguments.run), slo_(slo) {
    given_ = !arguments.time.empty();
    time_ = given_ ? parse_duration(arguments.time, "--time") : usual_time;
    if (given_ && time_ < 1s) throw UsageError(fmt::format("--time must be at least 1s, not {}", arguments.time));
  }

  // Of the closed loop, or at a rate.
  SweepPlan plan() {
    const bool search_follows = !run_.rates.empty() && !slo_.objectives.empty();
    const Ns time = search_follows ? share(1 - search_share) : time_;
    run_.sweep_time = seconds_text(time);
    run_.repetitions = usual_repetitions;
    SweepPlan plan = plan_sweep(run_);
    if (given_ && plan.expected > time) {
      run_.repetitions = fewest_repetitions;
      plan = plan_sweep(run_);
    }
    // More time than the longest windows take goes into more repetitions.
    if (given_ && plan.expected > 0ns && plan.expected * (run_.repetitions + 1) / run_.repetitions <= time) {
      run_.repetitions = std::min<std::uint32_t>(most_repetitions_asked,
                                                 static_cast<std::uint32_t>(run_.repetitions * time / plan.expected));
      run_.duration = seconds_text(plan.cells.front().load.duration);
      plan = plan_sweep(run_);
      run_.duration.clear();
    }
    if (given_ && plan.expected > time) refuse(plan.expected, plan.cells.size(), search_follows);
    return run_.rates.empty() ? plan : with_requests(std::move(plan), time);
  }

  // How long there is for each model of a search.
  Ns search_time(std::size_t models) const {
    const auto count = static_cast<std::int64_t>(models);
    if (!given_) return usual_search_time;
    if (time_ / count < least_search_time) refuse(least_search_time * count, models, false);
    return time_ / count;
  }
  // After the trials at a rate.
  std::size_t most_in_search() const {
    return std::min<std::size_t>(most_searched, static_cast<std::size_t>(share(search_share) / least_search_time));
  }
  Ns search_time_after(std::size_t models) const { return share(search_share) / static_cast<std::int64_t>(models); }

  const SweepArguments& run() const { return run_; }

 private:
  Ns share(double of) const { return Ns(std::llround(static_cast<double>(time_.count()) * of)); }

  // A percentile needs so many requests a trial; where the time does not allow it, it is not known.
  SweepPlan with_requests(SweepPlan plan, Ns time) {
    const double requests = slo_.objectives.empty() ? for_a_p99 : slo_.least_tasks();
    const double window_s = beyond_least * requests / plan.cells.front().load.rate_per_s;
    const Ns window(std::llround(std::min(window_s, 86400.0) * 1e9));
    if (window <= plan.cells.front().load.duration) return plan;
    SweepArguments longer = run_;
    longer.duration = seconds_text(window + 1ms);
    SweepPlan fits = plan_sweep(longer);
    if (fits.expected > time && longer.repetitions > fewest_repetitions) {
      longer.repetitions = fewest_repetitions;
      fits = plan_sweep(longer);
    }
    if (fits.expected > time) {
      if (slo_.objectives.empty()) return plan;
      const double needed_s = seconds_to_ask_for(fits.expected, true);
      if (given_ || needed_s > std::chrono::duration<double>(most_unasked_time).count()) {
        throw UsageError(fmt::format(
            "{} needs {} requests in a trial, which take {} at {}/s: give --time {:.0f}s, or name fewer models "
            "with --model",
            slo_.text, human_number(std::ceil(requests)), time_words(window),
            human_number(plan.cells.front().load.rate_per_s), needed_s));
      }
      time_ = Ns(std::llround(needed_s * 1e9));
    }
    run_ = longer;
    return fits;
  }

  [[noreturn]] void refuse(Ns needed, std::size_t cells, bool search_follows) const {
    throw UsageError(fmt::format("--time {} is too short for {}: it takes {:.0f}s at least; name fewer with --model",
                                 arguments_.time, cells == 1 ? "one model" : fmt::format("{} of them", cells),
                                 seconds_to_ask_for(needed, search_follows)));
  }

  // Of the whole, a little more than its trials are expected to take.
  static double seconds_to_ask_for(Ns trials, bool search_follows) {
    return std::ceil(1.05 * std::chrono::duration<double>(trials).count() / (search_follows ? 1 - search_share : 1));
  }

  const AdviceArguments& arguments_;
  SweepArguments run_;
  const Slo& slo_;
  bool given_ = false;
  Ns time_{};
};

void say(const SweepArguments& run, const std::string& text) {
  if (!run.quiet) write_notes(std::vector{text});
}

std::optional<NoiseFloor> noise_floor() {
  const std::string path = noise_floor_path();
  try {
    return path.empty() ? std::nullopt : load_noise_floor(path, host_facts());
  } catch (const std::exception&) {
    return std::nullopt;  // `cbench compare` says what is wrong with it
  }
}

void run_trials(Schedule& schedule, const Slo& slo, AdviceResult& result) {
  const SweepPlan plan = schedule.plan();
  const auto asked_cells = std::ranges::count_if(plan.cells, [](const TrialSpec& cell) { return !cell.unasked; });
  const std::string what = schedule.run().workers.size() > 1
                               ? fmt::format("{} models and numbers of workers", asked_cells)
                               : plural(static_cast<std::uint64_t>(asked_cells), "model");
  say(schedule.run(), fmt::format("{}: {}, {} of each; about {}", result.workload, what,
                                  plural(plan.repetitions, "trial"), time_words(plan.expected)));
  const bool at_rate = result.rate_per_s > 0;
  const SweepResult measured =
      run_sweep(schedule.run(), plan, at_rate && !slo.objectives.empty() ? Histograms::kept : Histograms::merged);
  static_cast<Ending&>(result) = measured;
  std::vector<TrialRecord> records = measured.records;
  if (measured.interrupted != 0 && !records.empty()) records.pop_back();  // that of the trial which was ended
  std::vector<Block> blocks = blocks_of(records);
  if (!blocks.empty()) result.block = std::move(blocks.front());
  const auto floor = noise_floor();
  const NoiseFloor* known = floor ? &*floor : nullptr;
  if (!at_rate) {
    result.advice = advice_on(result.block, known);
    return;
  }
  Asked asked{.slo = slo, .votes = {}, .limits = {}};
  for (const TrialRecord& record : records) asked.add(record);
  for (const Cell& cell : result.block.cells) result.votes.push_back(asked.votes[cell_key(cell.spec)]);
  result.advice = advice_at_rate(result.block, result.votes, slo.text, known);
}

void search(const AdviceArguments& arguments, const std::vector<std::string>& models, Ns time_of_each,
            AdviceResult& result) {
  CapacityArguments capacity{
      .run = arguments.run, .slos = {arguments.slo}, .time = seconds_text(time_of_each), .precision = search_precision};
  capacity.run.models = models;
  capacity.run.rates.clear();
  capacity.run.repetitions = 1;
  result.capacity = measure_capacity(capacity);
  result.interrupted = result.capacity->interrupted;
  result.broke_off = result.capacity->broke_off;
  std::ranges::copy(result.capacity->write_failures, std::back_inserter(result.write_failures));
  for (const CapacityOfModel& model : result.capacity->models) result.rates.push_back(sustained(model));
}

// How much more than the rate those take that serve it, the soonest first.
void search_beyond(const AdviceArguments& arguments, const Schedule& schedule, AdviceResult& result) {
  std::vector<std::string> models;
  std::vector<std::string> left_out;
  std::vector<std::string> serving = result.advice.chosen;
  for (std::size_t i = 0; i < result.block.cells.size(); ++i) {
    const Cell& cell = result.block.cells[i];
    if (serves(cell, result.votes[i]) == Serves::yes && std::ranges::count(serving, cell.label()) == 0) {
      serving.push_back(cell.label());
    }
  }
  for (const std::string& label : serving)
    (models.size() < schedule.most_in_search() ? models : left_out).push_back(label);
  if (!left_out.empty()) {
    result.not_tried.push_back(
        {fmt::format("how far {} {}", list_of(left_out), left_out.size() == 1 ? "goes" : "go"), "cbench capacity"});
  }
  if (models.empty()) return;
  const Ns each = schedule.search_time_after(models.size());
  say(arguments.run, fmt::format("how far they go beyond {}/s: about {}", human_number(result.rate_per_s),
                                 time_words(each * static_cast<std::int64_t>(models.size()))));
  search(arguments, models, each, result);
  const std::string text = head_room(result.rates, result.rate_per_s);
  if (!text.empty()) result.advice.would_change.insert(result.advice.would_change.begin(), text);
}

void check(const AdviceArguments& arguments, const std::vector<WorkloadChoice>& workloads) {
  if (workloads.size() != 1) throw UsageError("advice is on one workload: name one");
  if (arguments.run.rates.size() > 1) {
    throw UsageError(fmt::format("advice is on one rate: give --rate {} or --rate {}", arguments.run.rates[0],
                                 arguments.run.rates[1]));
  }
  if (!arguments.slo.empty() && arguments.run.workers.size() > 1) {
    throw UsageError("with --slo one number of --workers at a time: give one of them");
  }
  if (arguments.run.concurrency.size() > 1) throw UsageError("advice is on one number of tasks in flight (-c)");
  if (writes_to_stdout(arguments.run)) {
    throw UsageError("--output -: the answer goes to standard output; give a file for the records");
  }
}

}  // namespace

bool AdviceResult::any_measured() const {
  const bool any_cell =
      std::ranges::any_of(block.cells, [](const Cell& cell) { return cell.measured() && !cell.spec.unasked; });
  return any_cell || (capacity && std::ranges::any_of(capacity->models, [](const CapacityOfModel& model) {
                        return model.failed.empty();
                      }));
}

AdviceResult advise(const AdviceArguments& given) {
  AdviceArguments arguments = given;
  SweepArguments& run = arguments.run;
  const auto workloads = choose_workloads(run.workloads, run.params);
  check(arguments, workloads);
  if (run.models.empty()) run.models = models_that_fit();
  AdviceResult result;
  result.workload = workloads.front().name();
  Slo slo;
  if (!arguments.slo.empty()) slo = parse_slo(arguments.slo, workloads.front().draw(run.seed, 1));
  result.slo = slo.text;
  const bool one_count = run.workers.size() < 2;
  if (run.workers.empty()) run.workers = {fmt::format("{}", default_worker_counts(host_facts()).back())};
  add_models_left_out(run, result.not_tried);
  Schedule schedule(arguments, slo);
  SweepArguments at_first = run;
  if (run.rates.empty() && !slo.objectives.empty()) at_first.arrivals.clear();  // the search brings tasks that way
  const TrialSpec first = plan_sweep(at_first).cells.front();
  result.host = host_facts();  // as the trials find it: the plan may keep the CPUs awake
  result.host.peers = run.peers;
  if (!run.rates.empty() || slo.objectives.empty()) {
    result.rate_per_s = run.rates.empty() ? 0 : first.load.rate_per_s;
    run_trials(schedule, slo, result);
    add_models_that_failed(result.block.cells, result.not_tried);
    if (result.rate_per_s > 0 && !slo.objectives.empty() && result.interrupted == 0 && result.broke_off.empty()) {
      search_beyond(arguments, schedule, result);
    }
  } else {
    const std::size_t models = choose_models(run.models).size();
    const Ns each = schedule.search_time(models);
    say(run, fmt::format("{}: the capacity of {} under {}; about {}", result.workload, plural(models, "model"),
                         slo.text, time_words(each * static_cast<std::int64_t>(models))));
    search(arguments, run.models, each, result);
    result.advice = advice_on_capacity(result.rates, slo.text);
    for (const CapacityOfModel& model : result.capacity->models) {
      if (!model.failed.empty()) result.not_tried.push_back({model.label, model.failed});
    }
  }
  add_what_else(result, first, one_count, result.not_tried);
  return result;
}

}  // namespace cbench
