#include "cmd/run.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cmd/table_arguments.hpp"
#include "cmd/trial_options.hpp"
#include "reports/files/formats.hpp"
#include "reports/findings/cells/cells.hpp"
#include "reports/findings/laws/block_laws.hpp"
#include "reports/shown/table.hpp"
#include "sweep/plan/plan.hpp"
#include "sweep/resume.hpp"
#include "sweep/run_sweep.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

void print_tables(const std::vector<TrialRecord>& records, const PrecisionGoal& precision,
                  const TableOptions& options) {
  auto blocks = blocks_of(records);
  for (Block& block : blocks) {
    add_laws(block);
    if (precision.asked()) add_shortfalls(block, precision);
  }
  write_out(render_table(blocks, options));
}

std::string extensions_of_results() {
  std::string list;
  for (const Format& format : formats()) list += fmt::format("{}{}", list.empty() ? "" : ", ", format.extension);
  return list;
}

std::string formats_of_results() {
  std::string text = "Files of results, by extension:\n";
  for (const Format& format : formats()) text += fmt::format("  {:<13} {}\n", format.extension, format.summary);
  return text;
}

// Options that leave nothing of each other.
void check_what_is_shown(const SweepArguments& arguments, const TableArguments& table) {
  if (arguments.quiet && arguments.outputs.empty()) {
    throw UsageError("--quiet shows no results, and no file gets them: add --output FILE, or leave out --quiet");
  }
  if (table.given().empty()) return;
  const std::string_view without_table = arguments.quiet ? "--quiet" : writes_to_stdout(arguments) ? "--output -" : "";
  if (!without_table.empty()) {
    throw UsageError(
        fmt::format("{} prints no table that {} could change: leave out one of them", without_table, table.given()));
  }
}

int run_command(const SweepArguments& arguments, const TableArguments& table) {
  check_what_is_shown(arguments, table);
  const TableOptions options = table_options(table);
  SweepPlan plan = plan_sweep(arguments);
  if (arguments.resume) {
    const std::string there = resume(plan, arguments);
    if (!arguments.quiet) write_notes(std::vector{there});
  }
  const SweepResult measured = run_sweep(arguments, plan, Histograms::merged);
  // Records on standard output are for another program: the table would only be in the way.
  if (!arguments.quiet && !writes_to_stdout(arguments)) print_tables(measured.records, plan.precision, options);
  write_notes(measured.troubles());
  return measured.exit_code();
}

}  // namespace

void add_measuring_options(CLI::App& app, SweepArguments& arguments) {
  app.add_option("-m,--model", arguments.models,
                 "Models, separated by commas, with settings behind a colon: fibers:stack=16k,sched=work-stealing; "
                 "all for every one (see: cbench list)")
      ->required()
      ->type_name("M[,M...]");
  app.add_option("-w,--workload", arguments.workloads,
                 "Workloads, separated by commas (see: cbench list), or files of your own: checkout.json")
      ->required()
      ->type_name("W[,W...]");
  app.add_option("-p,--param", arguments.params, "A parameter of the workloads, with its unit: delay=5ms; repeatable")
      ->type_name("NAME=VALUE");
  app.add_option("-n,--workers", arguments.workers,
                 "Threads, loops or processes a model may own; default: powers of two up to the CPUs of this process")
      ->delimiter(',')
      ->type_name("N[,N...]");
  app.add_option(
         "-c,--concurrency", arguments.concurrency,
         "Tasks in flight; default: the workload's. With --rate the most there may be; default: 1,000, or twice "
         "what the waits of the tasks hold in flight")
      ->delimiter(',')
      ->type_name("C[,C...]");
  app.add_option("-d,--duration", arguments.duration,
                 "Measured window of a trial; default: 2s, less where the whole sweep would take over 4 minutes")
      ->type_name("TIME");
  app.add_option("--warmup", arguments.warmup,
                 "Least time before the window; tasks run on into it; default: 500ms, less where the whole sweep would "
                 "take over 4 minutes")
      ->type_name("TIME");
  app.add_option("-r,--repetitions", arguments.repetitions,
                 "Trials of each cell, each in a process of its own; fewer than 3 tell nobody apart")
      ->capture_default_str()
      ->type_name("R");
  app.add_option(
         "-t,--tasks", arguments.tasks,
         "Fixed work: run N tasks and measure the makespan, without warm-up; sequential, where it was not asked for, "
         "runs as many as tell what one takes")
      ->type_name("N");
  app.add_option("--rate", arguments.rates,
                 "Open loop: tasks arrive at these rates whatever the model does, as in 500, 20k/s or 0.5/s")
      ->delimiter(',')
      ->type_name("R[,R...]");
  app.add_option(
         "--arrivals", arguments.arrivals,
         "Open loop: poisson, at random like those of many users, or constant, equally spaced; default: poisson")
      ->type_name("A");
  app.add_option("--late", arguments.late,
                 "Open loop: a task that comes while --concurrency others are in flight is to wait, charged from when "
                 "it was due, or is shed; default: wait")
      ->type_name("L");
  add_seed_option(app, arguments.seed, "Of the random demands and of the order of trials");
  app.add_option(
         "-o,--output", arguments.outputs,
         fmt::format("Write a record for each trial as soon as it ends: {}; - for CSV on standard output; repeatable",
                     extensions_of_results()))
      ->type_name("FILE");
  add_timeout_option(app, arguments);
  add_machine_options(app, arguments);
  app.add_flag("--no-baseline", arguments.no_baseline, "Do not run sequential, which speedup and efficiency need");
  app.add_flag("-q,--quiet", arguments.quiet, "No progress and no table: for --output");
}

void add_run_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<SweepArguments>();
  auto table = std::make_shared<TableArguments>();
  CLI::App* run = app.add_subcommand("run", "Measure models on workloads (what cbench does without a subcommand)");
  add_measuring_options(*run, *arguments);
  run->add_option("--precision", arguments->precision,
                  "Repeat each cell until the 95% interval of its throughput is that narrow (2%: ±2 % of the mean); "
                  "--repetitions is the least then, and never fewer than 5")
      ->type_name("P");
  run->add_option("--max-repetitions", arguments->max_repetitions,
                  "With --precision: give a cell up after so many; default: 30")
      ->type_name("R");
  run->add_flag("--resume", arguments->resume,
                "Go on with a sweep that was ended: run what the files of --output lack of it, and what failed");
  add_table_options(*run, *table);
  run->footer(
      formats_of_results() +
      "\nExamples:\n"
      "  cbench --model fibers --workload io\n"
      "  cbench --model all --workload io,cpu,mixed -o all.csv\n"
      "  cbench --model pool:threads=64,eventloop --workload io --param delay=5ms --concurrency 100,1000\n"
      "  cbench --model fibers,pool --workload checkout.json           a request of your own\n"
      "  cbench --model all --workload io -o all.csv --resume          what all.csv lacks of it\n"
      "  cbench --model all --workload io --rate 5k/s,20k/s            tasks arrive at 5,000 and 20,000 a second\n"
      "  cbench --model pool,fibers --workload cpu --precision 2%      as many repetitions as that takes\n"
      "  cbench --model fibers,coroutines --workload sleep --param delay=1s --concurrency 100k --tasks 100k");
  run->callback([run, arguments, table, &exit_code] {
    if (!arguments->precision.empty() && run->count("--repetitions") == 0) arguments->repetitions = fewest_repetitions;
    exit_code = run_command(*arguments, *table);
  });
}

}  // namespace cbench
