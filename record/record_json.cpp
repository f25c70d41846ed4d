#include "record/record_json.hpp"

#include <limits>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "record/columns.hpp"
#include "text/json_fields.hpp"

namespace cbench {
namespace {

std::uint64_t checked_version(const JsonFields& fields) {
  std::uint64_t version = 0;
  fields.read("schema_version", version);
  if (std::string why = why_not_read(version); !why.empty()) {
    throw std::runtime_error(fmt::format("{}: {}", fields.path("schema_version"), why));
  }
  return version;
}

// Columns that are flat fields of a record. Lists and maps have a spelling of their own in JSON.
bool is_flat_field(const Column& column) {
  return column.part == ColumnPart::result && column.kind != ColumnKind::list && column.kind != ColumnKind::map;
}

Json flat_field(const Column& column, const TrialRecord& record) {
  const std::string text = column.text(record);
  if (column.kind == ColumnKind::text) return text;
  return text.empty() ? Json(nullptr) : Json::parse(text);
}

void read_flat_field(const JsonFields& fields, const Column& column, TrialRecord& record) {
  if (column.added_later && !fields.has(column.name)) return;
  const Json& json = fields.at(column.name);
  const std::string path = fields.path(column.name);
  std::string text;
  if (column.kind == ColumnKind::text) {
    text = fields.text(column.name);
  } else if (column.kind == ColumnKind::flag) {
    text = fields.flag(column.name) ? "true" : "false";
  } else if (!json.is_null()) {
    if (!json.is_number()) throw json_error(path, "a number or null", json);
    text = column.kind == ColumnKind::count
               ? fmt::format("{}", whole_number(json, path, std::numeric_limits<std::uint64_t>::max()))
               : fmt::format("{}", json.get<double>());
  }
  try {
    column.parse(text, record);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
  }
}

// Of a histogram, in all. Every sum of them is exact in a double, and a thousand of such histograms can be merged.
constexpr std::uint64_t most_counts = std::uint64_t{1} << 53;

Json json_of(const Histogram& histogram) {
  Json pairs = Json::array();
  for (const auto& [index, times] : histogram.counts()) pairs.push_back({index, times});
  return pairs;
}

Histogram histogram_from(const Json& json, const std::string& where) {
  if (!json.is_array()) throw std::runtime_error(where + ": expected a list of [index, count], or null");
  Histogram histogram;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string at = fmt::format("{}[{}]", where, i);
    if (!json[i].is_array() || json[i].size() != 2) throw std::runtime_error(at + ": expected [index, count]");
    const std::uint64_t index = whole_number(json[i][0], at, HistogramLayout::size - 1);
    const std::uint64_t times = whole_number(json[i][1], at, most_counts);
    if (times > most_counts - histogram.total()) {
      throw std::runtime_error(fmt::format("{}: more than {} counts in all", at, most_counts));
    }
    histogram.add_at(static_cast<std::uint32_t>(index), times);
  }
  return histogram;
}

std::vector<ClassLatency> classes_from(const Json& json, const std::string& where) {
  if (!json.is_array()) throw std::runtime_error(where + ": expected a list");
  std::vector<ClassLatency> classes;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const JsonFields fields(json[i], fmt::format("{}[{}]", where, i));
    ClassLatency& one = classes.emplace_back();
    fields.read("name", one.name);
    fields.read("tasks", one.tasks);
    fields.read("mean_us", one.response.mean_us);
    fields.read("p50_us", one.response.p50_us);
    fields.read("p90_us", one.response.p90_us);
    fields.read("p99_us", one.response.p99_us);
    fields.read("p999_us", one.response.p999_us);
    fields.read("max_us", one.response.max_us);
    if (const Json& histogram = fields.at("histogram"); !histogram.is_null()) {
      one.response.histogram = histogram_from(histogram, fields.path("histogram"));
    }
  }
  return classes;
}

struct NamedLatency {
  std::string_view name;
  Latency TrialRecord::*latency;
};
constexpr NamedLatency latencies[] = {{"queueing_histogram", &TrialRecord::queueing},
                                      {"service_histogram", &TrialRecord::service},
                                      {"response_histogram", &TrialRecord::response}};

}  // namespace

Json spec_to_json(const TrialSpec& spec) {
  return {{"schema_version", schema_version},
          {"model", spec.model},
          {"settings", spec.settings},
          {"workload", spec.workload},
          {"parameters", spec.parameters},
          {"load", name_of(spec.load.kind)},
          {"workers", spec.workers},
          {"concurrency", spec.load.concurrency},
          {"warmup_ns", spec.load.warmup.count()},
          {"duration_ns", spec.load.duration.count()},
          {"tasks", spec.load.tasks},
          {"rate_per_s", spec.load.rate_per_s},
          {"poisson", spec.load.poisson},
          {"shed", spec.load.shed},
          {"seed", spec.seed},
          {"repetition", spec.repetition},
          {"baseline", spec.unasked},
          {"is_baseline", spec.is_baseline},
          {"runtime_name", spec.runtime_name},
          {"deadline_ns", spec.deadline.count()},
          {"max_memory_bytes", spec.max_memory_bytes},
          {"peer_port", spec.peer_port},
          {"peer_pid", spec.peer_pid}};
}

