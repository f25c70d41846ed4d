#include "record/record_json.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "record/columns.hpp"

namespace cbench {
namespace {

// The fields of a JSON object, read by name, with errors that say where in the document a field is.
class Fields {
 public:
  Fields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (json_.is_object()) return;
    throw std::runtime_error(
        fmt::format("{}: expected an object, found {}", where_.empty() ? "JSON" : where_, json_.type_name()));
  }

  std::string path(std::string_view name) const {
    return where_.empty() ? std::string(name) : fmt::format("{}.{}", where_, name);
  }

  const Json& at(std::string_view name) const {
    const auto found = json_.find(std::string(name));
    if (found == json_.end()) throw std::runtime_error(path(name) + ": missing");
    return *found;
  }

  bool has(std::string_view name) const { return json_.contains(std::string(name)); }

  void read(std::string_view name, std::string& value) const {
    value = expect(name, at(name).is_string(), "text").get<std::string>();
  }
  void read(std::string_view name, bool& value) const {
    value = expect(name, at(name).is_boolean(), "true or false").get<bool>();
  }
  void read(std::string_view name, double& value) const {
    value = expect(name, at(name).is_number(), "a number").get<double>();
    if (!(std::isfinite(value) && value >= 0)) {
      throw std::runtime_error(
          fmt::format("{}: expected a number from 0 on, found {}", path(name), short_dump(at(name))));
    }
  }
  void read(std::string_view name, std::chrono::nanoseconds& value) const {
    value = std::chrono::nanoseconds(whole(path(name), at(name), std::numeric_limits<std::int64_t>::max()));
  }
  void read(std::string_view name, int& value) const {
    value = static_cast<int>(whole(path(name), at(name), std::numeric_limits<int>::max()));
  }
  template <std::unsigned_integral Number>
  void read(std::string_view name, Number& value) const {
    value = static_cast<Number>(whole(path(name), at(name), std::numeric_limits<Number>::max()));
  }
  void read(std::string_view name, TextMap& map) const {
    map.clear();
    for (const auto& [key, value] : expect(name, at(name).is_object(), "an object").items()) {
      if (!value.is_string()) throw std::runtime_error(fmt::format("{}.{}: expected text", path(name), key));
      map.emplace(key, value.get<std::string>());
    }
  }
  void read(std::string_view name, std::vector<std::string>& list) const {
    list.clear();
    for (const Json& item : expect(name, at(name).is_array(), "a list")) {
      if (!item.is_string()) throw std::runtime_error(fmt::format("{}[{}]: expected text", path(name), list.size()));
      list.push_back(item.get<std::string>());
    }
  }
  void read(std::string_view name, std::vector<double>& list) const {
    list.clear();
    for (const Json& item : expect(name, at(name).is_array(), "a list")) {
      if (!item.is_number())
        throw std::runtime_error(fmt::format("{}[{}]: expected a number", path(name), list.size()));
      list.push_back(item.get<double>());
    }
  }

  // Some languages write 1000 as 1000.0 or 1e3: a whole number all the same.
  static std::uint64_t whole(const std::string& path, const Json& json, std::uint64_t most) {
    constexpr double exact = 9007199254740992.0;  // 2^53
    std::uint64_t value = 0;
    if (json.is_number_integer() && (json.is_number_unsigned() || json.get<std::int64_t>() >= 0)) {
      value = json.get<std::uint64_t>();
    } else if (json.is_number_float() && json.get<double>() >= 0 && json.get<double>() <= exact &&
               json.get<double>() == std::floor(json.get<double>())) {
      value = static_cast<std::uint64_t>(json.get<double>());
    } else {
      throw std::runtime_error(fmt::format("{}: expected a whole number from 0 on, found {}", path, short_dump(json)));
    }
    if (value > most) throw std::runtime_error(fmt::format("{}: {} is more than {}", path, value, most));
    return value;
  }

  static std::string short_dump(const Json& json) {
    const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    return text.size() <= 40 ? text : text.substr(0, 40) + "...";
  }

 private:
  const Json& expect(std::string_view name, bool is_right, std::string_view wanted) const {
    if (is_right) return at(name);
    throw std::runtime_error(fmt::format("{}: expected {}, found {}", path(name), wanted, short_dump(at(name))));
  }

  const Json& json_;
  std::string where_;
};

std::uint64_t checked_version(const Fields& fields) {
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

void read_flat_field(const Fields& fields, const Column& column, TrialRecord& record) {
  if (column.added_later && !fields.has(column.name)) return;
  const Json& json = fields.at(column.name);
  const std::string path = fields.path(column.name);
  std::string text;
  if (column.kind == ColumnKind::text) {
    if (!json.is_string()) {
      throw std::runtime_error(fmt::format("{}: expected text, found {}", path, Fields::short_dump(json)));
    }
    text = json.get<std::string>();
  } else if (column.kind == ColumnKind::flag) {
    if (!json.is_boolean()) {
      throw std::runtime_error(fmt::format("{}: expected true or false, found {}", path, Fields::short_dump(json)));
    }
    text = json.get<bool>() ? "true" : "false";
  } else if (!json.is_null()) {
    if (!json.is_number()) {
      throw std::runtime_error(fmt::format("{}: expected a number or null, found {}", path, Fields::short_dump(json)));
    }
    text = column.kind == ColumnKind::count
               ? fmt::format("{}", Fields::whole(path, json, std::numeric_limits<std::uint64_t>::max()))
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
    const std::uint64_t index = Fields::whole(at, json[i][0], HistogramLayout::size - 1);
    const std::uint64_t times = Fields::whole(at, json[i][1], most_counts);
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
    const Fields fields(json[i], fmt::format("{}[{}]", where, i));
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
  const Fields fields(json, where);
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
  return {{"cpu_model", host.cpu_model},       {"cpus_online", host.cpus_online},
          {"cpus_allowed", host.cpus_allowed}, {"cpu_quota", host.cpu_quota},
          {"memory_bytes", host.memory_bytes}, {"kernel", host.kernel},
          {"governor", host.governor},         {"clock", host.clock}};
}

HostFacts host_from_json(const Json& json, const std::string& where) {
  const Fields fields(json, where);
  HostFacts host;
  fields.read("cpu_model", host.cpu_model);
  fields.read("cpus_online", host.cpus_online);
  fields.read("cpus_allowed", host.cpus_allowed);
  fields.read("cpu_quota", host.cpu_quota);
  fields.read("memory_bytes", host.memory_bytes);
  fields.read("kernel", host.kernel);
  fields.read("governor", host.governor);
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
  const Fields fields(json, where);
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
  const Fields fields(json, where);
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
