#include "workloads/workload_file_json.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "text/quantity.hpp"

namespace cbench {
namespace {

using Json = nlohmann::ordered_json;
using Kind = Distribution::Kind;

Json time_json(std::uint64_t ns) {
  const std::chrono::nanoseconds time(static_cast<std::int64_t>(ns));
  std::string text = format_duration(time);  // three digits after the point
  return parse_duration(text, "time") == time ? text : fmt::format("{}ns", ns);
}

Json plain_json(std::uint64_t value) { return value; }

template <class Write>
Json distribution_json(const Distribution& drawn, Write write) {
  switch (drawn.kind()) {
    case Kind::constant: break;
    case Kind::uniform: return {{"uniform", {{"from", write(drawn.first())}, {"to", write(drawn.second())}}}};
    case Kind::exponential: return {{"exponential", {{"mean", write(drawn.first())}}}};
    case Kind::lognormal: return {{"lognormal", {{"median", write(drawn.first())}, {"p99", write(drawn.second())}}}};
    case Kind::values: {
      Json list = Json::array();
      for (const Distribution::Weighted& one : drawn.weighted()) {
        list.push_back({{"value", write(one.value)}, {"weight", one.weight}});
      }
      return {{"values", std::move(list)}};
    }
  }
  return write(drawn.first());
}

Json steps_json(const std::vector<FileStep>& steps);

Json step_json(const FileStep& step) {
  switch (step.kind) {
    case StepKind::compute:
      return {
          {"do", "compute"}, {"kernel", name_of(step.kernel)}, {"amount", distribution_json(step.amount, plain_json)}};
    case StepKind::wait: return {{"do", "wait"}, {"time", distribution_json(step.time, time_json)}};
    case StepKind::request:
      return {{"do", "request"},
              {"bytes", distribution_json(step.bytes, plain_json)},
              {"delay", distribution_json(step.time, time_json)}};
    case StepKind::critical: return {{"do", "critical"}, {"lock", step.lock}, {"body", steps_json(step.body)}};
    case StepKind::fan_out: break;
  }
  return {{"do", "fan_out"}, {"width", step.width}, {"body", steps_json(step.body)}};
}

Json steps_json(const std::vector<FileStep>& steps) {
  Json list = Json::array();
  for (const FileStep& step : steps) list.push_back(step_json(step));
  return list;
}

std::vector<FileStep> steps_of(Script script) {
  std::vector<FileStep> out;
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
    const Step& step = script[at];
    FileStep& one = out.emplace_back();
    one.kind = step.kind;
    one.kernel = step.kernel;
    one.amount = Distribution::constant(step.amount);
    one.bytes = Distribution::constant(step.bytes);
    one.time = Distribution::constant(static_cast<std::uint64_t>(step.time.count()));
    if (step.kind == StepKind::critical) one.lock = fmt::format("lock-{}", step.lock);
    one.width = step.width;
    one.body = steps_of(body_of(script, at));
  }
  return out;
}

// An object or a list in one line where it is short, as people write it; else a line for each member.
std::string pretty(const Json& json, std::size_t indent, std::size_t used) {
  constexpr std::size_t width = 100;
  std::string line = json.dump(-1);
  // As people space it: {"do": "wait", "time": "1ms"}.
  if (json.is_structured()) {
    std::string spaced;
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      spaced += line[i];
      if (line[i] == '\\' && quoted) {
        spaced += line[++i];
      } else if (line[i] == '"') {
        quoted = !quoted;
      } else if (!quoted && (line[i] == ':' || line[i] == ',')) {
        spaced += ' ';
      }
    }
    line = std::move(spaced);
  }
  if (!json.is_structured() || json.empty() || used + line.size() <= width) return line;
  const std::string inside(indent + 2, ' ');
  std::string out(1, json.is_array() ? '[' : '{');
  bool first = true;
  for (const auto& [key, value] : json.items()) {
    out += first ? "\n" : ",\n";
    first = false;
    const std::string name = json.is_array() ? "" : Json(key).dump() + ": ";
    out += inside + name + pretty(value, indent + 2, indent + 2 + name.size());
  }
  return out + '\n' + std::string(indent, ' ') + (json.is_array() ? ']' : '}');
}

}  // namespace

Json tasks_to_json(const WorkloadFile& file) {
  if (file.classes.size() == 1 && file.classes.front().name.empty()) {
    return {{"steps", steps_json(file.classes.front().steps)}};
  }
  Json classes = Json::array();
  for (const FileClass& one : file.classes) {
    classes.push_back({{"name", one.name}, {"weight", one.weight}, {"steps", steps_json(one.steps)}});
  }
  return {{"classes", std::move(classes)}};
}

std::string digest_of(const WorkloadFile& file) {
  std::uint64_t digest = 0;
  for (const char c : tasks_to_json(file).dump()) digest = fold(digest, static_cast<unsigned char>(c));
  return fmt::format("{:016x}", digest);
}

std::string workload_file_text(const WorkloadFile& file) {
  Json json{{"name", file.name}};
  if (!file.summary.empty()) json["summary"] = file.summary;
  json["concurrency"] = file.concurrency;
  json.update(tasks_to_json(file));
  constexpr std::size_t never_one_line = 1000;
  return pretty(json, 0, never_one_line) + '\n';
}

WorkloadFile as_file(const WorkloadInfo& workload, const std::map<std::string, std::string, std::less<>>& given,
                     std::uint32_t workers) {
  const Parameters parameters = read_parameters(workload.parameters, given);
  WorkloadFile file{.name = std::string(workload.name),
                    .summary = std::string(workload.summary),
                    .concurrency = workload.concurrency,
                    .classes = {}};
  for (const TaskKind& kind : workload.draw({parameters, 1, workers})) {
    file.classes.push_back({.name = kind.name, .weight = kind.weight, .steps = steps_of(kind.scripts.front())});
  }
  return file;
}

}  // namespace cbench
