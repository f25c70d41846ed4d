// Stored records of open loops: a model that is an M/M/1 queue of a planted capacity, at several loads.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/sample_records.hpp"

namespace cbench {

// What a trial at that share of the capacity would measure; from 1 on the model is overloaded. The mean response time
// is 1 / (capacity - rate), and times are exponential.
inline TrialRecord sample_of_mm1(const std::string& model, double capacity_per_s, double share,
                                 std::uint32_t repetition) {
  const double rate = share * capacity_per_s;
  const double window_s = 2;
  const bool kept_up = share < 1;
  const double response_us = kept_up ? 1e6 / (capacity_per_s - rate) : 500'000;
  TrialRecord record = sample_record({.model = model, .workload = "cpu", .parameters = {}, .repetition = repetition});
  record.spec.load.kind = LoadKind::open;
  record.spec.load.rate_per_s = rate;
  record.status = kept_up ? Status::ok : Status::overloaded;
  if (!kept_up) record.reason = "served less than was offered: the backlog grew";
  const double scatter = 1 + 0.005 * (repetition - 2.0);
  record.throughput_per_s = std::min(rate, capacity_per_s);
  record.tasks = static_cast<std::uint64_t>(record.throughput_per_s * window_s);
  record.response = sample_latency(0, response_us * scatter, record.tasks);
  record.queueing = sample_latency(0, response_us * scatter * share, record.tasks);
  record.service = sample_latency(0, response_us * scatter * (1 - std::min(share, 0.99)), record.tasks);
  record.littles_in_flight = record.throughput_per_s * record.response.mean_us / 1e6;
  record.arrived.offered_per_s = rate;
  record.arrived.due = static_cast<std::uint64_t>(rate * window_s);
  record.arrived.backlog_mean = record.littles_in_flight;
  return record;
}

inline std::vector<TrialRecord> sample_curve(const std::string& model = "pool", double capacity_per_s = 10'000,
                                             const std::vector<double>& shares = {0.1, 0.25, 0.5, 0.75, 0.9, 0.95,
                                                                                  1.05}) {
  std::vector<TrialRecord> records;
  for (const double share : shares) {
    for (const std::uint32_t repetition : {1U, 2U, 3U}) {
      records.push_back(sample_of_mm1(model, capacity_per_s, share, repetition));
    }
  }
  return records;
}

}  // namespace cbench
