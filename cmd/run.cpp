#include "cmd/run.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cmd/progress.hpp"
#include "cmd/run_plan.hpp"
#include "cmd/terminal.hpp"
#include "harness/peer_process.hpp"
#include "harness/trial.hpp"
#include "reports/block_laws.hpp"
#include "reports/cells.hpp"
#include "reports/ideal.hpp"
#include "reports/sink.hpp"
#include "reports/table.hpp"
#include "workloads/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr int exit_interrupted = 130;

volatile std::sig_atomic_t interrupted = 0;

// Ctrl-C ends the trial that runs; what was measured is reported. The second one ends the program.
class InterruptWatch {
 public:
  InterruptWatch() {
    interrupted = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = SA_RESETHAND;
    sigaction(SIGINT, &action, &before_int_);
    sigaction(SIGTERM, &action, &before_term_);
  }
  ~InterruptWatch() {
    sigaction(SIGINT, &before_int_, nullptr);
    sigaction(SIGTERM, &before_term_, nullptr);
  }
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

 private:
  struct sigaction before_int_ {};
  struct sigaction before_term_ {};
};

// The peer of a run: started when the first trial needs it, and again where it died.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : port_(port) {}
  void make_ready(TrialSpec& spec) {
    if (!process_ || !process_->alive()) process_.emplace(port_);
    spec.peer_port = process_->port();
    spec.peer_pid = process_->pid();
  }
  // Why the running trial cannot go on; empty while the peer lives.
  std::string look() {
    if (!process_ || process_->alive()) return {};
    return "the peer was " + process_->end();
  }

 private:
  std::uint16_t port_;
  std::optional<PeerProcess> process_;
};

class Run {
 public:
  Run(const RunArguments& arguments, RunPlan plan)
      : plan_(std::move(plan)), peer_(arguments.peer_port), progress_(!arguments.quiet) {
    for (const std::string& path : arguments.outputs) sinks_.push_back(open_sink(path));
    // Started before the first trial, so that a port that is taken ends the run before anything is measured.
    if (plan_.needs_peer && !plan_.trials.empty()) peer_.make_ready(plan_.trials.front());
    left_ = plan_.expected;
  }

  std::vector<TrialRecord> measure() {
    for (std::size_t i = 0; i < plan_.trials.size() && interrupted == 0; ++i) {
      keep(run_one(plan_.trials[i], i));
      left_ -= expected_time(plan_.trials[i]);
    }
    progress_.clear();
    return std::move(records_);
  }

 private:
  TrialRecord run_one(TrialSpec spec, std::size_t index) {
    if (plan_.needs_peer) peer_.make_ready(spec);
    const auto started = std::chrono::steady_clock::now();
    const auto look = [&]() -> std::string {
      const auto left = std::max<std::chrono::nanoseconds>(left_ - (std::chrono::steady_clock::now() - started), 0ns);
      progress_.show(fmt::format("[{}/{}] {} {}, {} worker{}, {} in flight, repetition {}: {} s left", index + 1,
                                 plan_.trials.size(), spec.model, spec.workload, spec.workers,
                                 spec.workers == 1 ? "" : "s", spec.concurrency, spec.repetition,
                                 std::chrono::ceil<std::chrono::seconds>(left).count()));
      if (interrupted != 0) return "interrupted";
      return plan_.needs_peer ? peer_.look() : std::string();
    };
    look();
    return run_trial(spec, {.look = look});
  }

  void keep(TrialRecord record) {
    // A trial often notices that its connections broke before anybody notices that the peer is gone.
    if (record.status == Status::failed && plan_.needs_peer) {
      if (const auto why = peer_.look(); !why.empty() && record.reason.find(why) == std::string::npos) {
        record.reason = why + "; " + record.reason;
      }
    }
    ideals_.apply(record);
    records_.push_back(std::move(record));
    for (const auto& sink : sinks_) sink->add(records_.back());
  }

  RunPlan plan_;
  Peer peer_;
  Progress progress_;
  Ideals ideals_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::vector<TrialRecord> records_;
  std::chrono::nanoseconds left_{};
};

