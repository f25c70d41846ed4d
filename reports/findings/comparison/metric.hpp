// What results are compared by: a column, and which way is better.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/columns.hpp"
#include "record/trial_record.hpp"

namespace cbench {

struct Metric {
  std::string name;  // as it was asked for: "p99"
  const Column* column = nullptr;
  bool higher_is_better = false;
  const Column* beside = nullptr;  // added to it, where there is one

  // Nothing where the record does not know it, or a part of it.
  std::optional<double> value(const TrialRecord& record) const;
  // Of tasks: queueing, service or response.
  bool is_time_of_tasks() const;
  // From 0 to 1: 0.99 of "response_p99_us"; nothing where it is no percentile.
  std::optional<double> percentile() const;
  // "response_p99_us"; its own name where it is the sum of two.
  std::string key() const { return beside == nullptr ? std::string(column->name) : name; }
  // "response_p99_us", "peak_rss_bytes + peak_kernel_bytes".
  std::string columns() const;
  // With its unit, for people: "48.9k/s", "20.3ms".
  std::string text(double value) const;
};

// "throughput", "p50", "p99", "p99.9", "mean", "max" (of response times), "queueing_p99", "service_p50", "cpu",
// "memory", or the name of any column that holds numbers. Throws UsageError with the names there are.
Metric metric_named(std::string_view name);

std::vector<std::string> metric_names();

}  // namespace cbench
