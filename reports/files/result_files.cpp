#include "reports/files/result_files.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <memory_resource>
#include <set>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "record/cell_key.hpp"
#include "record/comparability.hpp"
#include "record/trial_id.hpp"
#include "reports/files/formats.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

// What was asked and what came of it: all that tells trials without an id apart.
std::uint64_t hash_of(const TrialRecord& record) {
  std::uint64_t hash = std::hash<CellKey>{}(cell_key(record.spec));
  const auto mix = [&](std::uint64_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15 + (hash >> 29); };
  for (const std::string* text : {&record.started_at, &record.reason}) mix(std::hash<std::string>{}(*text));
  for (const std::uint64_t number : {record.spec.seed, std::uint64_t{record.spec.repetition}, record.tasks,
                                     record.digest, static_cast<std::uint64_t>(record.status)}) {
    mix(number);
  }
  return hash;
}

// The trials of one host in the files so far, by what they are known by: an id, or where they have none 64 bits out of
// all that their records say, and how many of their like there are before them in their file. The second of one file
// may be the second of another, and is never the first of its own.
class KnownTrials {
 public:
  struct Known {
    std::uint32_t number = 0;  // in the order in which they came
    std::uint32_t file = 0;    // the last one that it stood in, from 1; 0: none did so far
    bool has_histograms = false;
  };

  void begin_file() { alike_.clear(); }

  // What is known of the record's trial.
  Known& look_up(const TrialRecord& record) {
    std::uint64_t name = 0;
    if (record.id.empty()) {
      name = hash_of(record);
      name += 0x9e3779b97f4a7c15 * alike_[name]++;
    } else {
      name = number_of_trial_id(record.id);
    }
    return known_.try_emplace(name, Known{.number = static_cast<std::uint32_t>(known_.size())}).first->second;
  }

 private:
  std::pmr::monotonic_buffer_resource memory_;  // given back as a whole, not in holes between trials that stay
  std::pmr::unordered_map<std::uint64_t, Known> known_{&memory_};
  std::unordered_map<std::uint64_t, std::uint64_t> alike_;  // how many of this file
};

bool has_histograms(const TrialRecord& record) { return record.response.histogram.has_value(); }

// Those of runtimes that both know.
std::vector<FactDifference> differences(const TextMap& base, const TextMap& changed) {
  std::vector<FactDifference> found;
  for (const auto& [name, version] : changed) {
    const auto other = base.find(name);
    if (other != base.end() && other->second != version) found.push_back({"runtime", other->second, version});
  }
  return found;
}

// Facts that are equal are the usual case, and soon compared.
bool is_of(const HostResults& host, const TrialRecord& record) {
  if (!differences(host.runtimes, runtimes_of(record)).empty()) return false;
  if (host.facts == record.host && host.build == record.build) return true;
  return differences(host.facts, record.host).empty() && differences(host.build, record.build).empty();
}

std::vector<FactDifference> differences_of(const HostResults& base, const HostResults& changed) {
  std::vector<FactDifference> found = differences(base.facts, changed.facts);
  std::ranges::move(differences(base.build, changed.build), std::back_inserter(found));
  std::ranges::move(differences(base.runtimes, changed.runtimes), std::back_inserter(found));
  return found;
}

// The CPU, with what tells hosts of that CPU apart.
void name_hosts(std::vector<HostResults>& hosts) {
  std::set<std::string> taken;
  for (HostResults& host : hosts) {
    const std::string cpu = host.facts.cpu_model.empty() ? "unknown CPU" : host.facts.cpu_model;
    host.name = cpu;
    const auto first = std::ranges::find_if(
        hosts, [&](const HostResults& other) { return other.facts.cpu_model == host.facts.cpu_model; });
    if (&*first != &host) {
      std::vector<std::string> parts;
      for (const FactDifference& difference : differences_of(*first, host)) {
        parts.push_back(
            fmt::format("{} {}", difference.fact, difference.changed.empty() ? "none" : difference.changed));
      }
      host.name += fmt::format(" ({})", fmt::join(parts, ", "));
    }
    for (int number = 2; !taken.insert(host.name).second; ++number) host.name = fmt::format("{} #{}", cpu, number);
  }
}

// Every record of a file, which must hold one.
void read_some(const std::string& path, std::vector<std::string>& notes, const TakeTrial& take) {
  bool has_any = false;
  try {
    read_records(path, notes, [&](const TrialRecord& record) {
      has_any = true;
      take(record);
    });
  } catch (const std::runtime_error& error) {
    throw UsageError(error.what());
  }
  if (!has_any) throw UsageError(path + ": no trials in it; was the run interrupted before the first one ended?");
}

}  // namespace

void read_trials(const std::string& path, std::vector<std::string>& notes, const TakeTrial& take) {
  std::unordered_set<std::uint64_t> known;
  read_some(path, notes, [&](const TrialRecord& record) {
    if (record.id.empty() || known.insert(number_of_trial_id(record.id)).second) take(record);
  });
}

Results read_results(std::span<const std::string> files, const TakeResult& take) {
  if (files.empty()) throw UsageError("name a file of results (.csv, .json)");
  Results results;
  std::deque<KnownTrials> known;  // of each host
  for (const std::string& path : files) {
    ResultFile file{.name = path};
    const auto number_of_file = static_cast<std::uint32_t>(results.files.size() + 1);
    for (KnownTrials& of_host : known) of_host.begin_file();
    read_some(path, results.notes, [&](const TrialRecord& record) {
      const auto host =
          std::ranges::find_if(results.hosts, [&](const HostResults& other) { return is_of(other, record); });
      const auto at = static_cast<std::size_t>(host - results.hosts.begin());
      if (host == results.hosts.end()) {
        results.hosts.push_back(
            {.facts = record.host, .build = record.build, .runtimes = {}, .name = "", .differences = {}, .trials = {}});
        known.emplace_back();
      }
      results.hosts[at].runtimes.merge(runtimes_of(record));
      KnownTrials::Known& trial = known[at].look_up(record);
      const std::uint32_t before = std::exchange(trial.file, number_of_file);
      if (before == number_of_file) return;  // a trial that stands twice in one file counts once
      ++file.trials;
      if (before != 0) ++file.repeated;
      if (before != 0 && (trial.has_histograms || !has_histograms(record))) return;
      trial.has_histograms = has_histograms(record);
      take(at, trial.number, record);
    });
    results.files.push_back(std::move(file));
  }
  name_hosts(results.hosts);
  const HostResults& reference = results.hosts.front();
  for (HostResults& host : results.hosts) {
    for (const FactDifference& difference : differences_of(reference, host)) {
      host.differences.push_back(text_of(difference));
    }
  }
  return results;
}

Results read_results(std::span<const std::string> files) {
  std::vector<Trials> of_hosts;
  Results results = read_results(files, [&](std::size_t host, std::size_t number, const TrialRecord& record) {
    if (host == of_hosts.size()) of_hosts.emplace_back();
    if (number == of_hosts[host].size()) {
      of_hosts[host].add(record);
    } else {
      of_hosts[host].replace(number, record);
    }
  });
  for (std::size_t host = 0; host < of_hosts.size(); ++host) results.hosts[host].trials = std::move(of_hosts[host]);
  return results;
}

}  // namespace cbench
