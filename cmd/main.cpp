// The program: chooses the subcommand and turns errors into messages and exit codes.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cmd/aa.hpp"
#include "cmd/compare.hpp"
#include "cmd/convert.hpp"
#include "cmd/doctor.hpp"
#include "cmd/fit.hpp"
#include "cmd/help_format.hpp"
#include "cmd/list.hpp"
#include "cmd/metg.hpp"
#include "cmd/micro.hpp"
#include "cmd/plot.hpp"
#include "cmd/run.hpp"
#include "cmd/serve.hpp"
#include "cmd/summary.hpp"
#include "cmd/trial.hpp"
#include "sweep/program_facts.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr int exit_usage = 2;
constexpr const char* group_of_internals = "Used by cbench itself";

std::string version_text() {
  const BuildFacts facts = build_of_this_program();
  std::string text = fmt::format("cbench {}\n  {} ({})\n", facts.version, facts.compiler, facts.build_type);
  for (const auto& [name, version] : facts.libraries) text += fmt::format("  {} {}\n", name, version);
  text.pop_back();
  return text;
}

// `cbench --model ...` means `cbench run --model ...`.
std::vector<std::string> with_subcommand(int count, char** values, const CLI::App& app) {
  std::vector<std::string> arguments(values + 1, values + count);
  constexpr std::array<std::string_view, 4> of_the_program{"-h", "--help", "--help-all", "--version"};
  if (arguments.empty()) return {"--help"};
  const std::string& first = arguments.front();
  const bool is_option =
      first.starts_with("-") && std::find(of_the_program.begin(), of_the_program.end(), first) == of_the_program.end();
  if (is_option) {
    arguments.insert(arguments.begin(), "run");
  } else if (!first.starts_with("-")) {
    const auto is_public = [](const CLI::App* subcommand) { return subcommand->get_group() != group_of_internals; };
    std::vector<std::string> known;
    for (const CLI::App* subcommand : app.get_subcommands(is_public)) known.push_back(subcommand->get_name());
    if (first != "trial" && std::find(known.begin(), known.end(), first) == known.end()) {
      throw unknown("command", first, known);
    }
  }
  return arguments;
}

int run_program(int count, char** values) {
  int exit_code = 0;
  CLI::App app{
      "Runs the same work on threads, fibers, coroutines, event loops, actors and processes, and reports\n"
      "throughput, latency and speedup.",
      "cbench"};
  app.set_version_flag("--version", version_text);
  app.require_subcommand(0, 1);
  app.formatter(std::make_shared<HelpFormat>());  // subcommands inherit it
  app.footer(
      "Examples:\n"
      "  cbench --model fibers --workload io           how fibers serve an I/O-bound workload\n"
      "  cbench --model all --workload io,cpu,mixed    every model on three workloads\n"
      "  cbench plot results.json                      charts of what was measured\n"
      "  cbench compare base.csv new.csv               whether a change made anything slower\n"
      "  cbench list                                   what models and workloads there are\n"
      "  cbench list fibers                            the settings of a model\n"
      "  cbench doctor                                 what on this host disturbs a measurement\n"
      "`cbench run --help` explains the options of a measurement.");
  add_run_command(app, exit_code);
  add_list_command(app, exit_code);
  add_doctor_command(app, exit_code);
  add_compare_command(app, exit_code);
  add_aa_command(app, exit_code);
  add_fit_command(app, exit_code);
  add_metg_command(app, exit_code);
  add_summary_command(app, exit_code);
  add_plot_command(app, exit_code);
  add_convert_command(app, exit_code);
  add_micro_command(app, exit_code);
  add_serve_command(app);
  add_trial_command(app, exit_code);

  try {
    auto arguments = with_subcommand(count, values, app);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(std::move(arguments));
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "cbench: {}\nTry: cbench --help\n", error.what());
    return exit_usage;
  }
  return exit_code;
}

}  // namespace
}  // namespace cbench

int main(int count, char** values) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return cbench::run_program(count, values);
  } catch (const cbench::UsageError& error) {
    fmt::print(stderr, "cbench: {}\n", error.what());
    return cbench::exit_usage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "cbench: {}\n", error.what());
    return 1;
  }
}
