#include "cmd/aa.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cmd/run.hpp"
#include "cmd/trial_options.hpp"
#include "harness/host.hpp"
#include "reports/findings/comparison/metric.hpp"
#include "reports/findings/comparison/noise_floor.hpp"
#include "reports/findings/comparison/noise_floor_file.hpp"
#include "sweep/plan/plan.hpp"
#include "sweep/run_sweep.hpp"
#include "text/fitted.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::array<const char*, 5> metric_names_kept{"throughput", "p50", "p99", "cpu", "memory"};

struct AaArguments {
  SweepArguments run;
  std::uint32_t sessions = 6;
  std::string pause = "30s";
  bool fresh = false;  // forget what is stored
};

void check(const AaArguments& arguments) {
  if (arguments.run.repetitions < 2) {
    throw UsageError("--repetitions must be at least 2: they tell the scatter within a session from the drift between");
  }
  if (arguments.sessions == 0) throw UsageError("--sessions must be at least 1");
  if (writes_to_stdout(arguments.run)) {
    throw UsageError("--output -: the noise floor is printed on standard output; name a file");
  }
}

// Says which trial failed. Returns whether one did.
bool is_spoilt(const SweepResult& measured) {
  const auto failed =
      std::ranges::find_if(measured.records, [](const TrialRecord& r) { return r.status != Status::ok; });
  if (failed == measured.records.end()) return false;
  write_note(fmt::format("this session is not stored, since {} on {} {}: {}", failed->spec.model, failed->spec.workload,
                         name_of(failed->status), failed->reason));
  return true;
}

// Throws UsageError where the sessions that are stored are of another host than this one is now, and storing would lose
// them.
void check_stored_sessions(const std::string& path, const HostFacts& host) {
  const StoredNoiseFloor stored = read_noise_floor(path, host);
  if (stored.unusable.empty()) return;
  throw UsageError(
      fmt::format("{} has sessions to which these cannot be added, since {}; --fresh forgets them, and another "
                  "XDG_STATE_HOME keeps both",
                  path, stored.unusable));
}

int aa_command(const AaArguments& arguments) {
  check(arguments);
  const auto pause = parse_duration(arguments.pause, "--pause");
  const std::string path = noise_floor_path();
  if (path.empty()) throw UsageError("set HOME or XDG_STATE_HOME: the noise floor is stored below it");
  const SweepPlan plan = plan_sweep(arguments.run);
  std::vector<Metric> metrics;
  for (const char* name : metric_names_kept) metrics.push_back(metric_named(name));
  HostFacts host = host_facts();  // after the plan, which may keep the CPUs awake
  host.peers = arguments.run.peers;
  if (!arguments.fresh) check_stored_sessions(path, host);
  NoiseFloor floor;
  bool complete = true;  // every file of results has every record
  for (std::uint32_t session = 1; session <= arguments.sessions; ++session) {
    if (session > 1) std::this_thread::sleep_for(pause);
    if (!arguments.run.quiet) write_note(fmt::format("session {} of {}", session, arguments.sessions));
    const SweepResult measured = run_sweep(arguments.run, plan, Histograms::dropped);
    write_notes(measured.troubles());
    complete = complete && measured.write_failures.empty();
    if (measured.interrupted != 0 || !measured.broke_off.empty()) return measured.exit_code();
    if (is_spoilt(measured)) return 1;
    // Others may have added sessions of theirs meanwhile.
    floor = update_noise_floor(path, host, arguments.fresh && session == 1 ? Stored::forgotten : Stored::kept,
                               [&](NoiseFloor& stored) { add_session(stored, measured.records, metrics); });
  }
  write_out(noise_floor_text(floor, arguments.run.repetitions));
  write_note(fmt::format("stored in {}, for cbench compare", path));
  return complete ? 0 : 1;
}

}  // namespace

std::string noise_floor_text(const NoiseFloor& floor, std::size_t repetitions) {
  constexpr std::size_t many = 10;
  const auto size = [](const SessionNoise& noise, std::size_t count) {
    return human_percent(noise.largest_difference(count, count));
  };
  std::string text;
  std::string cell_before;
  for (const NoiseFloorEntry& entry : floor.entries) {
    const std::string cell = fmt::format("{} on {}, {}, {}, {}:", entry.model, entry.workload, entry.load,
                                         plural(entry.workers, "worker"), plural(entry.sessions.size(), "session"));
    if (cell != cell_before) {
      text +=
          fmt::format("{}{}\n  {:<18} {:>9} {:>9} {:>9}\n", text.empty() ? "" : "\n", cell, "",
                      fmt::format("{} v {}", repetitions, repetitions), fmt::format("{} v {}", many, many), "drift");
    }
    cell_before = cell;
    if (const auto noise = entry.noise()) {
      text += fmt::format("  {:<18} {:>9} {:>9} {:>9}\n", entry.metric, size(*noise, repetitions), size(*noise, many),
                          human_percent(noise->drift_deviation()));
    } else {
      text += fmt::format("  {:<18} needs {} sessions\n", entry.metric, fewest_sessions);
    }
  }
  const std::string legend = fmt::format(
      "Of the differences between two sessions of the same cell, with {} repetitions a side and with {}, 95 % stay "
      "below "
      "these; the drift is the standard deviation between sessions alone. Sessions from {} to {}.",
      repetitions, many, floor.first_session(), floor.last_session());
  return text + '\n' + paragraph(legend, terminal_width(stdout));
}

void add_aa_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<AaArguments>();
  CLI::App* aa = app.add_subcommand("aa", "Measure this host's noise floor: the same cells against themselves");
  add_measuring_options(*aa, arguments->run);
  aa->add_option("--sessions", arguments->sessions,
                 "Sessions, each with all repetitions in random order; they are added to those that are stored")
      ->capture_default_str()
      ->type_name("N");
  aa->add_option("--pause", arguments->pause, "Time between sessions: drift that takes longer is not seen")
      ->capture_default_str()
      ->type_name("TIME");
  aa->add_flag("--fresh", arguments->fresh, "Forget the sessions that are stored");
  aa->footer(
      "95 % of the differences between two sessions of the same cell stay below its noise. cbench compare calls "
      "nothing "
      "a regression that is smaller. What is compared days apart needs sessions of several days: run it again then.\n"
      "Example:\n"
      "  cbench aa --model pool,fibers --workload io,cpu --pause 5min");
  aa->callback([arguments, &exit_code] { exit_code = aa_command(*arguments); });
}

}  // namespace cbench
