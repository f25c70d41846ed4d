#include "workloads/script_json.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "text/json_fields.hpp"

namespace cbench {
namespace {

constexpr int deepest = 64;              // bodies within bodies
constexpr std::size_t longest = 60'000;  // steps of a script: a body counts its steps in 16 bits

// The fields of a step, of which all are known.
JsonFields fields_of(const Json& json, const std::string& where, std::string_view step,
                     std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : json.items()) {
    if (name != "do" && std::ranges::find(known, name) == known.end()) {
      throw UnsupportedStep(fmt::format("step {} with \"{}\"", step, name.substr(0, 40)));
    }
  }
  return {json, where};
}

// Times are whole numbers that every language reads.
std::chrono::nanoseconds time_of(const JsonFields& step, std::string_view name) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(step.whole(name)));
}

Steps read_steps(const Json& json, const std::string& where, int depth);

Steps read_step(const Json& json, const std::string& where, int depth) {
  if (!json.is_object() || !json.contains("do") || !json["do"].is_string()) {
    throw std::runtime_error(where + ": expected a step, an object with \"do\"");
  }
  constexpr std::uint64_t most32 = std::numeric_limits<std::uint32_t>::max();
  const std::string name = json["do"].get<std::string>();
  const auto fields = [&](std::initializer_list<std::string_view> known) {
    return fields_of(json, where, name, known);
  };
  const auto body = [&](const JsonFields& step) { return read_steps(step.at("body"), where + ".body", depth + 1); };
  if (name == "compute") {
    const JsonFields step = fields({"kernel", "amount"});
    const Json& kernel = step.at("kernel");
    const auto known = kernel.is_string() ? kernel_named(kernel.get<std::string>()) : std::nullopt;
    if (!known) throw UnsupportedStep(fmt::format("kernel {}", kernel.dump().substr(0, 40)));
    return compute(*known, step.whole("amount"));
  }
  if (name == "wait") return wait(time_of(fields({"time_ns"}), "time_ns"));
  if (name == "request") {
    const JsonFields step = fields({"bytes", "delay_ns"});
    return request(static_cast<std::uint32_t>(step.whole("bytes", most32)), time_of(step, "delay_ns"));
  }
  if (name == "critical") {
    const JsonFields step = fields({"lock", "body"});
    return critical(static_cast<std::uint32_t>(step.whole("lock", most32)), body(step));
  }
  if (name == "fan_out") {
    const JsonFields step = fields({"width", "body"});
    return fan_out(static_cast<std::uint32_t>(step.whole("width", most32)), body(step));
  }
  throw UnsupportedStep(fmt::format("step \"{}\"", name.substr(0, 40)));
}

Steps read_steps(const Json& json, const std::string& where, int depth) {
  if (!json.is_array()) throw std::runtime_error(where + ": expected a list of steps");
  if (depth > deepest) throw std::runtime_error(fmt::format("{}: bodies are nested more than {} deep", where, deepest));
  Steps steps;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const Steps step = read_step(json[i], fmt::format("{}[{}]", where, i), depth);
    steps.insert(steps.end(), step.begin(), step.end());
    if (steps.size() > longest) throw std::runtime_error(fmt::format("{}: more than {} steps", where, longest));
  }
  return steps;
}

}  // namespace

Json steps_to_json(Script script) {
  Json json = Json::array();
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
    const Step& step = script[at];
    switch (step.kind) {
      case StepKind::compute:
        json.push_back({{"do", "compute"}, {"kernel", name_of(step.kernel)}, {"amount", step.amount}});
        break;
      case StepKind::wait: json.push_back({{"do", "wait"}, {"time_ns", step.time.count()}}); break;
      case StepKind::request:
        json.push_back({{"do", "request"}, {"bytes", step.bytes}, {"delay_ns", step.time.count()}});
        break;
      case StepKind::critical:
        json.push_back({{"do", "critical"}, {"lock", step.lock}, {"body", steps_to_json(body_of(script, at))}});
        break;
      case StepKind::fan_out:
        json.push_back({{"do", "fan_out"}, {"width", step.width}, {"body", steps_to_json(body_of(script, at))}});
        break;
    }
  }
  return json;
}

Steps steps_from_json(const Json& json, const std::string& where) { return read_steps(json, where, 0); }

}  // namespace cbench
