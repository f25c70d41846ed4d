#include "record/trial_record.hpp"

#include <array>
#include <utility>

namespace cbench {
namespace {

constexpr std::array<std::pair<Status, std::string_view>, 4> statuses{{
    {Status::ok, "ok"},
    {Status::failed, "failed"},
    {Status::timed_out, "timed_out"},
    {Status::invalid, "invalid"},
}};

constexpr std::array<std::pair<LoadKind, std::string_view>, 3> loads{{
    {LoadKind::closed, "closed"},
    {LoadKind::fixed, "fixed"},
    {LoadKind::open, "open"},
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

}  // namespace

std::string_view name_of(Status status) { return name_in(statuses, status); }
std::string_view name_of(LoadKind load) { return name_in(loads, load); }
std::optional<Status> status_named(std::string_view name) { return value_in<Status>(statuses, name); }
std::optional<LoadKind> load_named(std::string_view name) { return value_in<LoadKind>(loads, name); }

Latency summarise(Histogram histogram) {
  const auto us_at = [&](double fraction) { return static_cast<double>(histogram.quantile(fraction)) / 1000; };
  Latency latency{.mean_us = histogram.mean() / 1000,
                  .p50_us = us_at(0.5),
                  .p90_us = us_at(0.9),
                  .p99_us = us_at(0.99),
                  .p999_us = us_at(0.999),
                  .max_us = us_at(1.0)};
  latency.histogram = std::move(histogram);
  return latency;
}

}  // namespace cbench
