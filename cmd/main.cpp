// The program: chooses the subcommand and turns errors into messages and exit codes.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "cmd/aa.hpp"
#include "cmd/advise/advise.hpp"
#include "cmd/arguments.hpp"
#include "cmd/capacity/capacity.hpp"
#include "cmd/check_model.hpp"
#include "cmd/compare/compare.hpp"
#include "cmd/complete.hpp"
#include "cmd/convert.hpp"
#include "cmd/curve/curve.hpp"
#include "cmd/doctor/doctor.hpp"
#include "cmd/explain/explain.hpp"
#include "cmd/fit.hpp"
#include "cmd/help_format.hpp"
#include "cmd/list.hpp"
#include "cmd/metg/metg.hpp"
#include "cmd/micro.hpp"
#include "cmd/plot.hpp"
#include "cmd/run.hpp"
#include "cmd/runtimes.hpp"
#include "cmd/serve.hpp"
#include "cmd/summary.hpp"
#include "cmd/trial.hpp"
#include "sweep/program_facts.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr int exit_usage = 2;
constexpr int exit_closed_pipe = 128 + SIGPIPE;  // as of a program that the signal ends

std::string version_text() {
  const BuildFacts facts = build_of_this_program();
  std::string text = fmt::format("cbench {}\n  {} ({})\n", facts.version, facts.compiler, facts.build_type);
  for (const auto& [name, version] : facts.libraries) text += fmt::format("  {} {}\n", name, version);
  text.pop_back();
  return text;
}

// Numbers 0 to 2 are taken in any case: a pipe or a file of results that got one of them would be written to as if it
// were the terminal. Reading from or writing to what was closed fails as before.
void take_standard_descriptors() {
  for (int descriptor = open("/dev/null", O_RDONLY); descriptor >= 0; descriptor = open("/dev/null", O_RDONLY)) {
    if (descriptor <= STDERR_FILENO) continue;
    close(descriptor);
    return;
  }
}

// Where nobody hears it, the exit code says it alone.
int failed(const std::string& text, int exit_code) {
  write_notes(std::vector{text});
  return exit_code;
}

int run_program(int count, char** values) {
  int exit_code = 0;
  CLI::App app{
      "Runs the same work on threads, fibers, coroutines, event loops, actors and processes, and reports "
      "throughput, latency and speedup.",
      "cbench"};
  app.set_version_flag("-v,--version", version_text);
  app.require_subcommand(0, 1);
  app.formatter(std::make_shared<HelpFormat>());  // subcommands inherit it
  add_run_command(app, exit_code);
  add_advise_command(app, exit_code);
  add_list_command(app, exit_code);
  add_runtimes_command(app, exit_code);
  add_explain_command(app, exit_code);
  add_check_model_command(app, exit_code);
  add_doctor_command(app, exit_code);
  add_compare_command(app, exit_code);
  add_aa_command(app, exit_code);
  add_fit_command(app, exit_code);
  add_metg_command(app, exit_code);
  add_capacity_command(app, exit_code);
  add_curve_command(app, exit_code);
  add_summary_command(app, exit_code);
  add_plot_command(app, exit_code);
  add_convert_command(app, exit_code);
  add_micro_command(app, exit_code);
  add_serve_command(app);
  add_trial_command(app, exit_code);
  add_complete_command(app);
  // After them: they would inherit it.
  app.footer(
      "Examples:\n"
      "  cbench --model fibers --workload io           how fibers serve an I/O-bound workload\n"
      "  cbench --model all --workload io,cpu,mixed    every model on three workloads\n"
      "  cbench advise checkout.json                   which model to choose, in five sentences\n"
      "  cbench plot results.json                      charts of what was measured\n"
      "  cbench compare base.csv new.csv               whether a change made anything slower\n"
      "  cbench explain checkout.json                  what a request of your own asks for, and allows\n"
      "  cbench list                                   what models and workloads there are\n"
      "  cbench list fibers                            the settings of a model\n"
      "  cbench doctor                                 what on this host disturbs a measurement\n"
      "`cbench run --help` explains the options of a measurement.");

  std::vector<std::string> arguments = read_arguments(count, values, app);
  const std::string to_try = page_to_try(arguments);
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(std::move(arguments));
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return failed(fmt::format("{}\n{}", words_of(error), to_try), exit_usage);
  }
  return exit_code;
}

}  // namespace
}  // namespace cbench

int main(int count, char** values) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // whoever ignores it hands that on, and nobody would hear how a trial ended
  cbench::take_standard_descriptors();
  try {
    return cbench::run_program(count, values);
  } catch (const cbench::ClosedPipe&) {
    return cbench::exit_closed_pipe;
  } catch (const cbench::UsageError& error) {
    return cbench::failed(error.what(), cbench::exit_usage);
  } catch (const std::exception& error) {
    return cbench::failed(error.what(), 1);
  }
}
