#include "micro/drive.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <regex>
#include <span>
#include <utility>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "micro/isolate.hpp"
#include "text/quantity.hpp"

namespace cbench::micro {
namespace {

using namespace std::chrono_literals;

constexpr const char* cpu_counter = "cpu_s";         // carries CPU seconds an operation from a run to the reports
constexpr std::string_view suffix = "/manual_time";  // Google Benchmark's, on names of benchmarks with their own clock
constexpr auto grace = 30s;
constexpr int slowest = 10;  // a run may take so many times what the one before makes us expect

constexpr std::array<std::string_view, 16> known_flags{"--benchmark_color",
                                                       "--benchmark_context",
                                                       "--benchmark_counters_tabular",
                                                       "--benchmark_filter",
                                                       "--benchmark_format",
                                                       "--benchmark_display_aggregates_only",
                                                       "--benchmark_list_tests",
                                                       "--benchmark_min_time",
                                                       "--benchmark_enable_random_interleaving",
                                                       "--benchmark_out",
                                                       "--benchmark_min_warmup_time",
                                                       "--benchmark_out_format",
                                                       "--benchmark_time_unit",
                                                       "--benchmark_repetitions",
                                                       "--benchmark_report_aggregates_only",
                                                       "--v"};

// Name and value of "--name=value"; "true" where there is no value.
std::pair<std::string_view, std::string_view> split(std::string_view flag) {
  const auto equals = flag.find('=');
  if (equals == std::string_view::npos) return {flag, "true"};
  return {flag.substr(0, equals), flag.substr(equals + 1)};
}

void check_choice(std::string_view flag, std::string_view value, std::span<const std::string_view> choices) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  throw UsageError(fmt::format("{} must be one of {}, not \"{}\"", flag, fmt::join(choices, ", "), value));
}

// Passes reports on to a reporter of Google Benchmark's, with what only we know put right: whose CPU time it was, how
// many threads there were, and names without the suffix.
class Corrected final : public benchmark::BenchmarkReporter {
 public:
  Corrected(benchmark::BenchmarkReporter& reporter, const std::map<std::string, const Benchmark*>& by_name)
      : reporter_(reporter), by_name_(by_name) {}

  bool ReportContext(const Context& context) override {
    reporter_.SetOutputStream(&GetOutputStream());
    reporter_.SetErrorStream(&GetErrorStream());
    Context corrected = context;
    corrected.name_field_width -= std::min(corrected.name_field_width, suffix.size());
    return reporter_.ReportContext(corrected);
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    std::vector<Run> corrected = runs;
    for (Run& run : corrected) correct(run);
    reporter_.ReportRuns(corrected);
  }
  void Finalize() override { reporter_.Finalize(); }

 private:
  void correct(Run& run) const {
    run.run_name.time_type.clear();
    if (const auto found = by_name_.find(run.run_name.function_name); found != by_name_.end()) {
      run.threads = found->second->threads;
    }
    const auto cpu = run.counters.find(cpu_counter);
    if (cpu == run.counters.end()) return;
    const bool is_time = run.run_type == Run::RT_Iteration || run.aggregate_unit == benchmark::kTime;
    const double operations = is_time ? static_cast<double>(std::max<std::int64_t>(run.iterations, 1)) : 1;
    run.cpu_accumulated_time = cpu->second.value * operations;
    run.counters.erase(cpu);
  }

  benchmark::BenchmarkReporter& reporter_;
  const std::map<std::string, const Benchmark*>& by_name_;
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // the CSV reporter, which its users may still ask for
std::unique_ptr<benchmark::BenchmarkReporter> make_reporter(std::string_view format) {
  if (format == "csv") return std::make_unique<benchmark::CSVReporter>();
  if (format == "console") return std::make_unique<benchmark::ConsoleReporter>(benchmark::ConsoleReporter::OO_None);
  return std::make_unique<benchmark::JSONReporter>();
}
#pragma GCC diagnostic pop

// Takes what Google Benchmark asks for: `state.max_iterations` operations.
class Run {
 public:
  Run(const Benchmark& benchmark, std::vector<Failure>& failures) : benchmark_(benchmark), failures_(failures) {}

