#include "reports/findings/comparison/noise_floor.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include <fmt/format.h>

namespace cbench {
namespace {

// As files have them.
std::string model_on_file(const TrialSpec& spec) {
  std::string label = spec.model;
  for (const auto& [name, value] : spec.settings) label += fmt::format(":{}={}", name, value);
  return label;
}

std::string workload_on_file(const TrialSpec& spec) {
  std::string label = spec.workload;
  for (const auto& [name, value] : spec.parameters) label += fmt::format(":{}={}", name, value);
  return label;
}

double window_of(const TrialSpec& spec) {
  return spec.load.kind == LoadKind::fixed ? 0 : std::chrono::duration<double>(spec.load.duration).count();
}

bool is_of(const NoiseFloorEntry& entry, const TrialSpec& spec, const Metric& metric) {
  return entry.metric == metric.key() && entry.workers == spec.workers && entry.model == model_on_file(spec) &&
         entry.workload == workload_on_file(spec) && entry.load == load_text(spec.load) &&
         entry.window_s == window_of(spec);
}

NoiseFloorEntry& entry_for(NoiseFloor& floor, const TrialSpec& spec, const Metric& metric) {
  const auto found =
      std::ranges::find_if(floor.entries, [&](const NoiseFloorEntry& entry) { return is_of(entry, spec, metric); });
  if (found != floor.entries.end()) return *found;
  return floor.entries.emplace_back(NoiseFloorEntry{.model = model_on_file(spec),
                                                    .workload = workload_on_file(spec),
                                                    .load = load_text(spec.load),
                                                    .workers = spec.workers,
                                                    .window_s = window_of(spec),
                                                    .metric = metric.key(),
                                                    .sessions = {}});
}

// By what two sessions of as many repetitions as by default may differ.
double size_of(const SessionNoise& noise) { return noise.largest_difference(3, 3); }

SessionNoise middle_of(std::vector<SessionNoise> all) {
  std::ranges::sort(all, {}, size_of);
  return all[all.size() / 2];
}

}  // namespace

std::optional<SessionNoise> NoiseFloorEntry::noise() const {
  std::vector<std::vector<double>> values;
  for (const NoiseSession& session : sessions) values.push_back(session.values);
  return session_noise_of(values);
}

void add_session(NoiseFloor& floor, std::span<const TrialRecord> records, std::span<const Metric> metrics) {
  std::map<NoiseFloorEntry*, bool> begun;
  floor.entries.reserve(floor.entries.size() + records.size() * metrics.size());  // what `begun` points at stays there
  for (const TrialRecord& record : records) {
    if (record.status != Status::ok) continue;
    for (const Metric& metric : metrics) {
      const std::optional<double> value = metric.value(record);
      if (!value || *value <= 0) continue;  // 0 is what is not known
      NoiseFloorEntry& entry = entry_for(floor, record.spec, metric);
      if (!begun[&entry]) {
        begun[&entry] = true;
        entry.sessions.push_back({.started_at = record.started_at, .values = {}});
        if (entry.sessions.size() > most_sessions_kept) entry.sessions.erase(entry.sessions.begin());
      }
      NoiseSession& session = entry.sessions.back();
      session.started_at = std::min(session.started_at, record.started_at);
      session.values.push_back(*value);
    }
  }
}

std::optional<SessionNoise> NoiseFloor::of(const TrialSpec& spec, const Metric& metric) const {
  std::array<std::vector<SessionNoise>, 4> others;  // the most alike last
  for (const NoiseFloorEntry& entry : entries) {
    if (entry.metric != metric.key()) continue;
    const std::optional<SessionNoise> noise = entry.noise();
    if (!noise) continue;
    if (is_of(entry, spec, metric)) return noise;
    const bool same_window = entry.window_s == window_of(spec);
    const bool same_workload = entry.workload == workload_on_file(spec);
    others[(same_window ? 2U : 0U) + (same_workload ? 1U : 0U)].push_back(*noise);
  }
  for (std::size_t likeness = others.size(); likeness > 0; --likeness) {
    if (!others[likeness - 1].empty()) return middle_of(std::move(others[likeness - 1]));
  }
  return std::nullopt;
}

std::size_t NoiseFloor::sessions() const {
  std::size_t most = 0;
  for (const NoiseFloorEntry& entry : entries) most = std::max(most, entry.sessions.size());
  return most;
}

std::string NoiseFloor::first_session() const {
  std::string first;
  for (const NoiseFloorEntry& entry : entries) {
    for (const NoiseSession& session : entry.sessions) {
      if (first.empty() || session.started_at < first) first = session.started_at;
    }
  }
  return first;
}

std::string NoiseFloor::last_session() const {
  std::string last;
  for (const NoiseFloorEntry& entry : entries) {
    for (const NoiseSession& session : entry.sessions) last = std::max(last, session.started_at);
  }
  return last;
}

}  // namespace cbench
