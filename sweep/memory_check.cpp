#include "sweep/memory_check.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "harness/host.hpp"
#include "harness/peer_process.hpp"
#include "record/cell_key.hpp"
#include "record/cell_label.hpp"
#include "sweep/program_facts.hpp"
#include "sweep/progress.hpp"
#include "sweep/trial_run.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t most_likely_bytes = 64'000;  // for a task in flight; hardly a model takes more
constexpr std::uint32_t fewest_sampled = 1'000;      // of fewer the allocator's own steps are the larger part
constexpr std::uint32_t most_sampled = 20'000;
constexpr int most_tries = 3;

double kept_by_all(const MemorySample& sample) {
  return std::max(0.0, static_cast<double>(sample.bytes) - sample.bytes_per_task * sample.concurrency);
}

// The most that a few trials took. A machine in use may leave so short a trial without a task that finished, but what
// its tasks held while they were in flight is known all the same.
MemorySample sample_of(const TrialSpec& cell, const KnownWork& known, const TrialSetting& setting) {
  MemorySample most;
  for (int tries = 0; tries < most_tries; ++tries) {
    const TrialRecord record = run_one_trial(sample_trial(cell, known.work.waiting()), known, setting);
    if (record.bytes_per_task >= most.bytes_per_task) {
      most = {.concurrency = record.spec.load.concurrency,
              .bytes = record.peak_rss_bytes + record.peak_kernel_bytes,
              .bytes_per_task = record.bytes_per_task};
    }
    if (record.status == Status::ok) break;
  }
  return most;
}

}  // namespace

std::uint64_t memory_at(const MemorySample& sample, std::uint32_t concurrency) {
  return static_cast<std::uint64_t>(kept_by_all(sample) + sample.bytes_per_task * concurrency);
}

std::uint32_t concurrency_that_fits(const MemorySample& sample, std::uint64_t bytes) {
  const double room = static_cast<double>(bytes) - kept_by_all(sample);
  if (room <= 0 || sample.bytes_per_task <= 0) return 0;
  const double count = std::min(room / sample.bytes_per_task, 4e9);
  if (count < 1) return 0;
  const double step = std::pow(10.0, std::max(0.0, std::floor(std::log10(count)) - 1));
  return static_cast<std::uint32_t>(std::floor(count / step) * step);
}

std::vector<TrialSpec> cells_to_doubt(const std::vector<TrialSpec>& trials) {
  std::map<std::tuple<WorkKey, std::string, TextMap>, TrialSpec> largest;
  for (const TrialSpec& trial : trials) {
    const bool fits =
        trial.max_memory_bytes == 0 || trial.load.concurrency * most_likely_bytes <= trial.max_memory_bytes;
    if (fits || trial.load.concurrency <= fewest_sampled) continue;
    const auto [at, is_new] = largest.emplace(std::tuple{cell_key(trial).work, trial.model, trial.settings}, trial);
    if (!is_new && trial.load.concurrency > at->second.load.concurrency) at->second = trial;
  }
  std::vector<TrialSpec> out;
  for (auto& [key, trial] : largest) out.push_back(std::move(trial));
  return out;
}

TrialSpec sample_trial(TrialSpec cell, std::chrono::nanoseconds waiting) {
  const std::uint32_t all = cell.load.concurrency;
  cell.load = {.kind = LoadKind::closed,
               .concurrency = std::min(all, std::clamp(all / 50, fewest_sampled, most_sampled)),
               .warmup = 10ms,
               .duration = std::max<std::chrono::nanoseconds>(200ms, waiting + waiting / 2)};
  cell.deadline = 10s + 10 * waiting;
  return cell;
}

std::string why_too_large(const TrialSpec& cell, const MemorySample& sample) {
  const std::uint64_t needed = memory_at(sample, cell.load.concurrency);
  if (needed <= cell.max_memory_bytes) return "";
  std::string text = fmt::format(
      "{} with {} tasks in flight would take about {} ({} a task, as a trial of {} took), and a trial may take {} "
      "(--max-memory)",
      label_of(cell), human_count(cell.load.concurrency), human_bytes(static_cast<double>(needed)),
      human_bytes(sample.bytes_per_task), human_count(sample.concurrency),
      human_bytes(static_cast<double>(cell.max_memory_bytes)));
  const std::uint32_t fitting = concurrency_that_fits(sample, cell.max_memory_bytes);
  return text + (fitting > 0 ? fmt::format("; --concurrency {} would fit", fitting) : "; leave that model out");
}

void check_memory(const SweepArguments& arguments, const SweepPlan& plan) {
  const std::vector<TrialSpec> doubtful = cells_to_doubt(plan.trials);
  if (doubtful.empty()) return;
  Progress progress(!arguments.quiet);
  KnownWorks works;
  std::optional<PeerProcess> peer;
  const HostFacts host = host_facts();
  const BuildFacts build = build_of_this_program();
  for (const TrialSpec& cell : doubtful) {
    TrialSetting setting{.host = host, .build = build};
    take_command(cell, setting);
    setting.look = [&]() -> std::string {
      progress.show({.text = fmt::format("looking how much memory {} takes", label_of(cell))});
      return "";
    };
    const KnownWork& known = works.of(cell);
    if (known.work.lanes() > 0 && !peer) peer.emplace(arguments.peer_port, "/proc/self/exe", 10s, arguments.peers);
    setting.peer = peer ? &*peer : nullptr;
    const std::string why = why_too_large(cell, sample_of(cell, known, setting));
    if (!why.empty()) throw UsageError(why);
  }
}

}  // namespace cbench
