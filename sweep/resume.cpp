#include "sweep/resume.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <limits>
#include <set>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/host.hpp"
#include "record/cell_key.hpp"
#include "record/cell_label.hpp"
#include "record/comparability.hpp"
#include "reports/files/formats.hpp"
#include "sweep/program_facts.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

// Of the options that are given: what is to be changed so that the plan is that of the file.
struct Difference {
  std::string on_file;
  std::string planned;
};

// In what a trial on file is not a repetition of a planned cell, the greatest difference first.
std::vector<Difference> differences_of(const TrialSpec& on_file, const TrialSpec& planned) {
  std::vector<Difference> found;
  const auto add = [&](const std::string& name, const std::string& a, const std::string& b) {
    if (a != b) found.push_back({fmt::format("{} {}", name, a), fmt::format("{} {}", name, b)});
  };
  const CellKey a = cell_key(on_file);
  const CellKey b = cell_key(planned);
  add("the workload", a.work.workload, b.work.workload);
  add("the model", a.model, b.model);
  const auto or_none = [](const TextMap& map) { return map.empty() ? "none" : map_text(map); };
  add("parameters", or_none(a.work.parameters), or_none(b.work.parameters));
  add("settings", or_none(a.settings), or_none(b.settings));
  add("a load that is", std::string(name_of(a.load.kind)), std::string(name_of(b.load.kind)));
  add("--tasks", fmt::format("{}", a.load.tasks), fmt::format("{}", b.load.tasks));
  add("--rate", fmt::format("{}", a.load.rate_per_s), fmt::format("{}", b.load.rate_per_s));
  add("--arrivals", a.load.poisson ? "poisson" : "constant", b.load.poisson ? "poisson" : "constant");
  add("--late", a.load.shed ? "shed" : "wait", b.load.shed ? "shed" : "wait");
  add("--concurrency", fmt::format("{}", a.load.concurrency), fmt::format("{}", b.load.concurrency));
  add("--workers", fmt::format("{}", a.workers), fmt::format("{}", b.workers));
  const auto add_time = [&](const std::string& name, std::chrono::nanoseconds x, std::chrono::nanoseconds y) {
    const bool reads_alike = x != y && format_duration(x) == format_duration(y);
    const auto text = [&](auto time) {
      return reads_alike ? fmt::format("{}ns", time.count()) : format_duration(time);
    };
    add(name, text(x), text(y));
  };
  add_time("--duration", a.load.duration, b.load.duration);
  add_time("--warmup", a.load.warmup, b.load.warmup);
  return found;
}

[[noreturn]] void of_another_plan(const std::string& path, const TrialRecord& record, const Difference& difference) {
  throw UsageError(fmt::format(
      "--resume: {} is of another plan: it holds a trial of {} on {} (repetition {}) with {}, and this plan has {}; "
      "give "
      "the options of the first run, or another file",
      path, record.spec.model, record.spec.workload, record.spec.repetition, difference.on_file, difference.planned));
}

// Of a trial of none of the cells, of which there are some: the greatest difference from that which it differs from in
// the fewest.
Difference difference_from(const std::vector<TrialSpec>& cells, const TrialSpec& on_file) {
  std::vector<Difference> fewest;
  for (const TrialSpec& cell : cells) {
    std::vector<Difference> differences = differences_of(on_file, cell);
    if (fewest.empty() || differences.size() < fewest.size()) fewest = std::move(differences);
  }
  return fewest.empty() ? Difference{"values", "others that read alike"} : fewest.front();
}

using CellKeys = std::unordered_set<CellKey>;

// Throws UsageError where the record is of no trial of the plan.
void check_planned(const std::string& path, const TrialRecord& record, const SweepPlan& plan, const CellKeys& cells,
                   const HostFacts& host) {
  const TrialSpec& spec = record.spec;
  if (!cells.contains(cell_key(spec))) of_another_plan(path, record, difference_from(plan.cells, spec));
  const std::uint32_t most = plan.precision.asked() ? plan.precision.max_repetitions : plan.repetitions;
  if (spec.repetition > most) {
    of_another_plan(path, record, {fmt::format("repetition {}", spec.repetition), fmt::format("{} of them", most)});
  }
  if (const std::uint64_t seed = plan.seed + spec.repetition - 1; spec.seed != seed) {
    of_another_plan(path, record, {fmt::format("seed {}", spec.seed), fmt::format("seed {} for it", seed)});
  }
  if (!is_finding(record.status)) return;  // it is run again, here
  std::vector<FactDifference> facts = differences(record.host, host);
  if (facts.empty()) facts = differences(record.build, build_of_this_program());
  if (facts.empty()) return;
  throw UsageError(fmt::format(
      "--resume: {} was measured on another host or by another build, which is not comparable: {}; give another file",
      path, cbench::text_of(facts.front())));
}

