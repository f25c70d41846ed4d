#include "workloads/workload.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "text/quantity.hpp"
#include "workloads/kernels.hpp"
#include "workloads/workload_file.hpp"

namespace cbench {
namespace {

Kernel parse_kernel(std::string_view text, std::string_view what) {
  const auto kernel = kernel_named(text);
  if (!kernel || *kernel == Kernel::fault) {
    throw UsageError(fmt::format("{}: unknown kernel \"{}\"; known: primes, mix, memory", what, text));
  }
  return *kernel;
}

void check_bounds(const Parameter& parameter, std::uint64_t value) {
  if (value < parameter.least || value > parameter.most) {
    throw UsageError(
        fmt::format("{} must lie between {} and {}, not {}", parameter.name, parameter.least, parameter.most, value));
  }
}

void check_duration(const Parameter& parameter, std::chrono::nanoseconds time) {
  if (time <= most_time) return;
  throw UsageError(
      fmt::format("{}: {} is more than {}", parameter.name, format_duration(time), format_duration(most_time)));
}

void check_choice(const Parameter& parameter, std::string_view text) {
  if (std::find(parameter.choices.begin(), parameter.choices.end(), text) != parameter.choices.end()) return;
  throw unknown(parameter.name, text, {parameter.choices.begin(), parameter.choices.end()});
}

void check(const Parameter& parameter, std::string_view text) {
  switch (parameter.unit) {
    case Unit::duration: check_duration(parameter, parse_duration(text, parameter.name)); break;
    case Unit::bytes: check_bounds(parameter, parse_size(text, parameter.name)); break;
    case Unit::count: check_bounds(parameter, parse_count(text, parameter.name)); break;
    case Unit::fraction: parse_fraction(text, parameter.name); break;
    case Unit::kernel: parse_kernel(text, parameter.name); break;
    case Unit::choice: check_choice(parameter, text); break;
  }
}

}  // namespace

Parameters read_parameters(std::span<const Parameter> declared,
                           const std::map<std::string, std::string, std::less<>>& given) {
  Parameters parameters;
  std::vector<std::string> known;
  for (const Parameter& parameter : declared) {
    known.emplace_back(parameter.name);
    const auto found = given.find(parameter.name);
    const std::string text(found == given.end() ? parameter.fallback : found->second);
    check(parameter, text);
    parameters.text_.emplace(parameter.name, text);
  }
  for (const auto& [name, value] : given) {
    if (!parameters.text_.contains(name)) throw unknown("parameter", name, known);
  }
  return parameters;
}

std::chrono::nanoseconds Parameters::duration(std::string_view name) const {
  return parse_duration(text_.find(name)->second, name);
}
std::uint32_t Parameters::bytes(std::string_view name) const {
  return static_cast<std::uint32_t>(parse_size(text_.find(name)->second, name));
}
std::uint64_t Parameters::count(std::string_view name) const { return parse_count(text_.find(name)->second, name); }
double Parameters::fraction(std::string_view name) const { return parse_fraction(text_.find(name)->second, name); }
Kernel Parameters::kernel(std::string_view name) const { return parse_kernel(text_.find(name)->second, name); }
std::string_view Parameters::choice(std::string_view name) const { return text_.find(name)->second; }

std::vector<TaskKind> one_kind(Steps steps) { return {TaskKind{.scripts = {std::move(steps)}}}; }

Work draw_work(const WorkloadInfo& workload, const std::map<std::string, std::string, std::less<>>& given,
               std::uint64_t seed, std::uint32_t workers) {
  const Parameters parameters = read_parameters(workload.parameters, given);
  return work_of(workload.draw({parameters, seed, workers}), seed);
}

}  // namespace cbench
