// What this host makes of the same cell measured twice: the difference below which no difference means anything.
// `cbench aa` measures and stores it, `cbench compare` asks for it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/findings/metric.hpp"

namespace cbench {

// Of one cell, by one metric.
struct NoiseFloorEntry {
  std::string model;
  std::string workload;
  std::string load;  // load_text()
  std::uint32_t workers = 0;
  std::string metric;           // the column's name
  double relative = 0;          // 95 % of the differences between two measurements were below this
  std::size_t repetitions = 0;  // a side
};

struct NoiseFloor {
  HostFacts host;
  std::string measured_at;  // UTC, ISO 8601
  std::vector<NoiseFloorEntry> entries;

  // Of the same cell where it was measured; else the median of the same workload's; else the median of all; nothing
  // where the metric was never measured.
  std::optional<double> of(const TrialSpec& spec, const Metric& metric) const;
};

// The relative difference between the medians of two sides that holds 95 % of all ways to deal the repetitions of the
// same cell to them, and at least the one that was seen. `a` and `b` are the two measurements.
double noise_between(std::span<const double> a, std::span<const double> b, std::uint64_t seed = 1);

// Cells that stand in both `a` and `b`, by every metric given. Trials that are not ok do not count.
NoiseFloor noise_floor_of(std::span<const TrialRecord> a, std::span<const TrialRecord> b,
                          std::span<const Metric> metrics);

// $XDG_STATE_HOME/cbench/noise-floor.json, or below ~/.local/state. Empty where neither is set.
std::string noise_floor_path();

// Throws std::runtime_error: path and why. Makes the folder where it is missing.
void store_noise_floor(const NoiseFloor& floor, const std::string& path);

// Nothing where the file is missing, or of another host or program than `host`. Throws std::runtime_error where it is
// broken.
std::optional<NoiseFloor> load_noise_floor(const std::string& path, const HostFacts& host);

}  // namespace cbench
