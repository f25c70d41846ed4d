#include "cmd/check_model.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cmd/trial_options.hpp"
#include "harness/clock.hpp"
#include "sweep/conformance/conformance.hpp"
#include "sweep/plan/choice.hpp"
#include "text/fitted.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_columns = 13;
constexpr std::size_t verdict_columns = 9;

struct Options {
  std::string model;
  std::uint64_t seed = 1;
  std::vector<std::string> only;
  std::string save;
  bool json = false;
};

std::string_view name_of(Compliance compliance) {
  switch (compliance) {
    case Compliance::kept: return "ok";
    case Compliance::broken: return "FAILED";
    case Compliance::refused: return "refused";
  }
  return "";
}

Colour colour_of(Compliance compliance) {
  return compliance == Compliance::broken ? Colour::red
         : compliance == Compliance::kept ? Colour::green
                                          : Colour::yellow;
}

std::string command_for(const Options& options, const Check& check) {
  return fmt::format("cbench check-model {} --seed {} --only {}", options.model, options.seed, check.name);
}

// Where the spec that shows it was written; empty where there is none, or no room.
std::string saved(const Options& options, const CheckResult& result, std::string_view model) {
  if (result.finding.compliance != Compliance::broken || result.finding.line.empty()) return {};
  const fs::path folder = options.save.empty() ? fs::temp_directory_path() / "cbench-check" : fs::path(options.save);
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::path path = folder / fmt::format("{}-{}-{}.json", model, result.check->name, options.seed);
  std::ofstream file(path);
  file << result.finding.line << '\n';
  return file.flush() ? path.string() : "";
}

void print(const Options& options, const CheckResult& result, const std::string& file) {
  const bool colour = colour_allowed(stdout);
  const std::size_t width = std::min<std::size_t>(100, terminal_width(stdout));
  const Finding& finding = result.finding;
  const std::string verdict(name_of(finding.compliance));
  constexpr std::size_t indent = name_columns + verdict_columns;
  std::string text =
      fmt::format("{:<{}}{}{:<{}}", result.check->name, name_columns,
                  coloured(verdict, colour_of(finding.compliance), colour), "", verdict_columns - verdict.size());
  text += wrapped(std::string(result.check->promise), width, indent);
  if (!finding.words.empty()) text += std::string(indent, ' ') + wrapped(finding.words, width, indent);
  if (finding.compliance == Compliance::broken) {
    if (!file.empty()) text += fmt::format("{:<{}}its spec: {}\n", "", indent, file);
    text += fmt::format("{:<{}}again: {}\n", "", indent, command_for(options, *result.check));
  }
  write_out(text);
}

// Checks by their verdict. What was refused was not checked, and breaks nothing.
struct Tally {
  std::size_t kept = 0;
  std::size_t broken = 0;
  std::size_t refused = 0;

  void add(Compliance compliance) {
    ++(compliance == Compliance::kept ? kept : compliance == Compliance::broken ? broken : refused);
  }
  std::size_t checks() const { return kept + broken + refused; }
};

std::string summary_of(const Tally& tally, std::string_view model, std::uint64_t seed) {
  const std::string refused = tally.refused == 0 ? "" : fmt::format("{} refused, ", tally.refused);
  const std::string checks = plural(tally.checks(), "check");
  if (tally.broken > 0) {
    return fmt::format("{} breaks {} of {} ({}seed {})\n", model, tally.broken, checks, refused, seed);
  }
  if (tally.refused == 0) {
    return fmt::format("{} keeps what docs/protocol.md asks for ({}, seed {})\n", model, checks, seed);
  }
  if (tally.kept == 0) return fmt::format("{} refuses all that was to be checked ({}seed {})\n", model, refused, seed);
  return fmt::format("{} keeps what docs/protocol.md asks for, in what it does not refuse ({} ok, {}seed {})\n", model,
                     tally.kept, refused, seed);
}

int check_one(const Options& options) {
  const std::vector<ModelChoice> chosen = choose_models({options.model});
  if (chosen.size() != 1) {
    std::vector<std::string> names;
    for (const ModelChoice& choice : chosen) names.emplace_back(choice.entry->info.name);
    throw UsageError(fmt::format("check-model takes one model at a time, and \"{}\" is {} of them; name one: {}",
                                 options.model, chosen.size(), fmt::join(names, ", ")));
  }
  ticks::calibrate();
  const std::string_view model = chosen.front().entry->info.name;
  nlohmann::ordered_json json{{"model", model}, {"seed", options.seed}, {"checks", nlohmann::ordered_json::array()}};
  Tally tally;
  const auto tell = [&](const CheckResult& result) {
    const std::string file = saved(options, result, model);
    tally.add(result.finding.compliance);
    if (!options.json) return print(options, result, file);
    json["checks"].push_back({{"name", result.check->name},
                              {"promise", result.check->promise},
                              {"verdict", name_of(result.finding.compliance)},
                              {"words", result.finding.words},
                              {"took_s", result.took_s},
                              {"spec", file},
                              {"again", command_for(options, *result.check)}});
  };
  check_model(*chosen.front().entry, chosen.front().settings,
              {.seed = options.seed, .only = options.only, .told = tell});
  if (options.json) {
    json["ok"] = tally.broken == 0;
    json["counts"] = {{"ok", tally.kept}, {"FAILED", tally.broken}, {"refused", tally.refused}};
    write_out(json.dump(2) + '\n');
  } else {
    write_out(summary_of(tally, model, options.seed));
  }
  return tally.broken == 0 ? 0 : 1;
}

}  // namespace

void add_check_model_command(CLI::App& app, int& exit_code) {
  CLI::App* const command =
      app.add_subcommand("check-model", "Hold a model against the protocol, with scripts drawn at random");
  const auto options = std::make_shared<Options>();
  command->add_option("MODEL", options->model, "A model, with settings behind a colon, or ./mine/model.json[/NAME]")
      ->required();
  command->add_option("--seed", options->seed, "Of scripts, times and sizes")
      ->check(why_no_seed)
      ->capture_default_str()
      ->type_name("S");
  command->add_option("--only", options->only, "Checks to make, separated by commas; default: all")
      ->delimiter(',')
      ->type_name("C[,C...]");
  command
      ->add_option("--save", options->save,
                   "Folder for the specs of what fails; default: cbench-check in the folder for temporary files")
      ->type_name("FOLDER");
  command->add_flag("--json", options->json, "Print JSON instead of text");
  command->footer(
      "Examples:\n"
      "  cbench check-model fibers\n"
      "  cbench check-model ./mine/model.json --seed 7      other scripts than those of seed 1\n"
      "  cbench check-model go --only waiting,branches      two checks alone");
  command->callback([options, &exit_code] { exit_code = check_one(*options); });
}

}  // namespace cbench
