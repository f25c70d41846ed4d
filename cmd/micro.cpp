#include "cmd/micro.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cmd/arguments.hpp"
#include "harness/clock.hpp"
#include "harness/host.hpp"
#include "micro/benchmark.hpp"
#include "micro/drive.hpp"
#include "micro/models.hpp"
#include "models/model.hpp"
#include "sweep/plan/plan.hpp"
#include "sweep/program_facts.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr const char* default_min_time = "100ms";
constexpr std::string_view filter_flag = "--benchmark_filter";
constexpr std::string_view list_flag = "--benchmark_list_tests";

struct Arguments {
  std::string filter;
  std::string min_time = default_min_time;
  std::uint32_t repetitions = 1;
  std::string format = "console";
  std::string out;
  std::string out_format = "json";
  bool list = false;
};

// Google Benchmark's own flags, in their own form.
std::vector<std::string> flags_of(const Arguments& arguments) {
  const std::chrono::duration<double> min_time = parse_duration(arguments.min_time, "--min-time");
  if (min_time.count() <= 0) throw UsageError("--min-time must be more than 0");
  if (arguments.repetitions == 0) throw UsageError("--repetitions must be at least 1");
  std::vector<std::string> flags{fmt::format("--benchmark_min_time={}", min_time.count()),
                                 fmt::format("--benchmark_repetitions={}", arguments.repetitions),
                                 fmt::format("--benchmark_format={}", arguments.format),
                                 fmt::format("--benchmark_out_format={}", arguments.out_format)};
  if (!arguments.out.empty()) flags.push_back(fmt::format("--benchmark_out={}", arguments.out));
  return flags;
}

// Takes out what is ours to do, since the benchmarks' names are ours too: the filter and the list. The last one counts.
void take_own_flags(std::vector<std::string>& flags, Arguments& arguments) {
  std::erase_if(flags, [&](const std::string& flag) {
    const auto equals = flag.find('=');
    const std::string name = flag.substr(0, equals);
    const std::string value = equals == std::string::npos ? "true" : flag.substr(equals + 1);
    if (name == filter_flag) arguments.filter = value;
    if (name == list_flag) arguments.list = value != "false" && value != "no" && value != "0";
    return name == filter_flag || name == list_flag;
  });
}

// Of what is no option of ours, Google Benchmark gets what looks like one of its own.
void check_is_passed_on(const std::string& argument, const CLI::App& command) {
  if (argument.starts_with("--benchmark_") || argument == "--v" || argument.starts_with("--v=")) return;
  if (argument.starts_with("-")) throw no_such_option(argument.substr(0, argument.find('=')), command);
  throw UsageError(fmt::format("cbench micro takes no \"{}\"; by name: --filter '{}'", argument, argument));
}

micro::Benchmarks all_benchmarks(const HostFacts& host) {
  const std::vector<std::uint32_t> counts = default_worker_counts(host);
  micro::Benchmarks benchmarks;
  for (const micro::Family* family : micro::families()) {
    if (family->add != nullptr) family->add(benchmarks, counts);
  }
  micro::add_models(benchmarks, models(), counts);
  return benchmarks;
}

std::string absent_text() {
  std::string text;
  for (const micro::Family* family : micro::families()) {
    if (family->add == nullptr) text += fmt::format("not in this program: {} ({})\n", family->name, family->absent);
  }
  for (const ModelInfo* model : models()) {
    if (model->make == nullptr) text += fmt::format("not in this program: model {} ({})\n", model->name, model->absent);
  }
  return text;
}

int micro_command(Arguments arguments, const std::vector<std::string>& more_flags) {
  std::vector<std::string> flags = flags_of(arguments);
  flags.insert(flags.end(), more_flags.begin(), more_flags.end());
  micro::check_flags(flags);
  take_own_flags(flags, arguments);
  ticks::calibrate();
  const HostFacts host = host_facts();
  const BuildFacts build = build_of_this_program();
  const micro::Benchmarks benchmarks = micro::matching(all_benchmarks(host), arguments.filter);
  if (benchmarks.empty()) {
    throw UsageError(
        fmt::format("no benchmark's name matches \"{}\"; `cbench micro --list` prints them", arguments.filter));
  }
  std::fputs(absent_text().c_str(), stderr);
  if (arguments.list) {
    std::string names;
    for (const micro::Benchmark& benchmark : benchmarks) names += benchmark.name + '\n';
    write_out(names);
    return 0;
  }
  const auto failures = micro::drive(benchmarks, flags,
                                     {{"cbench", build.version},
                                      {"compiler", build.compiler},
                                      {"cpu_model", host.cpu_model},
                                      {"kernel", host.kernel},
                                      {"allocator", build.allocator}});
  for (const micro::Failure& failure : failures) write_note(fmt::format("{}: {}", failure.name, failure.reason));
  if (!failures.empty()) write_note(fmt::format("{} of {} benchmarks failed", failures.size(), benchmarks.size()));
  return failures.empty() ? 0 : 1;
}

}  // namespace

void add_micro_command(CLI::App& app, int& exit_code) {
  CLI::App* const command =
      app.add_subcommand("micro", "What each model and each primitive costs by itself (Google Benchmark)");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--filter", arguments->filter, "Only those whose names match; -REGEX: only the others")
      ->type_name("REGEX");
  command->add_flag("--list", arguments->list, "Print the names and run nothing");
  command
      ->add_option("--repetitions", arguments->repetitions,
                   "Runs of each; with more than one, mean, median and spread too")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--min-time", arguments->min_time, "How long one run lasts at least")
      ->type_name("TIME")
      ->capture_default_str();
  command->add_option("--format", arguments->format, "On standard output: console, json or csv")
      ->type_name("FORMAT")
      ->capture_default_str();
  command->add_option("--out", arguments->out, "A file to write the results to as well")->type_name("FILE");
  command->add_option("--out-format", arguments->out_format, "In that file: json, console or csv")
      ->type_name("FORMAT")
      ->capture_default_str();
  command->allow_extras();
  command->footer(
      "Time is wall time for one operation, CPU what all threads and processes used for it; docs/micro.md says what "
      "an "
      "operation is. Flags of Google Benchmark itself (--benchmark_filter=REGEX, --benchmark_out=FILE, ...) work "
      "too.\n"
      "Examples:\n"
      "  cbench micro --list                            what there is\n"
      "  cbench micro --filter spawn_join               what starting and joining a task costs in every model\n"
      "  cbench micro --filter 'model/.*/fibers/'       all about fibers\n"
      "  cbench micro --filter primitive/hand_over      how one thread wakes another\n"
      "  cbench micro --repetitions 5 --out micro.json  everything, five times, and a file to compare with");
  command->callback([command, arguments, &exit_code] {
    for (const std::string& argument : command->remaining()) check_is_passed_on(argument, *command);
    exit_code = micro_command(*arguments, command->remaining());
  });
}

}  // namespace cbench
