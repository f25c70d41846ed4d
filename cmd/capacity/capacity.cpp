#include "cmd/capacity/capacity.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cmd/capacity/capacity_text.hpp"
#include "cmd/trial_options.hpp"
#include "sweep/capacity/capacity_trials.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

// As they were typed.
struct Typed {
  std::string workers;
  std::string concurrency;
  bool json = false;
};

int capacity_command(CapacityArguments arguments, const Typed& typed) {
  if (!typed.workers.empty()) arguments.run.workers = {typed.workers};
  if (!typed.concurrency.empty()) arguments.run.concurrency = {typed.concurrency};
  check_where_results_go(arguments.run, typed.json);
  const CapacityResult result = measure_capacity(arguments);
  if (typed.json) {
    write_out(capacity_json(result));
  } else if (!arguments.run.quiet && !writes_to_stdout(arguments.run)) {
    write_out(capacity_text(result, terminal_width(stdout)));
  }
  write_notes(result.troubles());
  return result.exit_code(result.all_ok());
}

}  // namespace

void add_capacity_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<CapacityArguments>();
  auto typed = std::make_shared<Typed>();
  SweepArguments& run = arguments->run;
  CLI::App* capacity =
      app.add_subcommand("capacity", "The highest rate that each model sustains under objectives (p99<20ms)");
  add_models_option(*capacity, run);
  add_one_workload_option(*capacity, run);
  add_param_option(*capacity, run);
  capacity
      ->add_option("--slo", arguments->slos,
                   "Objectives on response times that must all hold: p99<20ms,p99.9<50ms; of one class of tasks: "
                   "light:p99<20ms; repeatable: all are searched for in one go")
      ->required()
      ->type_name("P<TIME[,...]");
  capacity->add_option("--time", arguments->time, "For each model; default: 1min")->type_name("TIME");
  capacity
      ->add_option(
          "--precision", arguments->precision,
          "How narrow the interval of a capacity shall be, where the time allows it; default: 1%, which is ±1 %")
      ->type_name("P");
  capacity->add_option("--arrivals", run.arrivals, "poisson or constant (equally spaced); default: poisson")
      ->type_name("KIND");
  capacity->add_option("-n,--workers", typed->workers, "Threads, loops or processes a model may own; default: all CPUs")
      ->type_name("N");
  capacity
      ->add_option("-c,--concurrency", typed->concurrency,
                   "Tasks that may be in flight; default: 1,000 or more, as the workload's waits need")
      ->type_name("C");
  add_seed_option(*capacity, run.seed, "Of the arrivals, the random demands and the order of trials");
  add_record_option(*capacity, run);
  add_machine_options(*capacity, run);
  capacity->add_flag("--json", typed->json, "Print JSON instead of the table");
  capacity->add_flag("-q,--quiet", run.quiet, "No progress line and no table");
  capacity->footer(
      "Tasks arrive at a rate, whatever the model does (open loop). Many short trials, each in a process of its own, "
      "vote on each rate (MLRsearch): the capacity is the rate that half of them pass, and its interval of 95 % says "
      "how "
      "well they know it. docs/capacity.md explains the verdicts.\n"
      "Examples:\n"
      "  cbench capacity --model pool,fibers,eventloop --workload io --slo 'p99<40ms,p99.9<80ms'\n"
      "  cbench capacity --model all --workload mixed --param heavy=1% --slo 'light:p99<5ms' --time 30s\n"
      "  cbench capacity --model pool:threads=64 --workload io --param delay=20ms --slo 'p99<40ms' --arrivals "
      "constant");
  capacity->callback([arguments, typed, &exit_code] { exit_code = capacity_command(*arguments, *typed); });
}

}  // namespace cbench
