#include "cmd/convert.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "record/columns.hpp"
#include "reports/files/appended_file.hpp"
#include "reports/files/csv.hpp"
#include "reports/files/formats.hpp"
#include "reports/files/result_files.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

struct ConvertArguments {
  std::vector<std::string> files;
  std::string output = "-";
  bool columns = false;
};

// A row for each column of a result: for programs that have to know what is text and what is a number.
std::string columns_as_csv() {
  std::string text = "column,part,kind,unit,filled,meaning\n";
  for (const Column& column : columns()) {
    text += fmt::format("{},{},{},{},{},{}\n", column.name, name_of(column.part), name_of(column.kind),
                        csv_field(column.unit), csv_field(name_of(column.filled)), csv_field(column.summary));
  }
  return text;
}

// A file that a conversion makes: what was there before stays, for it may be all that is left of a measurement.
void check_output(const std::string& path) {
  std::error_code missing;
  if (path == "-" || !std::filesystem::is_regular_file(path, missing)) return;
  if (std::filesystem::file_size(path, missing) == 0) return;
  throw UsageError(fmt::format("--output {}: that file is there already; name another one, or remove it", path));
}

void convert_command(const ConvertArguments& arguments) {
  if (arguments.columns) {
    write_out(columns_as_csv());
    return;
  }
  if (arguments.files.empty()) throw UsageError("name a file of results (.csv, .json)");
  check_output(arguments.output);
  std::vector<std::vector<TrialRecord>> of_hosts;
  const auto keep = [&](std::size_t host, std::size_t number, const TrialRecord& record) {
    of_hosts.resize(std::max(of_hosts.size(), host + 1));
    std::vector<TrialRecord>& records = of_hosts[host];
    records.resize(std::max(records.size(), number + 1));
    records[number] = record;
  };
  const Results results = read_results(arguments.files, keep);
  write_notes(results.notes);
  try {
    const std::unique_ptr<Sink> sink = open_sink(arguments.output);
    for (const std::vector<TrialRecord>& records : of_hosts) {
      for (const TrialRecord& record : records) sink->add(record);
    }
  } catch (const ReaderGone&) {  // cbench convert ... | head
    throw ClosedPipe();
  }
}

std::string extensions() {
  std::string text;
  for (const Format& format : formats()) text += fmt::format("{}{}", text.empty() ? "" : ", ", format.extension);
  return text;
}

}  // namespace

void add_convert_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("convert", "Results from one format into another, or several files into one");
  const auto arguments = std::make_shared<ConvertArguments>();
  auto* const files =
      command->add_option("FILES", arguments->files, "Results (.csv, .json), of one or several runs and hosts")
          ->type_name("RESULTS...");
  auto* const output =
      command
          ->add_option(
              "-o,--output", arguments->output,
              fmt::format("The file to make, by its extension {}; default: CSV on standard output", extensions()))
          ->type_name("FILE");
  command
      ->add_flag("--columns", arguments->columns,
                 "Print what the columns of results are, as CSV: column, part, kind, unit, filled, meaning")
      ->excludes(files)
      ->excludes(output);
  command->footer(
      "A trial that stands in several files is in the new one once. CSV holds neither histograms nor time series, nor "
      "what is made from CSV. A file that is there already is left alone.\n"
      "Examples:\n"
      "  cbench convert results.json -o results.csv                a row a trial, for a spreadsheet\n"
      "  cbench convert results.csv -o results.json\n"
      "  cbench convert monday.json tuesday.csv -o both.json       two runs in one file\n"
      "  cbench convert results.json -o results.hlog               for HdrHistogram's tools\n"
      "  cbench convert results.json | head -1                     the columns of results; cbench convert --columns");
  command->callback([arguments, &exit_code] {
    convert_command(*arguments);
    exit_code = 0;
  });
}

}  // namespace cbench
