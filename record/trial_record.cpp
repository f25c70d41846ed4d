#include "record/trial_record.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace cbench {
namespace {

constexpr std::array<std::pair<Status, std::string_view>, 6> statuses{{
    {Status::ok, "ok"},
    {Status::failed, "failed"},
    {Status::timed_out, "timed_out"},
    {Status::unsupported, "unsupported"},
    {Status::invalid, "invalid"},
    {Status::overloaded, "overloaded"},
}};

template <class Rows, class Value>
std::string_view name_in(const Rows& rows, Value value) {
  for (const auto& [known, name] : rows) {
    if (known == value) return name;
  }
  return "unknown";
}

template <class Value, class Rows>
std::optional<Value> value_in(const Rows& rows, std::string_view name) {
  for (const auto& [value, known] : rows) {
    if (known == name) return value;
  }
  return std::nullopt;
}

// Version 1 knew one baseline, by its name.
constexpr std::string_view baseline_of_version_1 = "sequential";

}  // namespace

void upgrade(TrialRecord& record, std::uint64_t version) {
  if (version >= 2) return;
  record.spec.is_baseline = record.spec.model == baseline_of_version_1;
  record.runtime = {{"name", "native"}};
}

std::string_view name_of(Status status) { return name_in(statuses, status); }
std::optional<Status> status_named(std::string_view name) { return value_in<Status>(statuses, name); }

std::uint64_t tasks_timed(const TrialRecord& record) {
  const Arrived& arrived = record.arrived;
  if (record.spec.load.kind != LoadKind::open || arrived.due == 0) return record.tasks;
  return arrived.due - std::min(arrived.due, arrived.shed + arrived.unfinished);
}

Latency summarise(Histogram histogram) {
  const auto us_at = [&](double fraction) { return static_cast<double>(histogram.quantile(fraction)) / 1000; };
  const LatencySummary summary{.mean_us = histogram.mean() / 1000,
                               .p50_us = us_at(0.5),
                               .p90_us = us_at(0.9),
                               .p99_us = us_at(0.99),
                               .p999_us = us_at(0.999),
                               .max_us = us_at(1.0)};
  return {summary, std::move(histogram)};
}

}  // namespace cbench