void print_tables(const std::vector<TrialRecord>& records) {
  auto blocks = blocks_of(records);
  for (Block& block : blocks) add_laws(block);
  write_out(render_table(blocks, {.width = terminal_width(stdout), .colour = colour_allowed(stdout)}));
}

int run_command(const RunArguments& arguments) {
  Run run(arguments, plan_run(arguments));
  const InterruptWatch watch;
  const auto records = run.measure();
  // Records on standard output are for another program: the table would only be in the way.
  const bool to_stdout = std::find(arguments.outputs.begin(), arguments.outputs.end(), "-") != arguments.outputs.end();
  if (!arguments.quiet && !to_stdout) print_tables(records);
  if (interrupted != 0) {
    fmt::print(stderr, "cbench: interrupted; what was measured is above and in the files\n");
    return exit_interrupted;
  }
  const bool all_ok =
      std::all_of(records.begin(), records.end(), [](const TrialRecord& r) { return r.status == Status::ok; });
  return all_ok ? 0 : 1;
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* run = app.add_subcommand("run", "Measure models on workloads (what cbench does without a subcommand)");
  run->add_option("-m,--model", arguments->models,
                  "Models, separated by commas, with settings behind a colon: fibers:stack=16k,sched=work-stealing; "
                  "all for every one (see: cbench list)")
      ->required()
      ->type_name("M[,M...]");
  run->add_option("-w,--workload", arguments->workloads, "Workloads, separated by commas (see: cbench list)")
      ->required()
      ->type_name("W[,W...]");
  run->add_option("-p,--param", arguments->params, "A parameter of the workloads, with its unit: delay=5ms; repeatable")
      ->type_name("NAME=VALUE");
  run->add_option("-n,--workers", arguments->workers,
                  "Threads, loops or processes a model may own; default: powers of two up to the CPUs of this process")
      ->delimiter(',')
      ->type_name("N[,N...]");
  run->add_option("-c,--concurrency", arguments->concurrency, "Tasks in flight; default: the workload's")
      ->delimiter(',')
      ->type_name("C[,C...]");
  run->add_option("-d,--duration", arguments->duration,
                  "Measured window of a trial; default: 2s, less where the whole sweep would take over 4 minutes")
      ->type_name("TIME");
  run->add_option("--warmup", arguments->warmup,
                  "Time before the window; tasks run on into it; default: a quarter of the window")
      ->type_name("TIME");
  run->add_option("-r,--repetitions", arguments->repetitions, "Trials of each cell, each in a process of its own")
      ->capture_default_str()
      ->type_name("R");
  run->add_option("-t,--tasks", arguments->tasks, "Fixed work: run N tasks and measure the makespan, without warm-up")
      ->type_name("N");
  run->add_option("-s,--seed", arguments->seed, "Of the random demands and of the order of trials")
      ->capture_default_str()
      ->type_name("S");
  run->add_option(
         "-o,--output", arguments->outputs,
         "Write a record for each trial as soon as it ends: .csv, .json; - for CSV on standard output; repeatable")
      ->type_name("FILE");
  run->add_option("--timeout", arguments->timeout,
                  "End a trial after this time; default: what it should take and 15s more")
      ->type_name("TIME");
  run->add_option("--max-memory", arguments->max_memory, "End a trial that uses more; default: 90% of the machine's")
      ->type_name("SIZE");
  run->add_option("--peer-port", arguments->peer_port, "Port of the peer that answers requests; default: any free one")
      ->type_name("PORT");
  run->add_flag("--no-baseline", arguments->no_baseline, "Do not run sequential, which speedup and efficiency need");
  run->add_flag("-q,--quiet", arguments->quiet, "No progress line and no table");
  run->footer(
      "Examples:\n"
      "  cbench --model fibers --workload io\n"
      "  cbench --model all --workload io,cpu,mixed -o all.csv\n"
      "  cbench --model pool:threads=64,eventloop --workload io --param delay=5ms --concurrency 100,1000\n"
      "  cbench --model fibers,coroutines --workload sleep --param delay=1s --concurrency 1M --tasks 1M");
  run->callback([arguments, &exit_code] { exit_code = run_command(*arguments); });
}

}  // namespace cbench
