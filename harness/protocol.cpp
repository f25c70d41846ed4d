#include "harness/protocol.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/arrival_counts_json.hpp"
#include "record/record_json.hpp"
#include "text/json_fields.hpp"
#include "text/json_text.hpp"
#include "text/utf8.hpp"
#include "workloads/script_json.hpp"

namespace cbench {
namespace {

constexpr std::size_t most_reason = 2000;
constexpr std::size_t most_warnings = 20;
constexpr std::size_t most_slices = 10'000;
constexpr std::size_t most_classes = 64;
constexpr std::size_t most_finished = 1'000'000;

std::string hex(std::uint64_t value) { return fmt::format("{:016x}", value); }

std::runtime_error expected(std::string_view name, std::string_view what) {
  return std::runtime_error(fmt::format("{}: expected {}", name, what));
}

std::uint64_t whole(const Json& value, std::string_view name, std::uint64_t most = largest_whole) {
  const std::uint64_t number = whole_number(value, name, UINT64_MAX);
  if (number > most) throw expected(name, fmt::format("a whole number up to {}", most));
  return number;
}
std::uint64_t whole_at(const JsonFields& fields, std::string_view name, std::uint64_t most = largest_whole) {
  return whole(fields.at(name), fields.path(name), most);
}

// Of CLOCK_MONOTONIC, which passes 2^53 ns after 104 days.
std::uint64_t instant(const Json& value, std::string_view name) { return whole(value, name, INT64_MAX); }
std::uint64_t instant_at(const JsonFields& fields, std::string_view name) {
  return instant(fields.at(name), fields.path(name));
}

std::chrono::nanoseconds time_at(const JsonFields& fields, std::string_view name) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(whole_at(fields, name)));
}

Json sparse(const Histogram& histogram) {
  Json pairs = Json::array();
  for (const auto& [index, times] : histogram.counts()) pairs.push_back({index, times});
  return pairs;
}

Histogram histogram_of(const Json& json, const std::string& name) {
  if (!json.is_array()) throw expected(name, "a list of [index, count]");
  Histogram histogram;
  std::uint64_t total = 0;
  std::int64_t last = -1;
  for (const Json& pair : json) {
    if (!pair.is_array() || pair.size() != 2) throw expected(name, "a list of [index, count]");
    const std::uint64_t index = whole(pair[0], name, HistogramLayout::size - 1);
    const std::uint64_t count = whole(pair[1], name);
    if (static_cast<std::int64_t>(index) <= last) throw expected(name, "ascending indexes, each once");
    last = static_cast<std::int64_t>(index);
    total += count;
    if (total > largest_whole) throw expected(name, fmt::format("no more than {} tasks in all", largest_whole));
    histogram.add_at(static_cast<std::uint32_t>(index), count);
  }
  return histogram;
}

std::string_view name_of(ChildStatus status) {
  switch (status) {
    case ChildStatus::ok: return "ok";
    case ChildStatus::failed: return "failed";
    case ChildStatus::unsupported: return "unsupported";
  }
  return "";
}

// How many bytes the character at the begin of the text has; 0 where that is no UTF-8.
std::size_t character_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xc2 ? 0 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  if (byte(0) > 0xf4 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  }
  // Overlong forms, halves of surrogate pairs, and what lies beyond Unicode.
  if (size == 3 && ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) > 0x9f))) return 0;
  if (size == 4 && ((byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) > 0x8f))) return 0;
  return size;
}

std::vector<FinishedTask> finished_of(const JsonFields& fields) {
  std::vector<FinishedTask> tasks;
  for (const Json& row : fields.list("finished", most_finished)) {
    const std::string where = fmt::format("finished[{}]", tasks.size());
    if (!row.is_array() || row.size() != 6) throw expected(where, "[slot, turn, scheduled, start, finish, digest]");
    tasks.push_back({.slot = static_cast<std::uint32_t>(whole(row[0], where, UINT32_MAX)),
                     .turn = whole(row[1], where),
                     .scheduled_ns = instant(row[2], where),
                     .start_ns = instant(row[3], where),
                     .finish_ns = instant(row[4], where),
                     .digest = hex_number(row[5], where)});
  }
  return tasks;
}

