#include "cmd/metg/metg.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cmd/metg/metg_text.hpp"
#include "cmd/trial_options.hpp"
#include "sweep/metg/metg_trials.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr double least_target = 0.01;
constexpr double most_target = 0.99;

// As they were typed.
struct Typed {
  std::string phase = "compute";
  std::vector<std::string> efficiencies;
  std::string workers;
  std::string concurrency;
  bool json = false;
};

std::vector<double> targets_of(const std::vector<std::string>& texts) {
  std::vector<double> targets;
  for (const std::string& text : texts) {
    const double target = parse_fraction(text, "--efficiency");
    if (target < least_target || target > most_target) {
      throw UsageError(fmt::format("--efficiency must lie between 1% and 99%, not {}", text));
    }
    targets.push_back(target);
  }
  std::ranges::sort(targets);
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

int metg_command(MetgArguments arguments, const Typed& typed) {
  arguments.phase = typed.phase == "wait" ? Phase::wait : Phase::compute;
  arguments.targets = targets_of(typed.efficiencies);
  if (!typed.workers.empty()) arguments.run.workers = {typed.workers};
  if (!typed.concurrency.empty()) arguments.run.concurrency = {typed.concurrency};
  check_where_results_go(arguments.run, typed.json);
  const MetgResult result = measure_metg(arguments);
  if (typed.json) {
    write_out(metg_json(result));
  } else if (!arguments.run.quiet && !writes_to_stdout(arguments.run)) {
    write_out(metg_text(result, terminal_width(stdout)));
  }
  write_notes(result.troubles());
  return result.exit_code(result.all_ok());
}

}  // namespace

void add_metg_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<MetgArguments>();
  auto typed = std::make_shared<Typed>();
  arguments->run.repetitions = 5;
  SweepArguments& run = arguments->run;
  CLI::App* metg = app.add_subcommand("metg", "The smallest task at which each model is still efficient");
  add_models_option(*metg, run);
  metg->add_option("--phase", typed->phase, "What a task does: compute (a kernel) or wait (a timer)")
      ->check(CLI::IsMember({"compute", "wait"}))
      ->capture_default_str()
      ->type_name("PHASE");
  metg->add_option(
          "--efficiency", typed->efficiencies,
          "Shares of the ideal to find the smallest task for; default: 50%,80%, on two workers 75% and 90% too")
      ->delimiter(',')
      ->type_name("E[,E...]");
  metg->add_option("-n,--workers", typed->workers, "Threads, loops or processes a model may own; default: all CPUs")
      ->type_name("N");
  metg->add_option("-c,--concurrency", typed->concurrency, "Tasks in flight; default: 64")->type_name("C");
  metg->add_option(
          "-d,--duration", run.duration,
          "Measured window of a trial, at least; default: 150ms; less than 100ms do not tell whether other programs "
          "disturbed it")
      ->type_name("TIME");
  metg->add_option("--warmup", run.warmup, "Time before the window; default: 50ms")->type_name("TIME");
  metg->add_option("-r,--repetitions", run.repetitions,
                   "Trials of the sizes beside each crossing, each in a process of its own")
      ->capture_default_str()
      ->type_name("R");
  add_seed_option(*metg, run.seed, "Of the order of trials");
  add_record_option(*metg, run);
  add_timeout_option(*metg, run);
  add_keep_awake_option(*metg, run);
  metg->add_flag("--json", typed->json, "Print JSON instead of the table");
  metg->add_flag("-q,--quiet", run.quiet, "No progress line and no table");
  metg->footer(
      "METG, minimum effective task granularity (Slaughter et al., Task Bench, 2020): the smallest granularity, time "
      "x "
      "CPUs / tasks, of tasks that keep an efficiency. Sizes are searched geometrically, interpolated between the two "
      "beside each crossing, and refused where no size lies on either side. A trial beside which others used the CPUs "
      "is "
      "repeated, a bounded number of times. docs/statistics.md says more.\n"
      "Examples:\n"
      "  cbench metg --model all                              what a task must compute at least\n"
      "  cbench metg --model fibers,coroutines --phase wait   how short a wait may be\n"
      "  cbench metg --model pool --efficiency 95% --json");
  metg->callback([arguments, typed, &exit_code] { exit_code = metg_command(*arguments, *typed); });
}

}  // namespace cbench
