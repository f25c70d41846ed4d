#include "cmd/curve/curve.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cmd/curve/curve_text.hpp"
#include "cmd/trial_options.hpp"
#include "sweep/curve/curve_trials.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

// As they were typed.
struct Typed {
  std::string concurrency;
  bool json = false;
};

int curve_command(CurveArguments arguments, const Typed& typed) {
  if (!typed.concurrency.empty()) arguments.run.concurrency = {typed.concurrency};
  check_where_results_go(arguments.run, typed.json);
  const CurveResult result = measure_curve(arguments);
  if (typed.json) {
    write_out(curve_json(result));
  } else if (!arguments.run.quiet && !writes_to_stdout(arguments.run)) {
    write_out(curve_text(result, {.width = terminal_width(stdout), .colour = colour_allowed(stdout)}));
  }
  write_notes(result.measured.troubles());
  return result.exit_code();
}

}  // namespace

void add_curve_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<CurveArguments>();
  auto typed = std::make_shared<Typed>();
  SweepArguments& run = arguments->run;
  CLI::App* curve = app.add_subcommand("curve", "Response time against load of each model, and where it bends");
  add_models_option(*curve, run);
  add_one_workload_option(*curve, run);
  add_param_option(*curve, run);
  curve
      ->add_option(
          "--points", arguments->points,
          "Rates for each model: 10 % to 95 % of the closed loop's throughput, denser near it, 100 % and 105 %")
      ->capture_default_str()
      ->type_name("N");
  curve
      ->add_option("-n,--workers", run.workers,
                   "Threads, loops or processes a model may own; several give each its own curve; default: all CPUs")
      ->delimiter(',')
      ->type_name("N[,N...]");
  curve
      ->add_option("-c,--concurrency", typed->concurrency,
                   "Tasks in flight in the closed loop, and the most in the open ones; default: the workload's, and "
                   "1,000 or more in open loops, as its waits need")
      ->type_name("C");
  curve->add_option("--arrivals", run.arrivals, "poisson or constant (equally spaced); default: poisson")
      ->type_name("KIND");
  curve
      ->add_option("--late", run.late,
                   "A task that arrives while all slots are taken waits for one (wait), or is dropped (shed); "
                   "default: wait")
      ->type_name("WAY");
  curve
      ->add_option(
          "-d,--duration", run.duration,
          "Measured window of a trial; default: 2s, or less where there are many trials, or up to 10s at rates "
          "that bring too few tasks for a p99")
      ->type_name("TIME");
  curve->add_option("--warmup", run.warmup, "Time before the window; default: 500ms")->type_name("TIME");
  curve->add_option("-r,--repetitions", run.repetitions, "Trials of each rate, each in a process of its own")
      ->capture_default_str()
      ->type_name("R");
  add_seed_option(*curve, run.seed, "Of the arrivals, the random demands and the order of trials");
  add_record_option(*curve, run);
  add_timeout_option(*curve, run);
  add_machine_options(*curve, run);
  curve->add_flag("--json", typed->json, "Print JSON instead of the table and the chart");
  curve->add_flag("-q,--quiet", run.quiet, "No progress line and no table");
  curve->footer(
      "A closed loop says first what each model can do; then tasks arrive at rates up to that and a little past it, "
      "whatever the model does (open loop), models and rates interleaved. Response times count from when a task was "
      "due. The knee is where power, throughput over mean response time, is greatest (Kleinrock, 1979). It lies "
      "between two rates that were measured; more --points or --repetitions bring these closer. docs/curve.md says "
      "more.\n"
      "Examples:\n"
      "  cbench curve --model fibers,pool --workload io               two models under the same work\n"
      "  cbench curve --model pool --workload cpu -n 1 --points 12    finer\n"
      "  cbench curve --model all --workload mixed -o curve.json      keep the trials; then:\n"
      "  cbench plot curve.json --kind curve                          the chart again\n"
      "  scripts/report curve.json                                    a page with the picture");
  curve->callback([arguments, typed, &exit_code] { exit_code = curve_command(*arguments, *typed); });
}

}  // namespace cbench
