#include "reports/files/result_files.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string_view>
#include <tuple>
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
auto facts_of(const TrialRecord& record) {
  return std::tuple(cell_key(record.spec), record.spec.seed, record.spec.repetition, record.tasks,
                    std::string_view(record.started_at), record.digest, record.status, std::string_view(record.reason));
}

// The same where the facts are, and rarely otherwise.
std::size_t hash_of(const TrialRecord& record) {
  std::size_t hash = 0;
  const auto mix = [&](std::size_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15 + (hash >> 29); };
  for (const std::string* text : {&record.spec.model, &record.spec.workload, &record.started_at, &record.reason}) {
    mix(std::hash<std::string>{}(*text));
  }
  for (const std::uint64_t number : {std::uint64_t{record.spec.workers}, std::uint64_t{record.spec.load.concurrency},
                                     record.spec.seed, std::uint64_t{record.spec.repetition}, record.tasks}) {
    mix(number);
  }
  return hash;
}

// The trials of one host in the files so far, by what they are known by: where their records are. Of those without an
// id the second in one file may be the second in another, and is never the first of its own.
class KnownTrials {
 public:
  void begin_file() { seen_.clear(); }

  // Where the trial of the record is among `records`; their end where it is not there yet, and is about to be.
  std::size_t place_of(const TrialRecord& record, const std::vector<TrialRecord>& records) {
    if (!record.id.empty()) return by_id_.try_emplace(number_of_trial_id(record.id), records.size()).first->second;
    const std::size_t hash = hash_of(record);
    std::vector<std::size_t>& places = by_facts_[hash];
    const std::size_t nth = seen_[hash]++;
    if (nth < places.size() && facts_of(records[places[nth]]) == facts_of(record)) return places[nth];
    places.push_back(records.size());
    return records.size();
  }

 private:
  std::unordered_map<std::uint64_t, std::size_t> by_id_;
  std::unordered_map<std::size_t, std::vector<std::size_t>> by_facts_;
  std::unordered_map<std::size_t, std::size_t> seen_;  // how many of this file
};

bool is_of_one_host(std::span<const TrialRecord> records) {
  return std::ranges::all_of(records,
                             [&](const TrialRecord& record) { return differences(records.front(), record).empty(); });
}

bool has_histograms(const TrialRecord& record) { return record.response.histogram.has_value(); }

std::vector<FactDifference> differences_of(const HostResults& base, const HostResults& changed) {
  std::vector<FactDifference> found = differences(base.facts, changed.facts);
  std::ranges::move(differences(base.build, changed.build), std::back_inserter(found));
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

}  // namespace

std::vector<TrialRecord> read_trials(const std::string& path, std::vector<std::string>& notes) {
  std::vector<TrialRecord> records;
  try {
    records = read_records(path, notes);
  } catch (const std::runtime_error& error) {
    throw UsageError(error.what());
  }
  if (records.empty())
    throw UsageError(path + ": no trials in it; was the run interrupted before the first one ended?");
  std::vector<std::uint64_t> ids;
  for (const TrialRecord& record : records) {
    if (!record.id.empty()) ids.push_back(number_of_trial_id(record.id));
  }
  std::ranges::sort(ids);
  if (std::ranges::adjacent_find(ids) == ids.end()) return records;
  std::unordered_set<std::uint64_t> known;
  std::erase_if(records, [&](const TrialRecord& record) {
    return !record.id.empty() && !known.insert(number_of_trial_id(record.id)).second;
  });
  return records;
}

Results read_results(std::span<const std::string> files) {
  if (files.empty()) throw UsageError("name a file of results (.csv, .json)");
  Results results;
  std::vector<KnownTrials> known;  // of each host
  for (const std::string& path : files) {
    ResultFile file{.name = path};
    std::vector<TrialRecord> of_file = read_trials(path, results.notes);
    file.trials = of_file.size();
    if (files.size() == 1 && is_of_one_host(of_file)) {  // nothing to put together: they stay where they are
      results.hosts.push_back({.facts = of_file.front().host,
                               .build = of_file.front().build,
                               .name = "",
                               .differences = {},
                               .records = {}});
      results.hosts.back().records = std::move(of_file);
      of_file.clear();
    }
    for (KnownTrials& of_host : known) of_host.begin_file();
    for (TrialRecord& record : of_file) {
      const auto host = std::ranges::find_if(results.hosts, [&](const HostResults& other) {
        return differences(other.facts, record.host).empty() && differences(other.build, record.build).empty();
      });
      const auto at = static_cast<std::size_t>(host - results.hosts.begin());
      if (host == results.hosts.end()) {
        results.hosts.push_back({.facts = record.host, .build = record.build});
        known.emplace_back();
      }
      std::vector<TrialRecord>& records = results.hosts[at].records;
      const std::size_t place = known[at].place_of(record, records);
      if (place == records.size()) {
        records.push_back(std::move(record));
        continue;
      }
      ++file.repeated;
      if (!has_histograms(records[place]) && has_histograms(record)) records[place] = std::move(record);
    }
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

}  // namespace cbench
