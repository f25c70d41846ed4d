#include "cmd/trial_options.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "text/quantity.hpp"
#include "workloads/peer/server.hpp"

namespace cbench {

std::string why_no_seed(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return fmt::format("\"{}\" is no seed: it takes a whole number from 0 to 2^64 - 1", text);
}

namespace {

std::string why_no_port(const std::string& text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return fmt::format("\"{}\" is no port: it takes a whole number from 0 to 65,535", text);
}

}  // namespace

void add_models_option(CLI::App& app, SweepArguments& run) {
  app.add_option("-m,--model", run.models,
                 "Models, separated by commas, with settings behind a colon; all for every one (see: cbench list)")
      ->required()
      ->type_name("M[,M...]");
}

void add_one_workload_option(CLI::App& app, SweepArguments& run) {
  app.add_option("-w,--workload", run.workloads, "The workload (see: cbench list)")->required()->type_name("W");
}

void add_param_option(CLI::App& app, SweepArguments& run) {
  app.add_option("-p,--param", run.params, "A parameter of the workload, with its unit: delay=5ms; repeatable")
      ->type_name("NAME=VALUE");
}

void add_seed_option(CLI::App& app, std::uint64_t& seed, const std::string& about) {
  app.add_option("-s,--seed", seed, about)->check(why_no_seed)->capture_default_str()->type_name("S");
}

void add_record_option(CLI::App& app, SweepArguments& run) {
  app.add_option("-o,--output", run.outputs,
                 "Write a record for each trial as soon as it ends, as cbench run does; repeatable")
      ->type_name("FILE");
}

void add_timeout_option(CLI::App& app, SweepArguments& run) {
  app.add_option("--timeout", run.timeout, "End a trial after this time; default: what it should take and 15s more")
      ->type_name("TIME");
}

void add_keep_awake_option(CLI::App& app, SweepArguments& run) {
  app.add_flag("--keep-awake", run.keep_awake,
               "Let no CPU halt: threads of idle priority spin on all of them. In a virtual machine a CPU that "
               "halts may be given away, and wakes late")
      ->envname("CBENCH_KEEP_AWAKE");
}

void add_machine_options(CLI::App& app, SweepArguments& run) {
  add_keep_awake_option(app, run);
  app.add_option("--max-memory", run.max_memory,
                 "End a trial that uses more; default: 90% of the machine's, or of "
                 "what its control group leaves")
      ->type_name("SIZE");
  app.add_option("--peer-port", run.peer_port, "Port of the peer that answers requests; default: any free one")
      ->check(why_no_port)
      ->type_name("PORT");
  app.add_option(
         "--peers", run.peers,
         "Threads of the peer; more where a table says that the peer may be the limit, and CPUs are left for them")
      ->check(CLI::Range(1U, most_peers))
      ->capture_default_str();
}

bool writes_to_stdout(const SweepArguments& run) { return std::ranges::find(run.outputs, "-") != run.outputs.end(); }

void check_where_results_go(const SweepArguments& run, bool json) {
  if (json && writes_to_stdout(run)) {
    throw UsageError("--json and --output - both write to standard output: leave out one of them");
  }
  if (run.quiet && !json && run.outputs.empty()) {
    throw UsageError("--quiet shows no results, and no file gets them: add --output FILE or --json, or leave it out");
  }
}

}  // namespace cbench
