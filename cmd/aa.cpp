#include "cmd/aa.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cmd/run.hpp"
#include "reports/findings/metric.hpp"
#include "reports/findings/noise_floor.hpp"
#include "sweep/plan.hpp"
#include "sweep/run_sweep.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::uint32_t least_repetitions = 4;  // two a side
constexpr std::array<const char*, 5> metric_names_kept{"throughput", "p50", "p99", "cpu", "memory"};

// Repetitions are rounds of one shuffled sweep: every other round makes one of the two measurements, so that what
// drifts on the machine hits both.
std::pair<std::vector<TrialRecord>, std::vector<TrialRecord>> two_sides(const std::vector<TrialRecord>& records) {
  std::pair<std::vector<TrialRecord>, std::vector<TrialRecord>> sides;
  for (const TrialRecord& record : records) {
    (record.spec.repetition % 2 == 1 ? sides.first : sides.second).push_back(record);
  }
  return sides;
}

// A line a cell: "pool on cpu, closed, 64 in flight, 2 workers: throughput_per_s 1.2%, ...".
std::string text_of(const NoiseFloor& floor) {
  std::string text;
  std::string cell_before;
  for (const NoiseFloorEntry& entry : floor.entries) {
    const std::string cell = fmt::format("{} on {}, {}, {} worker{}:", entry.model, entry.workload, entry.load,
                                         entry.workers, entry.workers == 1 ? "" : "s");
    if (cell != cell_before) text += (text.empty() ? "" : "\n") + cell + "\n";
    text += fmt::format("  {:<18} {:>6.1f}%\n", entry.metric, entry.relative * 100);
    cell_before = cell;
  }
  return text;
}

int aa_command(const SweepArguments& arguments) {
  if (arguments.repetitions < least_repetitions) {
    throw UsageError(fmt::format("--repetitions must be at least {}: they are dealt to two sides", least_repetitions));
  }
  const std::string path = noise_floor_path();
  if (path.empty()) throw UsageError("set HOME or XDG_STATE_HOME: the noise floor is stored below it");
  const SweepResult measured = run_sweep(arguments, plan_sweep(arguments), Histograms::kept);
  write_notes(measured.troubles());
  if (measured.interrupted != 0 || !measured.broke_off.empty()) return measured.exit_code();
  if (!measured.all_ok()) {
    const auto failed = std::find_if(measured.records.begin(), measured.records.end(),
                                     [](const TrialRecord& record) { return record.status != Status::ok; });
    fmt::print(stderr, "cbench: nothing is stored, since {} on {} {}: {}\n", failed->spec.model, failed->spec.workload,
               name_of(failed->status), failed->reason);
    return 1;
  }
  std::vector<Metric> metrics;
  for (const char* name : metric_names_kept) metrics.push_back(metric_named(name));
  const auto [a, b] = two_sides(measured.records);
  NoiseFloor floor = noise_floor_of(a, b, metrics);
  floor.host = measured.records.front().host;
  floor.measured_at = measured.records.front().started_at;
  store_noise_floor(floor, path);
  write_out(text_of(floor));
  fmt::print(stderr, "cbench: stored in {}, for cbench compare\n", path);
  return measured.exit_code();
}

}  // namespace

void add_aa_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<SweepArguments>();
  arguments->repetitions = 10;
  CLI::App* aa = app.add_subcommand("aa", "Measure this host's noise floor: the same cells against themselves");
  add_measuring_options(*aa, *arguments);
  aa->footer(
      "95 % of the differences between two measurements of the same cell stay below its noise. cbench compare calls\n"
      "nothing a regression that is smaller.\n"
      "Example:\n"
      "  cbench aa --model pool,fibers --workload io,cpu --repetitions 10");
  aa->callback([arguments, &exit_code] { exit_code = aa_command(*arguments); });
}

}  // namespace cbench