TrialSpec spec_from_json(const Json& json, const std::string& where) {
  const JsonFields fields(json, where);
  const std::uint64_t version = checked_version(fields);
  TrialSpec spec;
  fields.read("model", spec.model);
  fields.read("settings", spec.settings);
  fields.read("workload", spec.workload);
  fields.read("parameters", spec.parameters);
  std::string load;
  fields.read("load", load);
  const auto kind = load_named(load);
  if (!kind)
    throw std::runtime_error(fmt::format("{}: \"{}\" is none of closed, fixed, open", fields.path("load"), load));
  spec.load.kind = *kind;
  fields.read("concurrency", spec.load.concurrency);
  fields.read("warmup_ns", spec.load.warmup);
  fields.read("duration_ns", spec.load.duration);
  fields.read("tasks", spec.load.tasks);
  fields.read("rate_per_s", spec.load.rate_per_s);
  fields.read("poisson", spec.load.poisson);
  if (fields.has("shed")) fields.read("shed", spec.load.shed);
  fields.read("workers", spec.workers);
  fields.read("seed", spec.seed);
  fields.read("repetition", spec.repetition);
  fields.read("baseline", spec.unasked);
  if (version >= 2) fields.read("is_baseline", spec.is_baseline);
  if (fields.has("runtime_name")) fields.read("runtime_name", spec.runtime_name);
  fields.read("deadline_ns", spec.deadline);
  fields.read("max_memory_bytes", spec.max_memory_bytes);
  fields.read("peer_port", spec.peer_port);
  fields.read("peer_pid", spec.peer_pid);
  return spec;
}

Json host_to_json(const HostFacts& host) {
  return {{"cpu_model", host.cpu_model},
          {"cpus_online", host.cpus_online},
          {"cpus_allowed", host.cpus_allowed},
          {"cpu_quota", host.cpu_quota},
          {"memory_bytes", host.memory_bytes},
          {"kernel", host.kernel},
          {"governor", host.governor},
          {"idle", host.idle},
          {"peers", host.peers},
          {"clock", host.clock}};
}

HostFacts host_from_json(const Json& json, const std::string& where) {
  const JsonFields fields(json, where);
  HostFacts host;
  fields.read("cpu_model", host.cpu_model);
  fields.read("cpus_online", host.cpus_online);
  fields.read("cpus_allowed", host.cpus_allowed);
  fields.read("cpu_quota", host.cpu_quota);
  fields.read("memory_bytes", host.memory_bytes);
  fields.read("kernel", host.kernel);
  fields.read("governor", host.governor);
  if (fields.has("idle")) fields.read("idle", host.idle);  // not in files of before
  if (fields.has("peers")) fields.read("peers", host.peers);
  fields.read("clock", host.clock);
  return host;
}

Json build_to_json(const BuildFacts& build) {
  return {{"version", build.version},
          {"compiler", build.compiler},
          {"build_type", build.build_type},
          {"allocator", build.allocator},
          {"libraries", build.libraries}};
}

BuildFacts build_from_json(const Json& json, const std::string& where) {
  const JsonFields fields(json, where);
  BuildFacts build;
  fields.read("version", build.version);
  fields.read("compiler", build.compiler);
  fields.read("build_type", build.build_type);
  fields.read("allocator", build.allocator);
  fields.read("libraries", build.libraries);
  return build;
}

Json record_to_json(const TrialRecord& record) {
  Json json{{"schema_version", schema_version}, {"spec", spec_to_json(record.spec)}};
  for (const Column& column : columns()) {
    if (is_flat_field(column)) json[std::string(column.name)] = flat_field(column, record);
  }
  json["warnings"] = record.warnings;
  json["series_per_s"] = record.series_per_s;
  json["histogram_layout"] = histogram_layout;
  for (const auto& [name, latency] : latencies) {
    const auto& histogram = (record.*latency).histogram;
    json[std::string(name)] = histogram ? json_of(*histogram) : Json(nullptr);
  }
  json["classes"] = Json::array();
  for (const ClassLatency& one : record.classes) {
    Json entry{{"name", one.name}, {"tasks", one.tasks}, {"mean_us", one.response.mean_us}};
    entry["p50_us"] = one.response.p50_us;
    entry["p90_us"] = one.response.p90_us;
    entry["p99_us"] = one.response.p99_us;
    entry["p999_us"] = one.response.p999_us;
    entry["max_us"] = one.response.max_us;
    entry["histogram"] = one.response.histogram ? json_of(*one.response.histogram) : Json(nullptr);
    json["classes"].push_back(std::move(entry));
  }
  json["host"] = host_to_json(record.host);
  json["build"] = build_to_json(record.build);
  json["runtime"] = record.runtime;
  return json;
}

TrialRecord record_from_json(const Json& json, const std::string& where) {
  const JsonFields fields(json, where);
  const std::uint64_t version = checked_version(fields);
  TrialRecord record;
  record.spec = spec_from_json(fields.at("spec"), fields.path("spec"));
  for (const Column& column : columns()) {
    if (is_flat_field(column)) read_flat_field(fields, column, record);
  }
  fields.read("warnings", record.warnings);
  fields.read("series_per_s", record.series_per_s);
  std::string layout;
  fields.read("histogram_layout", layout);
  for (const auto& [name, latency] : latencies) {
    const Json& histogram = fields.at(name);
    if (histogram.is_null()) continue;
    if (layout != histogram_layout) {
      throw std::runtime_error(fmt::format("{}: \"{}\", but this program reads \"{}\"", fields.path("histogram_layout"),
                                           layout, histogram_layout));
    }
    (record.*latency).histogram = histogram_from(histogram, fields.path(name));
  }
  record.host = host_from_json(fields.at("host"), fields.path("host"));
  const char* const build = version >= 2 ? "build" : "host";  // version 1 told machine and build in one
  record.build = build_from_json(fields.at(build), fields.path(build));
  if (version >= 2) {
    fields.read("runtime", record.runtime);
    record.classes = classes_from(fields.at("classes"), fields.path("classes"));
  }
  upgrade(record, version);
  return record;
}

}  // namespace cbench
