#include "cmd/plot.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "reports/files/result_files.hpp"
#include "reports/shown/charts.hpp"
#include "reports/shown/summary.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::size_t width_when_piped = 80;

struct PlotArguments {
  std::vector<std::string> files;
  std::string kind;
};

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const PictureKind kind : chart_kinds()) names.emplace_back(name_of(kind));
  return names;
}

std::optional<PictureKind> kind_named(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const auto found = std::ranges::find(chart_kinds(), name, [](PictureKind kind) { return name_of(kind); });
  if (found == chart_kinds().end()) throw unknown("kind of chart", name, kind_names());
  return *found;
}

// What would have to be measured for it.
std::string_view remedy(std::optional<PictureKind> kind) {
  if (kind == PictureKind::speedup)
    return "no model ran with one worker and with two other counts; measure with --workers 1,2,4";
  if (kind == PictureKind::load) return "no model ran under three loads; measure with --concurrency 1,10,100";
  if (kind == PictureKind::curve)
    return "no model ran at three rates; measure with cbench curve, or with --rate 1k/s,2k/s,4k/s";
  return "no model was measured; cbench summary says what came of the trials";
}

void plot_command(const PlotArguments& arguments) {
  const std::optional<PictureKind> kind = kind_named(arguments.kind);
  const Results results = read_results(arguments.files);
  write_notes(results.notes);
  const Summary summary = summarise(results);
  const std::string text =
      charts_text(summary, kind, {.width = terminal_width(stdout, width_when_piped), .colour = colour_allowed(stdout)});
  if (text.empty()) throw UsageError(fmt::format("nothing to draw: {}", remedy(kind)));
  write_out(text);
}

}  // namespace

void add_plot_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("plot", "Results as charts in the terminal");
  const auto arguments = std::make_shared<PlotArguments>();
  command->add_option("FILES", arguments->files, "Results (.csv, .json), of one or several runs and hosts")
      ->required()
      ->type_name("RESULTS...");
  command
      ->add_option("-k,--kind", arguments->kind,
                   fmt::format("Only charts of this kind, of every load: {}; default: all that the results have, of "
                               "the load that most models ran under",
                               fmt::join(kind_names(), ", ")))
      ->type_name("KIND");
  command->footer(
      "  throughput   each model with its best number of workers, with intervals\n"
      "  speedup      over the workers, with the law that was fitted\n"
      "  latency      response times by percentile; of JSON results every one, of CSV those in the columns\n"
      "  load         the p99 response time against the throughput, as the load grows\n"
      "  curve        response times by the rate that was offered, with the knee (cbench curve)\n"
      "As wide as the terminal, or COLUMNS; colours only on a terminal, and none where NO_COLOR is set.\n"
      "Examples:\n"
      "  cbench plot results.json\n"
      "  cbench plot monday.csv tuesday.csv --kind throughput\n"
      "  COLUMNS=120 cbench plot results.json --kind latency > latency.txt");
  command->callback([arguments, &exit_code] {
    plot_command(*arguments);
    exit_code = 0;
  });
}

}  // namespace cbench
