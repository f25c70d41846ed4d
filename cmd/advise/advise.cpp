#include "cmd/advise/advise.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cmd/advise/advice_run.hpp"
#include "cmd/advise/advice_text.hpp"
#include "cmd/trial_options.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::size_t readable = 100;

int advise_command(const AdviceArguments& arguments, bool json) {
  const AdviceResult result = advise(arguments);
  if (json) {
    write_out(advice_json(result));
  } else {
    write_out(advice_text(result, std::min(readable, terminal_width(stdout)), colour_allowed(stdout)));
  }
  write_notes(result.troubles());
  return result.exit_code(result.any_measured());
}

}  // namespace

void add_advise_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<AdviceArguments>();
  auto json = std::make_shared<bool>(false);
  auto workload = std::make_shared<std::string>();
  SweepArguments& run = arguments->run;
  CLI::App* command =
      app.add_subcommand("advise", "Which model to choose for a workload, by how much, why, at what cost");
  command->add_option("WORKLOAD", *workload, "A workload (see: cbench list), or a file: checkout.json")->required();
  command
      ->add_option("--rate", run.rates, "Tasks arrive at this rate, whatever the model does: who serves it? 500, 20k/s")
      ->delimiter(',')
      ->type_name("R");
  command
      ->add_option("--slo", arguments->slo,
                   "Objectives on response times that must all hold: p99<20ms,p99.9<50ms; of one class of tasks: "
                   "light:p99<20ms. With --rate: does it hold there; without: how far does each go")
      ->type_name("P<TIME[,...]");
  command
      ->add_option("-m,--model", run.models,
                   "Models, separated by commas, with settings behind a colon; default: all that are present, those of "
                   "other runtimes too where they are built")
      ->type_name("M[,M...]");
  command->add_option("--time", arguments->time, "For all trials; default: 2min, or 15s a model with --slo alone")
      ->type_name("TIME");
  add_param_option(*command, run);
  command->add_option("-n,--workers", run.workers, "Threads, loops or processes a model may own; default: all CPUs")
      ->delimiter(',')
      ->type_name("N[,N...]");
  command
      ->add_option("-c,--concurrency", run.concurrency,
                   "Tasks in flight; default: the workload's. With --rate or --slo the most there may be")
      ->type_name("C");
  command->add_option("--arrivals", run.arrivals, "With --rate or --slo: poisson or constant; default: poisson")
      ->type_name("A");
  add_seed_option(*command, run.seed, "Of the arrivals, the random demands and the order of trials");
  add_record_option(*command, run);
  add_machine_options(*command, run);
  command->add_flag("--json", *json, "Print the answer as JSON: its sentences, and the numbers that they rest on");
  command->add_flag("-q,--quiet", run.quiet, "No progress and no estimate of the time");
  command->footer(
      "Says what the trials tell and no more: models that they do not tell apart are all named, and where they tell "
      "nothing, that is the answer. docs/advise.md has the rules.\n"
      "Examples:\n"
      "  cbench advise checkout.json                                     which model does most of it\n"
      "  cbench advise io --rate 20k/s                                   which models serve 20,000 a second\n"
      "  cbench advise io --rate 20k/s --slo 'p99<40ms'                  ... within 40 ms, and how much more they "
      "take\n"
      "  cbench advise mixed --param heavy=1% --slo 'light:p99<5ms'      how far each goes\n"
      "  cbench advise cpu --workers 1,2 --time 1min -o trials.json      with other numbers of workers\n"
      "  cbench explain checkout.json                                    what a workload asks for, before any trial");
  command->callback([arguments, workload, json, &exit_code] {
    arguments->run.workloads = {*workload};
    exit_code = advise_command(*arguments, *json);
  });
}

}  // namespace cbench
