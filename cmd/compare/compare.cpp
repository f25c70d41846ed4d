#include "cmd/compare/compare.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "cmd/trial_options.hpp"
#include "record/comparability.hpp"
#include "reports/files/result_files.hpp"
#include "reports/findings/comparison/noise_floor_file.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

enum class Form { text, markdown, json };

}  // namespace

ResultComparison comparison_of(const CompareArguments& arguments) {
  if (arguments.files.size() < 2) throw UsageError("compare needs a base and at least one other file");
  CompareOptions options{.metric = metric_named(arguments.metric),
                         .threshold = parse_fraction(arguments.threshold, "--threshold"),
                         .across = {},
                         .noise_floor = std::nullopt,
                         .allow_missing = arguments.allow_missing};
  for (const std::string& fact : arguments.across) {
    const std::vector<std::string> known = fact_names();
    if (fact == "all") {
      options.across.insert(known.begin(), known.end());
    } else if (std::ranges::find(known, fact) == known.end()) {
      throw unknown("host fact", fact, known);
    } else {
      options.across.insert(fact);
    }
  }
  std::vector<ResultSet> sets;
  std::vector<std::string> notes;
  for (const std::string& file : arguments.files) {
    ResultSet& set = sets.emplace_back(file, options.metric);
    read_trials(file, notes, [&](const TrialRecord& record) { set.add(record); });
  }
  write_notes(notes);
  options.noise_floor = load_noise_floor(noise_floor_path(), sets.front().first_host());
  return compare_results(sets, options);
}

void add_compare_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("compare", "Whether results differ from a base: regressions, with what they rest on");
  const auto arguments = std::make_shared<CompareArguments>();
  const auto form = std::make_shared<Form>(Form::text);
  command
      ->add_option("FILES", arguments->files,
                   "Results (.csv, .json): the base first, then one or more to compare with it")
      ->required()
      ->expected(2, -1)
      ->type_name("BASE NEW [MORE...]");
  command
      ->add_option("--metric", arguments->metric,
                   fmt::format("What is compared: {}, or any column of numbers", fmt::join(metric_names(), ", ")))
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--threshold", arguments->threshold, "Smaller effects are no difference")
      ->capture_default_str()
      ->type_name("SHARE");
  command
      ->add_option("--across", arguments->across,
                   "Compare although these host facts differ: libraries, compiler, ... or all")
      ->delimiter(',')
      ->type_name("FACT,...");
  command->add_flag("--allow-missing", arguments->allow_missing,
                    "Cells that only the base has are no regression: the new results are of fewer on purpose");
  // Of the bootstrap that intervals once came from: nothing is drawn any more, and scripts that give it go on.
  command->add_option("-s,--seed", arguments->seed)->check(why_no_seed)->group("");
  auto* markdown = command->add_flag_callback(
      "--markdown", [form] { *form = Form::markdown; }, "Print Markdown, for a pull request");
  command
      ->add_flag_callback(
          "--json", [form] { *form = Form::json; }, "Print JSON")
      ->excludes(markdown);
  command->footer(
      "A difference is said only where a t test on logarithms, corrected after Holm over all cells, the size of the "
      "effect and this host's noise floor (cbench aa) agree; otherwise it says how many repetitions would decide. "
      "Trials that fail and did not before, an open load that is no longer kept up with, and cells that are gone are "
      "regressions of their own. docs/statistics.md has how often all of this is right.\n"
      "Exit code: 0 no regression, 1 regression, new failures or missing cells, 2 not comparable or bad input.\n"
      "Examples:\n"
      "  cbench compare base.csv new.csv\n"
      "  cbench compare base.csv new.csv --metric p99 --threshold 10%\n"
      "  cbench compare main.json pr.json --markdown >> $GITHUB_STEP_SUMMARY\n"
      "  cbench compare old.csv new.csv --across libraries   what an upgrade brought");
  command->callback([arguments, form, &exit_code] {
    try {
      const ResultComparison comparison = comparison_of(*arguments);
      write_out(*form == Form::json ? comparison_json(comparison)
                : *form == Form::markdown
                    ? comparison_markdown(comparison)
                    : comparison_text(comparison, terminal_width(stdout), colour_allowed(stdout)));
      exit_code = comparison.exit_code();
    } catch (const ClosedPipe&) {
      throw;
    } catch (const std::exception& error) {
      write_note(error.what());
      exit_code = 2;
    }
  });
}

}  // namespace cbench