RecordEvent record_from(const JsonFields& fields) {
  RecordEvent record;
  record.trial = fields.text("trial");
  const std::string status = fields.text("status");
  const auto statuses = {ChildStatus::ok, ChildStatus::failed, ChildStatus::unsupported};
  const auto known = std::ranges::find_if(statuses, [&](ChildStatus one) { return name_of(one) == status; });
  if (known == statuses.end()) throw expected("status", "ok, failed or unsupported");
  record.status = *known;
  if (record.status != ChildStatus::ok || fields.given("reason")) record.reason = as_reason(fields.text("reason"));
  // What failed before it counted anything has nothing else to say.
  if (record.status != ChildStatus::ok && !fields.has("tasks")) return record;
  if (fields.given("warnings")) {
    for (const Json& warning : fields.list("warnings", most_warnings)) {
      if (!warning.is_string()) throw expected("warnings", "a list of text");
      record.warnings.push_back(as_reason(warning.get<std::string>()));
    }
  }
  record.units_known = fields.given("units");
  if (record.units_known) record.units = whole_at(fields, "units");
  if (fields.given("switches")) {
    const JsonFields switches = fields.object("switches");
    record.switches = {.voluntary = whole_at(switches, "voluntary"), .involuntary = whole_at(switches, "involuntary")};
  }
  if (fields.has("finished")) {
    for (const std::string_view counted :
         {"tasks", "tasks_total", "queueing", "service", "response", "slices", "slots", "classes", "digest",
          "finish_ns", "settled", "first_finish_ns", "first_service"}) {
      if (fields.given(counted))
        throw expected("finished", fmt::format("no {} beside it, whose place it takes", counted));
    }
    record.lists_tasks = true;
    record.finished = finished_of(fields);
    return record;
  }
  record.tasks = whole_at(fields, "tasks");
  record.tasks_total = whole_at(fields, "tasks_total");
  if (fields.given("finish_ns")) record.finish_ns = instant_at(fields, "finish_ns");
  record.settled = !fields.given("settled") || fields.flag("settled");
  record.difference = fields.hex("digest");
  if (fields.given("slices")) {
    for (const Json& slice : fields.list("slices", most_slices)) record.slices.push_back(whole(slice, "slices"));
  }
  const JsonFields slots = fields.object("slots");
  record.fewest_of_a_slot = whole_at(slots, "fewest");
  record.most_of_a_slot = whole_at(slots, "most");
  record.queueing = histogram_of(fields.at("queueing"), "queueing");
  record.service = histogram_of(fields.at("service"), "service");
  record.response = histogram_of(fields.at("response"), "response");
  if (fields.given("first_finish_ns")) record.first_finish_ns = instant_at(fields, "first_finish_ns");
  if (fields.given("first_service")) {
    record.first_service = histogram_of(fields.at("first_service"), "first_service");
  }
  if (fields.given("classes")) {
    const Json& classes = fields.at("classes");
    if (!classes.is_object() || classes.size() > most_classes) throw expected("classes", "an object of histograms");
    for (const auto& [name, histogram] : classes.items()) {
      record.classes.emplace(as_reason(name), histogram_of(histogram, "classes." + name));
    }
  }
  if (fields.given("open")) {
    const JsonFields open = fields.object("open");
    record.arrivals = arrival_counts_from(open);
    record.arrivals->lag = histogram_of(open.object("generator").at("lag"), "open.generator.lag");
  }
  return record;
}

void check_protocol(const JsonFields& fields) {
  const std::uint64_t version = whole_at(fields, "protocol");
  if (version == protocol_version) return;
  throw UnsupportedStep(fmt::format("protocol version {}, but this program speaks {}", version, protocol_version));
}

}  // namespace

