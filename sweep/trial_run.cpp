#include "sweep/trial_run.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "harness/arrivals.hpp"
#include "harness/clock.hpp"
#include "record/trial_id.hpp"
#include "sweep/catalogue/catalogue.hpp"
#include "sweep/catalogue/command.hpp"
#include "sweep/plan/choice.hpp"
#include "sweep/plan/load_choice.hpp"
#include "text/fitted.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

// How long after its window an open load goes on for those that arrived within it: where a model keeps up, far longer
// than they take, and longer than the longest. What computes may find others before it, and be slower in another
// language; but the trial has its time limit.
std::chrono::nanoseconds drain_time(const KnownWork& known, bool native) {
  double longest_us = 0;
  for (const Demand& one : known.least.scripts) longest_us = std::max(longest_us, one.cpu_us);
  const double computing_us = std::min((native ? 5 : 50) * longest_us, 10e6);
  return 1s + std::max<std::chrono::nanoseconds>(5 * known.work.waiting(), longest_wait(known.work) * 3 / 2) +
         std::chrono::nanoseconds(std::llround(computing_us * 1000));
}

// Of the trial's id, which is drawn anew for each: no child can know it beforehand.
std::uint64_t draw_digest_salt() { return std::stoull(draw_trial_id(), nullptr, 16); }

// Of variables that nobody but the user has set, and the runtime obeys.
std::vector<std::string> warnings_on_environment(const Manifest& manifest) {
  constexpr std::size_t most_shown = 60;
  std::vector<std::string> warnings;
  for (const std::string& name : manifest.obeys) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0' || manifest.environment.contains(name)) continue;
    warnings.push_back(
        fmt::format("{}={} of your environment changes how its runtime runs", name, shortened(value, most_shown)));
  }
  return warnings;
}

std::string now_utc() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace

const KnownWork& KnownWorks::of(const TrialSpec& spec) {
  const std::tuple key(cell_key(spec).work, spec.seed, spec.workers);
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  Work work = workload_of(spec).draw(spec.seed, spec.workers);
  const LeastDemand least = least_demand(work);
  return known_.emplace(key, KnownWork{std::move(work), least}).first->second;
}

void take_command(const TrialSpec& spec, TrialSetting& setting) {
  const ModelEntry* entry = catalogue().find(spec.model);
  const auto command = entry == nullptr ? std::nullopt : entry->command(spec.settings, spec.workers);
  if (!command) return;
  setting.command = command->arguments;
  setting.folder = command->folder;
  setting.environment = environment_with(command->environment);
  setting.housekeepers = {.compiler = entry->of->manifest.compiler_threads,
                          .collector = entry->of->manifest.collector_threads};
  setting.warnings = warnings_on_environment(entry->of->manifest);
}

TrialRecord failed_record(TrialSpec spec, const TrialSetting& setting, std::string reason) {
  TrialRecord record{
      .id = draw_trial_id(), .spec = std::move(spec), .status = Status::failed, .reason = std::move(reason)};
  record.started_at = now_utc();
  record.host = setting.host;
  record.build = setting.build;
  return record;
}

TrialRecord run_one_trial(TrialSpec spec, const KnownWork& known, const TrialSetting& setting) {
  TrialCircumstances circumstances{
      .id = draw_trial_id(), .started_at = now_utc(), .host = setting.host, .build = setting.build, .peer = {}};
  bool is_watched = false;
  const bool asks_peer = setting.peer != nullptr && known.work.lanes() > 0;
  if (asks_peer) {
    spec.peer_port = setting.peer->port();
    spec.peer_pid = setting.peer->pid();
    // Of fixed work every reply counts, also those before the parent hears of the window.
    is_watched = spec.load.kind == LoadKind::fixed;
    if (is_watched) setting.peer->watch();
  }
  const TrialOrder order{
      .trial = circumstances.id,
      .model = spec.model,
      .settings = spec.settings,
      .workers = spec.workers,
      .seed = spec.seed,
      .load = spec.load,
      .most_warmup = spec.load.warmup + spec.load.duration,
      .open = {.seed_of_arrivals = seed_of_arrivals(spec.seed), .drain = drain_time(known, spec.runtime_name.empty())},
      .work = known.work,
      .peer_port = spec.peer_port,
      .clock = ticks::source(),
      // A native child, whose code is this program's, holds each task against its digest itself.
      .digest_salt = spec.runtime_name.empty() ? 0 : draw_digest_salt()};
  const TrialOutcome outcome = run_trial(order, {.command = setting.command,
                                                 .folder = setting.folder,
                                                 .environment = setting.environment,
                                                 .deadline = spec.deadline,
                                                 .max_memory_bytes = spec.max_memory_bytes,
                                                 .peer_pid = spec.peer_pid,
                                                 .housekeepers = setting.housekeepers,
                                                 .look = setting.look,
                                                 .window = [&](const WindowEvent& window) {
                                                   if (asks_peer && window.end_ns) {
                                                     setting.peer->watch(window.begin_ns, *window.end_ns);
                                                     is_watched = true;
                                                   }
                                                 }});
  // Where no window was set they are those of a trial before; of fixed work that never began, of none.
  if (is_watched && outcome.window) circumstances.peer = setting.peer->counts();
  TrialRecord record = completed_record(spec, known, outcome, circumstances);
  record.warnings.insert(record.warnings.end(), setting.warnings.begin(), setting.warnings.end());
  return record;
}

}  // namespace cbench
