#include "reports/findings/noise_floor.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "record/comparability.hpp"
#include "record/record_json.hpp"
#include "reports/files/file.hpp"
#include "reports/stats/resampling.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

constexpr int format_version = 1;
constexpr int deals = 1000;

std::string label_of(const TrialSpec& spec) {
  std::string label = spec.model;
  for (const auto& [name, value] : spec.settings) label += fmt::format(":{}={}", name, value);
  return label;
}

std::string workload_of(const TrialSpec& spec) {
  std::string label = spec.workload;
  for (const auto& [name, value] : spec.parameters) label += fmt::format(":{}={}", name, value);
  return label;
}

double difference(std::vector<double> a, std::vector<double> b) {
  const double base = median_of(std::move(a));
  return base > 0 ? std::abs(median_of(std::move(b)) / base - 1) : 0;
}

using CellName = std::tuple<std::string, std::string, std::string, std::uint32_t>;

std::map<CellName, std::vector<const TrialRecord*>> cells_of(std::span<const TrialRecord> records) {
  std::map<CellName, std::vector<const TrialRecord*>> cells;
  for (const TrialRecord& record : records) {
    const TrialSpec& spec = record.spec;
    if (record.status == Status::ok) {
      cells[{label_of(spec), workload_of(spec), load_text(spec.load), spec.workers}].push_back(&record);
    }
  }
  return cells;
}

std::vector<double> values_of(const std::vector<const TrialRecord*>& records, const Metric& metric) {
  std::vector<double> values;
  for (const TrialRecord* record : records) {
    if (const auto value = metric.value(*record)) values.push_back(*value);
  }
  return values;
}

Json entry_json(const NoiseFloorEntry& entry) {
  return {{"model", entry.model},
          {"workload", entry.workload},
          {"load", entry.load},
          {"workers", entry.workers},
          {"metric", entry.metric},
          {"relative", entry.relative},
          {"repetitions", entry.repetitions}};
}

NoiseFloorEntry entry_from(const Json& json) {
  return {.model = json.at("model"),
          .workload = json.at("workload"),
          .load = json.at("load"),
          .workers = json.at("workers"),
          .metric = json.at("metric"),
          .relative = json.at("relative"),
          .repetitions = json.at("repetitions")};
}

}  // namespace

double noise_between(std::span<const double> a, std::span<const double> b, std::uint64_t seed) {
  if (a.empty() || b.empty()) return 0;
  std::vector<double> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  Random random(seed);
  std::vector<double> differences;
  for (int deal = 0; deal < deals; ++deal) {
    for (std::size_t i = all.size() - 1; i > 0; --i) std::swap(all[i], all[random.index(i + 1)]);
    const auto half = all.begin() + static_cast<std::ptrdiff_t>(a.size());
    differences.push_back(difference({all.begin(), half}, {half, all.end()}));
  }
  const double seen = difference({a.begin(), a.end()}, {b.begin(), b.end()});
  return std::max(seen, quantile_of(std::move(differences), 0.95));
}

NoiseFloor noise_floor_of(std::span<const TrialRecord> a, std::span<const TrialRecord> b,
                          std::span<const Metric> metrics) {
  NoiseFloor floor;
  const auto cells_a = cells_of(a);
  const auto cells_b = cells_of(b);
  for (const auto& [name, records] : cells_a) {
    const auto other = cells_b.find(name);
    if (other == cells_b.end()) continue;
    floor.host = records.front()->host;
    floor.measured_at = std::max(floor.measured_at, other->second.back()->started_at);
    for (const Metric& metric : metrics) {
      const std::vector<double> values_a = values_of(records, metric);
      const std::vector<double> values_b = values_of(other->second, metric);
      if (values_a.empty() || values_b.empty()) continue;
      const auto& [model, workload, load, workers] = name;
      floor.entries.push_back({.model = model,
                               .workload = workload,
                               .load = load,
                               .workers = workers,
                               .metric = std::string(metric.column->name),
                               .relative = noise_between(values_a, values_b),
                               .repetitions = std::min(values_a.size(), values_b.size())});
    }
  }
  return floor;
}

std::optional<double> NoiseFloor::of(const TrialSpec& spec, const Metric& metric) const {
  std::vector<double> same_workload;
  std::vector<double> all;
  for (const NoiseFloorEntry& entry : entries) {
    if (entry.metric != metric.column->name) continue;
    const bool workload = entry.workload == workload_of(spec);
    if (workload && entry.model == label_of(spec) && entry.load == load_text(spec.load) &&
        entry.workers == spec.workers) {
      return entry.relative;
    }
    if (workload) same_workload.push_back(entry.relative);
    all.push_back(entry.relative);
  }
  if (all.empty()) return std::nullopt;
  return median_of(same_workload.empty() ? std::move(all) : std::move(same_workload));
}

std::string noise_floor_path() {
  // An XDG folder that is not absolute is to be passed over (XDG Base Directory Specification).
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return std::string(state) + "/cbench/noise-floor.json";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.local/state/cbench/noise-floor.json";
  return "";
}

void store_noise_floor(const NoiseFloor& floor, const std::string& path) {
  if (path.empty()) throw std::runtime_error("no place for the noise floor: neither XDG_STATE_HOME nor HOME is set");
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) throw std::runtime_error(fmt::format("{}: {}", path, error.message()));
  Json entries = Json::array();
  for (const NoiseFloorEntry& entry : floor.entries) entries.push_back(entry_json(entry));
  const Json json{{"noise_floor_version", format_version},
                  {"measured_at", floor.measured_at},
                  {"host", host_to_json(floor.host)},
                  {"entries", std::move(entries)}};
  // Beside it and moved into its place: a full disk must not cost the one that is there.
  const std::string beside = path + ".new";
  {
    const File file = open_file(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (const int failed = write_all(file.descriptor(), json.dump(1) + '\n')) {
      std::filesystem::remove(beside, error);
      throw std::runtime_error(fmt::format("{}: {}", path, words_for_write_error(failed)));
    }
  }
  std::filesystem::rename(beside, path, error);
  if (error) throw std::runtime_error(fmt::format("{}: {}", path, error.message()));
}

std::optional<NoiseFloor> load_noise_floor(const std::string& path, const HostFacts& host) {
  if (path.empty() || !std::filesystem::exists(path)) return std::nullopt;
  const Json json = parse_json(read_file(path), path);
  try {
    if (json.at("noise_floor_version") != format_version) return std::nullopt;
    NoiseFloor floor{
        .host = host_from_json(json.at("host"), "host"), .measured_at = json.at("measured_at"), .entries = {}};
    if (!differences(floor.host, host).empty()) return std::nullopt;
    for (const Json& entry : json.at("entries")) floor.entries.push_back(entry_from(entry));
    return floor;
  } catch (const Json::exception& error) {
    throw std::runtime_error(
        fmt::format("{}: not a noise floor of cbench ({}); remove it and run cbench aa", path, error.what()));
  }
}

}  // namespace cbench
