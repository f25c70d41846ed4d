#include "cmd/summary.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cmd/table_arguments.hpp"
#include "reports/files/json_trials.hpp"
#include "reports/files/result_files.hpp"
#include "reports/files/shared_file.hpp"
#include "reports/findings/laws/block_laws.hpp"
#include "reports/shown/summary.hpp"
#include "reports/shown/summary_json.hpp"
#include "reports/shown/table.hpp"
#include "sweep/program_facts.hpp"
#include "text/json_text.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

struct SummaryArguments {
  std::vector<std::string> files;
  std::string output;
  bool json = false;
  TableArguments table;
};

// The trials are given up once they are summed up.
std::string tables_text(Trials trials, const TableOptions& options) {
  auto blocks = blocks_of(std::exchange(trials, {}));
  for (Block& block : blocks) add_laws(block);
  return render_table(blocks, options);
}

// The tables of each host, as `cbench run` prints them.
void write_tables(Results results, const TableOptions& options) {
  const bool names_hosts = results.hosts.size() > 1;
  for (HostResults& host : results.hosts) {
    const bool is_first = &host == &results.hosts.front();
    if (names_hosts) {
      write_out((is_first ? "" : "\n") + coloured(host.name, Colour::bold, options.colour) + "\n\n");
    }
    write_out(tables_text(std::move(host.trials), options));
  }
  if (names_hosts) write_out("\nResults of different hosts are not comparable: they stand apart.\n");
}

// Only another summary is replaced. Throws UsageError where anything else is there.
void check_output(const std::string& path) {
  std::error_code missing;  // then nothing is lost
  if (!std::filesystem::is_regular_file(path, missing) || std::filesystem::file_size(path, missing) == 0) return;
  bool is_summary = false;
  std::size_t trials = 0;
  try {
    const std::string text = read_shared_file(path);
    trials = find_trials(text, path).trials.size();
    is_summary = trials == 0 && parse_json(text, path).contains("summary_version");
  } catch (const std::runtime_error&) {
    is_summary = false;
  }
  if (is_summary) return;
  throw UsageError(fmt::format("--output {}: {}, which a summary would replace; name another file, or remove this one",
                               path, trials > 0 ? fmt::format("it holds {} trials", trials) : "it holds no summary"));
}

void write_file(const std::string& path, const std::string& text) {
  SharedFile file(path);
  const SharedFile::Hold hold(file);
  if (const int error = file.is_regular() ? file.replace(text) : file.append(text); error != 0) {
    throw std::runtime_error(fmt::format("{}: {}", path, words_for_write_error(error)));
  }
}

void summary_command(const SummaryArguments& arguments) {
  if (!arguments.output.empty() && !arguments.output.ends_with(".json")) {
    throw UsageError(fmt::format("--output {}: a summary is JSON, so its name ends with .json", arguments.output));
  }
  for (const std::string& file : arguments.files) {
    std::error_code missing;  // then they are not the same
    if (file == arguments.output || std::filesystem::equivalent(file, arguments.output, missing)) {
      throw UsageError(fmt::format("--output {}: those are the results to be read; name another file", file));
    }
  }
  if (!arguments.output.empty()) check_output(arguments.output);
  const bool wants_json = arguments.json || !arguments.output.empty();
  if (wants_json && !arguments.table.given().empty()) {
    throw UsageError(fmt::format("{} prints no table that {} could change: leave out one of them",
                                 arguments.json ? "--json" : "--output", arguments.table.given()));
  }
  const TableOptions options = table_options(arguments.table);
  Results results = read_results(arguments.files);
  write_notes(results.notes);
  const std::string json =
      wants_json ? summary_json(summarise(results), "cbench " + build_of_this_program().version) : "";
  if (!arguments.output.empty()) write_file(arguments.output, json);
  if (arguments.json) {
    write_out(json);
  } else if (arguments.output.empty()) {
    write_tables(std::move(results), options);
  }
}

}  // namespace

void add_summary_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("summary", "Stored results once more: tables and verdicts, or all numbers as JSON");
  const auto arguments = std::make_shared<SummaryArguments>();
  command->add_option("FILES", arguments->files, "Results (.csv, .json), of one or several runs and hosts")
      ->required()
      ->type_name("RESULTS...");
  command->add_flag("--json", arguments->json, "Print everything that pictures are drawn from (docs/summary.md)");
  command
      ->add_option("-o,--output", arguments->output, "Write that JSON to a file; a summary that is there is replaced")
      ->type_name("FILE.json");
  add_table_options(*command, arguments->table);
  command->footer(
      "Trials of several files are put together by host; one that stands in two of them counts once.\n"
      "JSON results hold histograms: with them percentiles are exact, and latency spectra can be drawn.\n"
      "Examples:\n"
      "  cbench summary results.csv                         the tables that the run printed\n"
      "  cbench summary monday.json tuesday.json            two runs as one\n"
      "  cbench summary results.json -o summary.json        for pictures and reports\n"
      "  cbench summary results.json --json | jq '.rankings[].sentence'");
  command->callback([arguments, &exit_code] {
    summary_command(*arguments);
    exit_code = 0;
  });
}

}  // namespace cbench
