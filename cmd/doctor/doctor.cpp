#include "cmd/doctor/doctor.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "record/record_json.hpp"
#include "text/fitted.hpp"
#include "text/human.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::size_t severity_columns = 9;
constexpr std::size_t subject_columns = 16;

Colour colour_of(Severity severity) {
  switch (severity) {
    case Severity::ok: return Colour::green;
    case Severity::note: return Colour::cyan;
    case Severity::warning: return Colour::yellow;
    case Severity::error: return Colour::red;
  }
  return Colour::none;
}

std::size_t count(std::span<const Finding> findings, Severity severity) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.severity == severity; }));
}

bool can_measure(std::span<const Finding> findings) { return count(findings, Severity::error) == 0; }

std::string host_line(const HostFacts& facts, const BuildFacts& build) {
  return fmt::format("{}, {} of {} CPUs, {:.1f} GiB, {}; cbench {} with {}", facts.cpu_model, facts.cpus_allowed,
                     facts.cpus_online, static_cast<double>(facts.memory_bytes) / (1ULL << 30U), facts.kernel,
                     build.version, build.allocator);
}

std::string summary(std::span<const Finding> findings) {
  const std::size_t errors = count(findings, Severity::error);
  if (errors > 0)
    return fmt::format("Nothing can be measured until {} gone.", errors == 1 ? "the error is" : "the errors are");
  std::vector<std::string> parts;
  for (const Severity severity : {Severity::warning, Severity::note}) {
    if (const std::size_t number = count(findings, severity); number > 0) {
      parts.push_back(plural(number, name_of(severity)));
    }
  }
  if (parts.empty()) return "Nothing here disturbs a measurement.";
  return fmt::format("{}. Measuring is possible{}.", fmt::join(parts, ", "),
                     count(findings, Severity::warning) > 0 ? ", and better once the warnings are gone" : "");
}

std::string lines_of(const Finding& finding, std::size_t width, bool colour) {
  // On a narrow terminal the text goes below its heading.
  const bool narrow = width < 70;
  const std::size_t indent = narrow ? 2 : severity_columns + subject_columns;
  const std::string_view severity = name_of(finding.severity);
  std::string text = coloured(severity, colour_of(finding.severity), colour);
  text.append(severity_columns - severity.size(), ' ').append(finding.subject);
  if (narrow) {
    text.append("\n").append(indent, ' ');
  } else {
    text.append(subject_columns - std::min(finding.subject.size(), subject_columns - 1), ' ');
  }
  text += wrapped(finding.meaning, width, indent);
  if (!finding.remedy.empty()) text += std::string(indent, ' ') + wrapped("-> " + finding.remedy, width, indent);
  return text;
}

}  // namespace

std::string doctor_text(const HostFacts& facts, const BuildFacts& build, std::span<const Finding> findings,
                        std::size_t width, bool colour) {
  std::string text = wrapped(host_line(facts, build), width) + '\n';
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note, Severity::ok}) {
    for (const Finding& finding : findings) {
      if (finding.severity == severity) text += lines_of(finding, width, colour);
    }
  }
  return text + '\n' + wrapped(summary(findings), width);
}

std::string doctor_json(const HostFacts& facts, const BuildFacts& build, std::span<const Finding> findings) {
  Json json{{"schema", schema_version},
            {"can_measure", can_measure(findings)},
            {"host", host_to_json(facts)},
            {"build", build_to_json(build)}};
  json["findings"] = Json::array();
  for (const Finding& finding : findings) {
    json["findings"].push_back({{"severity", name_of(finding.severity)},
                                {"subject", finding.subject},
                                {"meaning", finding.meaning},
                                {"remedy", finding.remedy}});
  }
  // Names of CPUs and processes come from outside and need not be UTF-8.
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

void add_doctor_command(CLI::App& app, int& exit_code) {
  CLI::App* const command =
      app.add_subcommand("doctor", "What on this host will disturb a measurement, and how to change it");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON instead of text");
  command->footer(
      "Watches the host for half a second, then prints one line or two for each thing that is known to "
      "disturb a measurement: ok, note (know it when you read the numbers), warning (the numbers will "
      "suffer) or error (nothing can be measured; the exit code is 1).\n"
      "Examples:\n"
      "  cbench doctor\n"
      "  cbench doctor --json | jq .findings   for programs");
  command->callback([json, &exit_code] {
    const Evidence evidence = gather_evidence();
    const std::vector<Finding> findings = examine(evidence);
    constexpr std::size_t readable = 100;
    write_out(*json ? doctor_json(evidence.facts, evidence.build, findings)
                    : doctor_text(evidence.facts, evidence.build, findings, std::min(readable, terminal_width(stdout)),
                                  colour_allowed(stdout)));
    exit_code = can_measure(findings) ? 0 : 1;
  });
}

}  // namespace cbench