  void operator()(benchmark::State& state) {
    const auto operations = static_cast<std::uint64_t>(state.max_iterations);
    const auto expected =
        std::chrono::nanoseconds(static_cast<std::int64_t>(ns_each_ * static_cast<double>(operations)));
    const Outcome outcome = run_isolated(benchmark_, operations, grace + slowest * expected);
    if (!outcome.failure.empty()) {
      note(outcome.failure);
      state.SkipWithError(outcome.failure.c_str());
      return;
    }
    ns_each_ = static_cast<double>(outcome.measurement.wall.count()) / static_cast<double>(operations);
    while (state.KeepRunningBatch(state.max_iterations)) {
      state.SetIterationTime(std::chrono::duration<double>(outcome.measurement.wall).count());
    }
    state.SetItemsProcessed(state.iterations());
    state.counters[cpu_counter] =
        std::chrono::duration<double>(outcome.measurement.cpu).count() / static_cast<double>(operations);
  }

 private:
  void note(const std::string& reason) {
    const auto same = [&](const Failure& failure) { return failure.name == benchmark_.name; };
    if (std::none_of(failures_.begin(), failures_.end(), same)) failures_.push_back({benchmark_.name, reason});
  }

  const Benchmark& benchmark_;
  std::vector<Failure>& failures_;
  double ns_each_ = 0;
};

// Google Benchmark takes from the arguments what it knows. It keeps a pointer to the first.
void initialise(const std::vector<std::string>& flags) {
  static std::vector<std::string> arguments;
  arguments = {"cbench micro"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  auto count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, pointers.data());
  if (count > 1) throw UsageError(fmt::format("Google Benchmark refuses {}", pointers[1]));
}

}  // namespace

Benchmarks matching(const Benchmarks& benchmarks, std::string_view filter) {
  const bool inverted = filter.starts_with('-');
  if (inverted) filter.remove_prefix(1);
  if (filter.empty() || filter == "all") filter = ".";
  try {
    const std::regex regex(filter.begin(), filter.end(), std::regex::extended | std::regex::nosubs);
    Benchmarks chosen;
    std::copy_if(benchmarks.begin(), benchmarks.end(), std::back_inserter(chosen),
                 [&](const Benchmark& benchmark) { return std::regex_search(benchmark.name, regex) != inverted; });
    return chosen;
  } catch (const std::regex_error& error) {
    throw UsageError(fmt::format("the filter \"{}\" is no regular expression: {}", filter, error.what()));
  }
}

void check_flags(const std::vector<std::string>& flags) {
  constexpr std::string_view formats[] = {"console", "json", "csv"};
  constexpr std::string_view units[] = {"ns", "us", "ms", "s"};
  for (const std::string& flag : flags) {
    const auto [name, value] = split(flag);
    if (name == "--benchmark_perf_counters") {
      throw UsageError("--benchmark_perf_counters would count in the wrong process: every run has one of its own");
    }
    if (std::find(known_flags.begin(), known_flags.end(), name) == known_flags.end()) {
      throw unknown("flag", name, {known_flags.begin(), known_flags.end()});
    }
    if (name == "--benchmark_format" || name == "--benchmark_out_format") check_choice(name, value, formats);
    if (name == "--benchmark_time_unit") check_choice(name, value, units);
  }
}

std::vector<Failure> drive(const Benchmarks& benchmarks, const std::vector<std::string>& flags,
                           const std::map<std::string, std::string>& facts) {
  check_flags(flags);
  std::string_view format = "console";
  std::string_view out;
  std::string_view out_format = "json";
  for (const std::string& flag : flags) {
    const auto [name, value] = split(flag);
    if (name == "--benchmark_format") format = value;
    if (name == "--benchmark_out") out = value;
    if (name == "--benchmark_out_format") out_format = value;
  }
  initialise(flags);
  for (const auto& [name, text] : facts) benchmark::AddCustomContext(name, text);

  std::vector<Failure> failures;
  std::map<std::string, const Benchmark*> by_name;
  for (const Benchmark& benchmark : benchmarks) {
    by_name.emplace(benchmark.name, &benchmark);
    benchmark::RegisterBenchmark(benchmark.name.c_str(), Run(benchmark, failures))->UseManualTime();
  }
  const auto display_reporter = make_reporter(format);
  // Google Benchmark's own console knows whether there may be colour, and lives as long as the process.
  Corrected display(format == "console" ? *benchmark::CreateDefaultDisplayReporter() : *display_reporter, by_name);
  const auto file_reporter = make_reporter(out_format);
  Corrected file(*file_reporter, by_name);
  benchmark::RunSpecifiedBenchmarks(&display, out.empty() ? nullptr : &file, "all");
  benchmark::ClearRegisteredBenchmarks();
  return failures;
}

}  // namespace cbench::micro