std::string to_line(const TrialOrder& order) {
  Json scripts = Json::array();
  for (std::size_t i = 0; i < order.work.distinct(); ++i) {
    scripts.push_back({{"class", order.work.classes()[order.work.class_of(i)]},
                       {"digest", hex(order.work.expected(i) + order.digest_salt)},
                       {"steps", steps_to_json(order.work.script(i))}});
  }
  Json load{{"kind", name_of(order.load.kind)}, {"concurrency", order.load.concurrency}, {"tasks", order.load.tasks}};
  if (order.load.kind == LoadKind::open) add_open_load(order.load, order.open, load);
  load["warmup_ns"] = order.load.warmup.count();
  load["most_warmup_ns"] = order.most_warmup.count();
  load["duration_ns"] = order.load.duration.count();
  Json json{{"protocol", protocol_version}, {"trial", order.trial},          {"model", order.model},
            {"settings", order.settings},   {"workers", order.workers},      {"seed", hex(order.seed)},
            {"load", std::move(load)},      {"scripts", std::move(scripts)}, {"order", order.work.order()}};
  json["peer"] = nullptr;
  if (order.peer_port != 0) {
    json["peer"] = {{"address", "127.0.0.1"}, {"port", order.peer_port}, {"connections", order.work.lanes()}};
  }
  if (order.clock) {
    json["clock"] = {{"tsc", order.clock->tsc}, {"ns_per_tick_q32", hex(order.clock->ns_per_tick_q32)}};
  }
  return to_line(json);
}

TrialOrder parse_order(std::string_view line) {
  const Json json = parse_json(line, "spec");
  if (!json.is_object()) throw expected("spec", "an object");
  const JsonFields fields(json, "");
  check_protocol(fields);
  const JsonFields load = fields.object("load");
  const std::string kind = load.text("kind");
  const auto load_kind = load_named(kind);
  if (!load_kind) throw UnsupportedStep(fmt::format("load \"{}\"", kind));
  constexpr std::uint64_t most32 = UINT32_MAX;

  std::vector<Work::Distinct> scripts;
  std::vector<std::string> classes;
  for (const Json& written : fields.list("scripts", 1'000'000)) {
    const JsonFields script(written, fmt::format("scripts[{}]", scripts.size()));
    const std::string of_class = script.text("class");
    auto known = std::ranges::find(classes, of_class);
    if (known == classes.end()) known = classes.insert(known, of_class);
    const auto index = static_cast<std::uint32_t>(known - classes.begin());
    scripts.push_back({steps_from_json(script.at("steps"), script.path("steps")), script.hex("digest"), index});
  }
  std::vector<std::uint32_t> turns;
  for (const Json& turn : fields.list("order", 10'000'000)) {
    turns.push_back(static_cast<std::uint32_t>(whole(turn, "order", most32)));
  }
  TrialOrder order{.trial = fields.text("trial"),
                   .model = fields.text("model"),
                   .settings = fields.texts("settings"),
                   .workers = static_cast<std::uint32_t>(whole_at(fields, "workers", most32)),
                   .seed = fields.hex("seed"),
                   .load = {.kind = *load_kind,
                            .concurrency = static_cast<std::uint32_t>(whole_at(load, "concurrency", most32)),
                            .tasks = whole_at(load, "tasks"),
                            .warmup = time_at(load, "warmup_ns"),
                            .duration = time_at(load, "duration_ns")},
                   .most_warmup = time_at(load, "most_warmup_ns"),
                   .work = Work(std::move(scripts), std::move(classes), std::move(turns)),
                   .clock = {}};
  if (order.workers == 0 || order.load.concurrency == 0) throw expected("workers and load.concurrency", "at least 1");
  if (order.load.kind == LoadKind::fixed && order.load.tasks == 0) throw expected("load.tasks", "at least 1");
  if (order.load.kind == LoadKind::open) order.open = read_open_load(load, order.load);
  if (!fields.at("peer").is_null()) {
    order.peer_port = static_cast<std::uint16_t>(whole_at(fields.object("peer"), "port", UINT16_MAX));
  }
  if (fields.given("clock")) {
    const JsonFields clock = fields.object("clock");
    ticks::Source source{.tsc = clock.flag("tsc"), .ns_per_tick_q32 = clock.hex("ns_per_tick_q32")};
    if (source.ns_per_tick_q32 == 0) throw expected("clock.ns_per_tick_q32", "more than 0");
    source.ticks_per_s = 1e9 * 4294967296.0 / static_cast<double>(source.ns_per_tick_q32);
    order.clock = source;
  }
  return order;
}

