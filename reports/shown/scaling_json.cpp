#include "reports/shown/scaling_json.hpp"

#include <cmath>
#include <string>

#include <nlohmann/json.hpp>

namespace cbench {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }

Json interval(const Interval& value) { return Json::array({number(value.low), number(value.high)}); }

// Seconds a task from tasks a second, ends swapped.
Interval inverse(const Interval& value) { return {1 / value.high, 1 / value.low}; }

Json null_unless(bool fitted, Json value) { return fitted ? std::move(value) : Json(nullptr); }

Json law_json(const LawFit& fit) {
  const Coefficients& c = fit.coefficients;
  const auto value = [&](double number_) { return null_unless(fit.fitted, number(number_)); };
  const auto range = [&](const Interval& interval_) { return null_unless(fit.fitted, interval(interval_)); };
  Json json;
  switch (fit.law) {
    case Law::amdahl:
    case Law::gustafson:
      json["serial_fraction"] = value(c.alpha);
      json["gamma"] = value(c.gamma);
      json["interval"] = range(fit.alpha);
      json["gamma_interval"] = range(fit.gamma);
      if (fit.law == Law::amdahl) {
        json["limit"] = value(1 / c.alpha);
        json["limit_interval"] = range(inverse(fit.alpha));
      }
      break;
    case Law::capped_amdahl:
      json["serial_fraction"] = value(c.alpha);
      json["gamma"] = value(c.gamma);
      json["capacity_per_s"] = value(c.capacity);
      json["interval"] = range(fit.alpha);
      json["gamma_interval"] = range(fit.gamma);
      json["capacity_per_s_interval"] = range(fit.capacity);
      break;
    case Law::usl:
      json["alpha"] = value(c.alpha);
      json["beta"] = value(c.beta);
      json["gamma"] = value(c.gamma);
      json["peak"] = number(fit.peak);
      json["alpha_interval"] = range(fit.alpha);
      json["beta_interval"] = range(fit.beta);
      json["gamma_interval"] = range(fit.gamma);
      json["peak_interval"] = range(fit.peak_interval);
      break;
    case Law::saturation:
    case Law::little:
      json["gamma"] = value(c.gamma);
      json["gamma_interval"] = range(fit.gamma);
      json["residence_s"] = value(1 / c.gamma);
      json["residence_s_interval"] = range(inverse(fit.gamma));
      if (fit.law == Law::saturation) {
        json["capacity_per_s"] = value(c.capacity);
        json["capacity_per_s_interval"] = range(fit.capacity);
        json["knee"] = value(c.capacity / c.gamma);
      }
      break;
  }
  if (!fit.fitted) {
    json["why_not"] = fit.why_not;
    return json;
  }
  json["aicc"] = number(fit.aicc);
  json["residual_error"] = number(fit.residual_error);
  json["lack_of_fit_p"] = number(fit.lack_of_fit_p);
  json["worst_deviation"] = number(fit.worst_deviation);
  json["worst_at"] = number(fit.worst_at);
  json["description"] = name_of(fit.description);
  Json curve = Json::array();
  for (const CurvePoint& point : fit.curve) {
    curve.push_back(
        {{"n", point.n}, {"throughput_per_s", number(point.throughput_per_s)}, {"band", interval(point.band)}});
  }
  json["curve"] = std::move(curve);
  return json;
}

Json speedup_json(const std::optional<Speedup>& speedup) {
  if (!speedup) return nullptr;
  return {{"n", speedup->n},
          {"over", speedup->over},
          {"speedup", speedup->value},
          {"interval", interval(speedup->interval)}};
}

Json row_json(const ScalingRow& row, ScalingAxis axis) {
  Json json{{"n", row.n},
            {"repetitions", row.repetitions},
            {"throughput_per_s", number(row.throughput_per_s)},
            {"predicted_per_s", number(row.predicted_per_s)}};
  if (axis == ScalingAxis::workers) {
    json["beyond_cpus"] = row.beyond_cpus;
    json["karp_flatt"] = number(row.karp_flatt);
    json["karp_flatt_interval"] = row.karp_flatt ? interval(row.karp_flatt_interval) : Json(nullptr);
  } else {
    json["of_bound"] = number(row.of_bound);
  }
  return json;
}

}  // namespace

Json fit_to_json(const ScalingFit& fit) {
  Json json;
  for (const LawFit& law : fit.laws) json[std::string(name_of(law.law))] = law_json(law);
  const auto name = [](const std::optional<Law>& law) { return law ? Json(name_of(*law)) : Json(nullptr); };
  json["finding"] = name_of(fit.finding);
  json["chosen"] = name(fit.chosen);
  json["chosen_by"] = fit.why_chosen;
  json["closest"] = name(fit.closest);
  json["rival"] = name(fit.rival);
  json["superlinear"] = speedup_json(fit.superlinear);
  json["noise"] = fit.noise > 0 ? number(fit.noise) : Json(nullptr);
  json["sentences"] = fit.sentences;
  json["axis"] = fit.axis == ScalingAxis::workers ? "workers" : "tasks_in_flight";
  json["weighting"] = fit.weighting == Weighting::relative ? "relative" : "equal";
  json["confidence"] = fit.confidence;
  if (fit.axis == ScalingAxis::tasks_in_flight) json["little_bound_residence_s"] = number(fit.residence_s);
  Json rows = Json::array();
  for (const ScalingRow& row : fit.rows) rows.push_back(row_json(row, fit.axis));
  json["rows"] = std::move(rows);
  return json;
}

}  // namespace cbench