std::set<TrialKey> keys_of(const std::vector<TrialRecord>& records) {
  std::set<TrialKey> keys;
  for (const TrialRecord& record : records) keys.insert(trial_key(record.spec));
  return keys;
}

// The files of results that can be read back, those with histograms first.
std::vector<std::string> files_of(const SweepArguments& arguments) {
  std::vector<std::string> files;
  for (const std::string& path : arguments.outputs) {
    if (path != "-" && can_be_read(path)) files.push_back(path);
  }
  if (files.empty()) {
    throw UsageError(
        "--resume reads what was measured before from the files of --output: give one that can be read "
        "back, -o results.csv or -o results.json");
  }
  std::ranges::stable_partition(files, [](const std::string& path) { return has_extension(path, ".json"); });
  return files;
}

std::vector<TrialRecord> records_of(const std::string& path) {
  std::error_code error;
  if (const auto size = std::filesystem::file_size(path, error); error || size == 0) return {};
  try {
    return read_records(path);
  } catch (const std::exception& bad) {
    throw UsageError(fmt::format("--resume: {}", bad.what()));
  }
}

// What a file holds of the plan, as ok.
struct Held {
  std::string path;
  bool is_new = false;  // it is not there yet, or empty
  std::set<TrialKey> trials;
};

// Throws UsageError where a file lacks trials that another one holds: they are not run again, so it would never get
// them.
void check_files_agree(const std::vector<Held>& files) {
  for (const Held& file : files) {
    for (const Held& other : files) {
      const auto lacking =
          std::ranges::count_if(other.trials, [&](const TrialKey& trial) { return !file.trials.contains(trial); });
      if (lacking == 0) continue;
      const std::string which = fmt::format("--resume: {} lacks {} that {} holds", file.path,
                                            plural(static_cast<std::uint64_t>(lacking), "trial"), other.path);
      if (file.is_new) {
        throw UsageError(
            fmt::format("{}: make it with `cbench convert {} -o {}`, or leave it out", which, other.path, file.path));
      }
      // Those with histograms stand first.
      throw UsageError(fmt::format(
          "{}: go on with one file that holds all of them, as `cbench convert {} {} -o both{}` makes it, or leave {} "
          "out",
          which, std::min(&file, &other)->path, std::max(&file, &other)->path,
          has_extension(files.front().path, ".json") ? ".json" : ".csv", file.path));
    }
  }
}

}  // namespace

std::string resume(SweepPlan& plan, const SweepArguments& arguments) {
  const std::vector<std::string> files = files_of(arguments);
  HostFacts host = host_facts();
  host.peers = arguments.peers;
  CellKeys cells;
  for (const TrialSpec& cell : plan.cells) cells.insert(cell_key(cell));
  std::set<std::string> ids;  // two files may hold the same trial
  std::vector<Held> held;
  for (const std::string& path : files) {
    const std::set<TrialKey> before = keys_of(plan.measured);
    std::vector<TrialRecord> records = records_of(path);
    Held& there = held.emplace_back(Held{.path = path, .is_new = records.empty(), .trials = {}});
    for (TrialRecord& record : records) {
      check_planned(path, record, plan, cells, host);
      if (is_finding(record.status)) there.trials.insert(trial_key(record.spec));
      const bool is_new = record.id.empty() ? !before.contains(trial_key(record.spec)) : ids.insert(record.id).second;
      if (is_finding(record.status) && is_new) plan.measured.push_back(std::move(record));
    }
  }
  check_files_agree(held);
  // The demands that ideals are made of are those of the baseline.
  std::ranges::stable_partition(plan.measured, [](const TrialRecord& record) { return record.spec.is_baseline; });
  const std::set<TrialKey> there = keys_of(plan.measured);
  const std::size_t all = plan.trials.size();
  std::erase_if(plan.trials, [&](const TrialSpec& trial) {
    if (!there.contains(trial_key(trial))) return false;
    plan.expected -= expected_time(trial);
    return true;
  });
  return fmt::format("{} of {} trials are in {} already; {}", all - plan.trials.size(), all, fmt::join(files, ", "),
                     plan.trials.empty()
                         ? "none is left"
                         : fmt::format("{} {} to be run", plan.trials.size(), plan.trials.size() == 1 ? "is" : "are"));
}

}  // namespace cbench