std::string to_line(const ReadyEvent& event) {
  return to_line(Json{
      {"event", "ready"}, {"protocol", protocol_version}, {"runtime", event.runtime}, {"processes", event.processes}});
}

std::string to_line(const WindowEvent& event) {
  Json json{{"event", "window"}, {"begin_ns", event.begin_ns}};
  json["end_ns"] = event.end_ns ? Json(*event.end_ns) : Json(nullptr);
  return to_line(json);
}

std::string to_line(const EndedEvent&) { return R"({"event":"ended"})"; }

std::string to_line(const RecordEvent& event) {
  Json json{
      {"event", "record"},          {"trial", event.trial}, {"status", name_of(event.status)}, {"reason", event.reason},
      {"warnings", event.warnings}, {"tasks", event.tasks}, {"tasks_total", event.tasks_total}};
  json["finish_ns"] = event.finish_ns ? Json(*event.finish_ns) : Json(nullptr);
  json["settled"] = event.settled;
  json["units"] = event.units;
  json["digest"] = hex(event.difference);
  json["slices"] = event.slices;
  json["slots"] = {{"fewest", event.fewest_of_a_slot}, {"most", event.most_of_a_slot}};
  json["switches"] = nullptr;
  if (event.switches) {
    json["switches"] = {{"voluntary", event.switches->voluntary}, {"involuntary", event.switches->involuntary}};
  }
  json["queueing"] = sparse(event.queueing);
  json["service"] = sparse(event.service);
  json["response"] = sparse(event.response);
  if (event.first_finish_ns) json["first_finish_ns"] = *event.first_finish_ns;
  if (event.first_service) json["first_service"] = sparse(*event.first_service);
  json["classes"] = Json::object();
  for (const auto& [name, histogram] : event.classes) json["classes"][name] = sparse(histogram);
  if (event.arrivals) {
    json["open"] = arrival_counts_to_json(*event.arrivals);
    json["open"]["generator"]["lag"] = sparse(event.arrivals->lag);
  }
  return to_line(json);
}

std::string as_reason(std::string_view text) {
  std::string line;
  while (!text.empty() && line.size() < most_reason) {
    const std::size_t size = character_at(text);
    if (size == 1) {
      const auto c = static_cast<unsigned char>(text.front());
      line += c < ' ' || c == 0x7f ? ' ' : text.front();
    } else if (size == 0) {
      line += '?';
    } else {
      line += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return harmless(text.empty() ? line : line + "...");
}

Event parse_event(std::string_view line) {
  const Json json = parse_json(line, "event");
  if (!json.is_object()) throw expected("event", "an object");
  const JsonFields fields(json, "");
  const std::string name = fields.text("event");
  if (name == "ready") {
    check_protocol(fields);
    return ReadyEvent{.runtime = fields.given("runtime") ? fields.texts("runtime") : TextMap(),
                      .processes = fields.given("processes") && fields.flag("processes")};
  }
  if (name == "window") {
    WindowEvent window{.begin_ns = instant_at(fields, "begin_ns"), .end_ns = {}};
    if (!fields.at("end_ns").is_null()) window.end_ns = instant_at(fields, "end_ns");
    if (window.end_ns && *window.end_ns <= window.begin_ns) throw expected("end_ns", "an instant after begin_ns");
    return window;
  }
  if (name == "ended") return EndedEvent{};
  if (name == "record") return record_from(fields);
  throw std::runtime_error(fmt::format("unknown event \"{}\"", as_reason(name.substr(0, 40))));
}

}  // namespace cbench
