#include "reports/shown/summary_json.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "record/latency_spectrum.hpp"
#include "record/record_json.hpp"
#include "reports/findings/comparison/noise_floor.hpp"
#include "reports/findings/doubts.hpp"
#include "reports/findings/ideal.hpp"
#include "reports/findings/limits.hpp"
#include "reports/findings/verdict.hpp"
#include "reports/shown/cell_json.hpp"
#include "reports/shown/heading.hpp"
#include "reports/shown/load_curve_json.hpp"
#include "reports/shown/open_table.hpp"
#include "reports/shown/scaling_json.hpp"

namespace cbench {
namespace {

// Where things are, by their ids.
struct Place {
  std::size_t host = 0;
  std::size_t block = 0;
  const std::map<const Cell*, std::size_t>* cells = nullptr;

  std::size_t id(const Cell* cell) const { return cells->at(cell); }
};

// The ends of an interval that is cut off at 0, where there is one.
std::pair<Json, Json> ends_of(const Estimate& estimate) {
  if (!estimate.has_interval()) return {nullptr, nullptr};
  return {std::max(0.0, estimate.low), estimate.high};
}

Json ids(const std::vector<const Cell*>& cells, const Place& place) {
  Json list = Json::array();
  for (const Cell* cell : cells) list.push_back(place.id(cell));
  return list;
}

Json model_json(const DrawnModel& drawn) {
  const Look& look = drawn.look;
  return {{"label", drawn.label},       {"model", drawn.model},        {"settings", drawn.settings},
          {"baseline", drawn.baseline}, {"colour", look.ink.on_light}, {"colour_on_dark", look.ink.on_dark},
          {"dash", look.dash},          {"marker", look.marker}};
}

Json host_json(const SummarisedHost& host, const Place& place) {
  return {{"id", place.host},
          {"name", host.name},
          {"trials", host.trials},
          {"cpus_usable", number_or_null(cpus_usable(host.facts))},
          {"facts", host_to_json(host.facts)},
          {"build", build_to_json(host.build)},
          {"differences", host.differences}};
}

Json block_json(const SummarisedBlock& summarised, const Place& place) {
  const Block& block = summarised.block;
  const TrialSpec& spec = block.cells.front().spec;
  Json cells = Json::array();
  for (const Cell& cell : block.cells) cells.push_back(place.id(&cell));
  return {{"id", place.block},
          {"host", place.host},
          {"workload", spec.workload},
          {"parameters", spec.parameters},
          {"load", name_of(spec.load.kind)},
          {"heading", heading_text(block)},
          {"cells", std::move(cells)},
          {"verdicts", verdicts_over(summarised.rankings)},
          {"limits", limit_sentences(block)},
          {"overloads", overload_sentences(block)},
          {"laws", block.laws},
          {"doubts", doubts(block)}};
}

void add_spectra(const Cell& cell, const Place& place, Json& spectra) {
  if (!cell.times_hold()) return;
  for (const auto& [time, latency] :
       {std::pair{"response", &cell.response}, {"queueing", &cell.queueing}, {"service", &cell.service}}) {
    if (!latency->histogram || latency->histogram->total() == 0) continue;
    Json points = Json::array();
    for (const SpectrumPoint& point : spectrum_of(*latency->histogram)) {
      if (point.percentile < 100 && !cell.knows_percentile(point.percentile / 100)) continue;
      const Json inverse = point.percentile < 100 ? Json(100 / (100 - point.percentile)) : Json(nullptr);
      points.push_back({{"percentile", point.percentile},
                        {"inverse", inverse},
                        {"value_us", point.value_us},
                        {"count", point.count}});
    }
    spectra.push_back({{"cell", place.id(&cell)},
                       {"host", place.host},
                       {"label", cell.label()},
                       {"time", time},
                       {"tasks", latency->histogram->total()},
                       {"points", std::move(points)}});
  }
}

void add_failures(const Cell& cell, const Place& place, Json& failures) {
  for (const Failure& failure : cell.failures) {
    failures.push_back({{"cell", place.id(&cell)},
                        {"host", place.host},
                        {"label", cell.label()},
                        {"model", cell.spec.model},
                        {"workload", cell.spec.workload},
                        {"load_text", load_text(cell.spec.load)},
                        {"workers", cell.spec.workers},
                        {"repetition", failure.repetition},
                        {"seed", failure.seed},
                        {"status", name_of(failure.status)},
                        {"reason", failure.reason}});
  }
}

Json point_json(const ScalingSeries& series, const Cell& cell, const Place& place) {
  const bool is_speedup = series.single_per_s > 0;
  const Interval& speedup = cell.speedup_over_one_worker_interval;
  const bool has_speedup_interval = is_speedup && std::isfinite(speedup.high) && speedup.high > 0;
  const double per_single = is_speedup ? 1 / series.single_per_s : 0;
  Json speedups = Json::array();
  if (is_speedup) {
    for (const double value : cell.throughputs_per_s) speedups.push_back(value * per_single);
  }
  return {{"n", series.n_of(cell)},
          {"cell", place.id(&cell)},
          {"throughput_per_s", cell.throughput.mean},
          {"low", ends_of(cell.throughput).first},
          {"high", ends_of(cell.throughput).second},
          {"speedup", number_or_null(cell.throughput.mean * per_single)},
          {"speedup_low", has_speedup_interval ? Json(speedup.low) : Json(nullptr)},
          {"speedup_high", has_speedup_interval ? Json(speedup.high) : Json(nullptr)},
          {"speedup_values", std::move(speedups)},
          {"ideal_per_s", number_or_null(cell.ideal_per_s)},
          {"ideal_speedup", number_or_null(cell.ideal_per_s * per_single)},
          {"beyond_cpus", cell.is_beyond_cpus()}};
}

// The curve of each law in speedup too, for who draws that.
void add_speedups(Json& fit, double single_per_s) {
  const auto scaled = [&](const Json& value) {
    return value.is_null() || single_per_s <= 0 ? Json(nullptr) : Json(value.get<double>() / single_per_s);
  };
  for (auto& [name, law] : fit.items()) {
    if (!law.is_object() || !law.contains("curve")) continue;
    for (Json& point : law["curve"]) {
      point["speedup"] = scaled(point["throughput_per_s"]);
      point["speedup_band"] = {scaled(point["band"][0]), scaled(point["band"][1])};
    }
  }
}

Json series_json(const ScalingSeries& series, const Place& place) {
  const Cell& first = *series.cells.front();
  Json points = Json::array();
  for (const Cell* cell : series.cells) points.push_back(point_json(series, *cell, place));
  Json fit = series.fit ? fit_to_json(*series.fit) : Json(nullptr);
  if (series.fit) add_speedups(fit, series.single_per_s);
  return {{"host", place.host},
          {"block", place.block},
          {"label", series.curve.label},
          {"model", first.spec.model},
          {"workload", series.curve.workload},
          {"parameters", series.curve.parameters},
          {"load", name_of(first.spec.load.kind)},
          {"axis", series.over_workers() ? "workers" : "tasks_in_flight"},
          {"fixed", series.curve.fixed},
          {"single_per_s", number_or_null(series.single_per_s)},
          {"points", std::move(points)},
          {"fit", std::move(fit)}};
}

Json sweep_json(const Sweep& sweep, const Place& place) {
  return {{"host", place.host},
          {"block", place.block},
          {"label", sweep.cells.front()->label()},
          {"workers", sweep.cells.front()->spec.workers},
          {"by", name_of(sweep.by)},
          {"cells", ids(sweep.cells, place)}};
}

Json load_curve_json(const LoadCurve& curve, const Place& place) {
  Json points = Json::array();
  for (const Cell* cell : curve.cells) {
    Json point{{"cell", place.id(cell)}};
    point.update(load_point_json(*cell));
    points.push_back(std::move(point));
  }
  const LoadSpec& load = curve.first().spec.load;
  return {{"host", place.host},
          {"block", place.block},
          {"label", curve.label()},
          {"workers", curve.workers()},
          {"arrivals", load.poisson ? "poisson" : "constant"},
          {"late", load.shed ? "shed" : "wait"},
          {"points", std::move(points)},
          {"knee", knee_json(curve)},
          {"sentence", fmt::format("{}: {}", curve.label(), knee_words(curve))}};
}

Json history_json(const CellHistory& history, const Place& place) {
  Json runs = Json::array();
  for (const RunOfCell& run : history.runs) {
    runs.push_back({{"started_at", run.started_at},
                    {"mean", run.throughput.mean},
                    {"low", ends_of(run.throughput).first},
                    {"high", ends_of(run.throughput).second},
                    {"doubt", run.throughput.doubt()},
                    {"values", run.values}});
  }
  return {{"cell", place.id(history.cell)},
          {"block", place.block},
          {"host", place.host},
          {"label", history.cell->label()},
          {"runs", std::move(runs)}};
}

Json tiers_json(const Ranking& ranking, const Place& place) {
  Json tiers = Json::array();
  const double best = estimate_of(ranking.best(), ranking.metric).mean;
  for (const auto& [cell, place_in_ranking] : ranking.models) {
    while (tiers.size() < static_cast<std::size_t>(place_in_ranking.tier)) {
      tiers.push_back({{"tier", tiers.size() + 1}, {"models", Json::array()}});
    }
    const double value = estimate_of(*cell, ranking.metric).mean;
    const Interval& interval = place_in_ranking.interval;
    const bool known = std::isfinite(interval.high);
    const Interval& of_best = place_in_ranking.of_best_interval;
    const bool compared = std::isfinite(of_best.high);
    tiers.back()["models"].push_back({{"label", cell->label()},
                                      {"cell", place.id(cell)},
                                      {"value", value},
                                      {"low", known ? Json(interval.low) : Json(nullptr)},
                                      {"high", known ? Json(interval.high) : Json(nullptr)},
                                      {"doubt", place_in_ranking.doubt()},
                                      {"of_best", best > 0 ? Json(value / best) : Json(nullptr)},
                                      {"of_best_low", compared ? Json(of_best.low) : Json(nullptr)},
                                      {"of_best_high", compared ? Json(of_best.high) : Json(nullptr)}});
  }
  return tiers;
}

Json ranking_json(const Ranking& ranking, std::size_t id, const Place& place) {
  const TrialSpec& spec = ranking.best().spec;
  const bool open = spec.load.kind == LoadKind::open;
  return {{"id", id},
          {"host", place.host},
          {"block", place.block},
          {"load_text", load_text(spec.load)},
          {"concurrency", spec.load.concurrency},
          {"rate_per_s", open ? Json(spec.load.rate_per_s) : Json(nullptr)},
          {"fixed_tasks", spec.load.kind == LoadKind::fixed ? Json(spec.load.tasks) : Json(nullptr)},
          {"workers", ranking.best_workers ? Json(nullptr) : Json(spec.workers)},
          {"metric", name_of(ranking.metric)},
          {"higher_is_better", ranking.metric == RankedBy::throughput},
          {"primary", ranking.is_primary()},
          {"main", ranking.main},
          {"tiers", tiers_json(ranking, place)},
          {"sentence", verdict_on(ranking)}};
}

Json picture_json(const Picture& picture, const Place& place) {
  Json parts = Json::array();
  for (const TitlePart& part : picture.parts) {
    parts.push_back({{"label", part.label},
                     {"first", part.first},
                     {"last", part.last},
                     {"workers", part.workers > 0 ? Json(part.workers) : Json(nullptr)},
                     {"tier", part.tier > 0 ? Json(part.tier) : Json(nullptr)}});
  }
  return {{"kind", name_of(picture.kind)},
          {"host", place.host},
          {"block", place.block > 0 ? Json(place.block) : Json(nullptr)},
          {"main", picture.main},
          {"title", picture.title},
          {"text", picture.text},
          {"parts", std::move(parts)},
          {"cells", ids(picture.cells, place)}};
}

}  // namespace

std::string summary_json(const Summary& summary, std::string_view made_by) {
  std::map<const Cell*, std::size_t> cell_ids;
  for (const SummarisedHost& host : summary.hosts) {
    for (const SummarisedBlock& block : host.blocks) {
      for (const Cell& cell : block.block.cells) cell_ids.emplace(&cell, cell_ids.size() + 1);
    }
  }
  Json json{{"summary_version", summary_version}, {"made_by", made_by}, {"confidence", 0.95}};
  for (const char* list : {"files", "hosts", "models", "blocks", "cells", "spectra", "curves", "sweeps", "load_curves",
                           "rankings", "histories", "failures", "pictures"}) {
    json[list] = Json::array();
  }
  for (const ResultFile& file : summary.files) {
    json["files"].push_back({{"name", file.name}, {"trials", file.trials}, {"repeated", file.repeated}});
  }
  for (const DrawnModel& model : summary.models) json["models"].push_back(model_json(model));
  Place place{.cells = &cell_ids};
  std::size_t blocks = 0;
  for (const SummarisedHost& host : summary.hosts) {
    ++place.host;
    json["hosts"].push_back(host_json(host, place));
    for (const SummarisedBlock& block : host.blocks) {
      place.block = ++blocks;
      json["blocks"].push_back(block_json(block, place));
      for (const Cell& cell : block.block.cells) {
        json["cells"].push_back(cell_to_json(cell, {place.id(&cell), place.block, place.host}));
        add_spectra(cell, place, json["spectra"]);
        add_failures(cell, place, json["failures"]);
      }
      for (const ScalingSeries& series : block.series) json["curves"].push_back(series_json(series, place));
      for (const Sweep& sweep : block.sweeps) json["sweeps"].push_back(sweep_json(sweep, place));
      for (const LoadCurve& curve : block.load_curves) json["load_curves"].push_back(load_curve_json(curve, place));
      for (const Ranking& ranking : block.rankings) {
        json["rankings"].push_back(ranking_json(ranking, json["rankings"].size() + 1, place));
      }
      for (const CellHistory& history : block.histories) json["histories"].push_back(history_json(history, place));
      for (const Picture& picture : block.pictures) json["pictures"].push_back(picture_json(picture, place));
    }
    place.block = 0;
    for (const Picture& picture : host.pictures) json["pictures"].push_back(picture_json(picture, place));
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace cbench
