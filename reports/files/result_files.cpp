#include "reports/files/result_files.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "record/cell_key.hpp"
#include "record/comparability.hpp"
#include "reports/files/formats.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

// Files of schema version 1 name no trial: there, no two have all of this in common, since two of one cell and seed
// start one after the other.
using TrialKey =
    std::tuple<std::string, CellKey, std::uint64_t, std::uint32_t, std::uint64_t, std::string, std::uint64_t>;

TrialKey key_of(const TrialRecord& record) {
  if (!record.id.empty()) return {record.id, {}, 0, 0, 0, "", 0};
  return {"",           cell_key(record.spec), record.spec.seed, record.spec.repetition,
          record.tasks, record.started_at,     record.digest};
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

std::vector<TrialRecord> records_of(const std::string& path) {
  try {
    std::vector<TrialRecord> records = read_records(path);
    if (!records.empty()) return records;
  } catch (const std::runtime_error& error) {
    throw UsageError(error.what());
  }
  throw UsageError(path + ": no trials in it; was the run interrupted before the first one ended?");
}

}  // namespace

Results read_results(std::span<const std::string> files) {
  if (files.empty()) throw UsageError("name a file of results (.csv, .json)");
  Results results;
  std::vector<std::map<TrialKey, std::size_t>> known;  // of each host: where its trials are
  for (const std::string& path : files) {
    ResultFile file{.name = path};
    for (TrialRecord& record : records_of(path)) {
      ++file.trials;
      auto host = std::ranges::find_if(results.hosts, [&](const HostResults& other) {
        return differences(other.facts, record.host).empty() && differences(other.build, record.build).empty();
      });
      if (host == results.hosts.end()) {
        host = results.hosts.insert(host, {.facts = record.host, .build = record.build});
        known.emplace_back();
      }
      auto& places = known[static_cast<std::size_t>(host - results.hosts.begin())];
      const auto [place, is_new] = places.emplace(key_of(record), host->records.size());
      if (is_new) {
        host->records.push_back(std::move(record));
        continue;
      }
      ++file.repeated;
      TrialRecord& before = host->records[place->second];
      if (!has_histograms(before) && has_histograms(record)) before = std::move(record);
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
