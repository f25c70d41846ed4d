// What this host makes of the same cell measured again later: the difference below which no difference means anything.
// `cbench aa` measures it, session by session; `cbench compare` asks it for as many repetitions as it has.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/findings/comparison/metric.hpp"
#include "reports/stats/session_noise.hpp"

namespace cbench {

// The repetitions of one cell in one session.
struct NoiseSession {
  std::string started_at;  // UTC, ISO 8601, of its first trial
  std::vector<double> values;
};

// Of one cell, by one metric.
struct NoiseFloorEntry {
  std::string model;
  std::string workload;
  std::string load;  // load_text()
  std::uint32_t workers = 0;
  double window_s = 0;                 // that was asked for; 0 of fixed work
  std::string metric;                  // the column's name
  std::vector<NoiseSession> sessions;  // the oldest first

  std::optional<SessionNoise> noise() const;
};

struct NoiseFloor {
  HostFacts host;
  std::vector<NoiseFloorEntry> entries;

  // Of the same cell where it was measured over the same window: a longer one scatters less. Else of the cell that is
  // in the middle by its noise, among those of the same workload and window; of this window; of the same workload; of
  // all. Nothing where the metric was not measured in enough sessions.
  std::optional<SessionNoise> of(const TrialSpec& spec, const Metric& metric) const;

  std::size_t sessions() const;       // of the cell that has the most
  std::string first_session() const;  // UTC, ISO 8601; empty where there is none
  std::string last_session() const;
};

inline constexpr std::size_t most_sessions_kept = 50;  // of a cell: the latest

// Adds what one session measured, by every metric given. Trials that are not ok do not count.
void add_session(NoiseFloor& floor, std::span<const TrialRecord> records, std::span<const Metric> metrics);

}  // namespace cbench
