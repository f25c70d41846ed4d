#include "reports/shown/load_curve_json.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "reports/shown/cell_json.hpp"

namespace cbench {
namespace {

using Json = nlohmann::ordered_json;

// A percentile of all repetitions together, with its interval between them.
Json percentile_json(const Cell& cell, double fraction, double us, const Estimate& repeated) {
  if (!cell.knows_percentile(fraction)) return nullptr;
  const bool interval = cell.knows_repeated_percentile(fraction) && repeated.has_interval();
  return {{"value", us},
          {"low", interval ? Json(repeated.low) : Json(nullptr)},
          {"high", interval ? Json(repeated.high) : Json(nullptr)}};
}

Json served_json(const Estimate& throughput) {
  const bool interval = throughput.has_interval();
  return {{"value", throughput.mean},
          {"low", interval ? Json(std::max(0.0, throughput.low)) : Json(nullptr)},
          {"high", interval ? Json(throughput.high) : Json(nullptr)}};
}

Json reasons_json(const Cell& cell) {
  Json reasons = Json::array();
  if (!cell.overload.empty()) {
    reasons.push_back({{"status", name_of(Status::overloaded)}, {"reason", cell.overload}, {"times", cell.overloaded}});
  }
  for (const FailureKind& kind : cell.failure_kinds()) {
    reasons.push_back({{"status", name_of(kind.status)}, {"reason", kind.reason}, {"times", kind.times}});
  }
  return reasons;
}

}  // namespace

nlohmann::ordered_json load_point_json(const Cell& cell) {
  const bool known = cell.percentiles != PercentilesFrom::nothing && cell.times_hold();
  const auto mean = [&](double us) { return known ? Json(us) : Json(nullptr); };
  Json json{{"rate_per_s", cell.spec.load.rate_per_s},
            {"verdict", name_of(verdict_of(cell))},
            {"repetitions", cell.trials()},
            {"findings", cell.throughput.repetitions},
            {"overloaded", cell.overloaded}};
  json["offered_per_s"] = number_or_null(cell.arrived.offered_per_s);
  json["served_per_s"] = cell.measured() ? served_json(cell.throughput) : Json(nullptr);
  json["p50_us"] = percentile_json(cell, 0.5, cell.response.p50_us, cell.response_p50_us);
  json["p99_us"] = percentile_json(cell, 0.99, cell.response.p99_us, cell.response_p99_us);
  json["mean_us"] = mean(cell.response.mean_us);
  json["queueing_mean_us"] = mean(cell.queueing.mean_us);
  json["service_mean_us"] = mean(cell.service.mean_us);
  json["backlog_mean"] = cell.measured() ? Json(cell.arrived.backlog_mean) : Json(nullptr);
  json["power_per_s2"] = known ? number_or_null(power_of(cell)) : Json(nullptr);
  json["reasons"] = reasons_json(cell);
  return json;
}

nlohmann::ordered_json knee_json(const LoadCurve& curve) {
  if (!curve.knee) return nullptr;
  return {
      {"at_per_s", curve.knee->at_per_s}, {"low_per_s", curve.knee->low_per_s}, {"high_per_s", curve.knee->high_per_s}};
}

}  // namespace cbench
