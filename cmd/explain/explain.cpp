#include "cmd/explain/explain.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cmd/explain/explanation.hpp"
#include "cmd/trial_options.hpp"
#include "models/model.hpp"
#include "text/page.hpp"
#include "text/terminal.hpp"
#include "workloads/workload_file_json.hpp"

namespace cbench {
namespace {

// What models say of themselves is all that is known of them before they run.
std::string models_text(std::size_t width, bool colour) {
  Page page(width, colour);
  page.heading("Models:", "what they say of themselves, which may limit them sooner");
  constexpr std::size_t gap = 19;
  for (const ModelInfo* model : models()) {
    if (model->make != nullptr && !model->cannot.empty()) page.entry(2, gap, model->name, model->cannot);
  }
  return '\n' + std::move(page).text();
}

}  // namespace

void add_explain_command(CLI::App& app, int& exit_code) {
  struct Options {
    ExplainArguments arguments;
    bool json = false;
    bool data = false;
  };
  CLI::App* const command =
      app.add_subcommand("explain", "What a workload asks for, and what it allows, before anything is measured");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("WORKLOAD", options->arguments.workload, "A workload (see: cbench list), or a file: checkout.json")
      ->required();
  command
      ->add_option("-p,--param", options->arguments.params, "A parameter of it, with its unit: delay=5ms; repeatable")
      ->type_name("NAME=VALUE");
  command
      ->add_option("-n,--workers", options->arguments.workers,
                   "Workers to tell the limits for; default: as of cbench run")
      ->delimiter(',')
      ->type_name("N[,N...]");
  auto* const concurrency =
      command
          ->add_option("-c,--concurrency", options->arguments.concurrency, "Tasks in flight; default: the workload's")
          ->type_name("C");
  add_seed_option(*command, options->arguments.seed, "What the scripts are drawn from");
  auto* const json =
      command->add_flag("--json", options->json, "Print the workload as a file, to start one of your own from")
          ->excludes(concurrency);
  command->add_flag("--data", options->data, "Print the explanation as JSON, for programs")->excludes(json);
  command->footer(
      "Examples:\n"
      "  cbench explain checkout.json\n"
      "  cbench explain mixed --param heavy=1% --workers 1,2,4\n"
      "  cbench explain mixed --param heavy=1% --json > mine.json     a file to start from");
  command->callback([options, &exit_code] {
    constexpr std::size_t readable = 100;
    const std::size_t width = std::min(readable, terminal_width(stdout));
    const bool colour = colour_allowed(stdout);
    if (options->json) {
      write_out(workload_file_text(file_of(options->arguments)));
    } else if (options->data) {
      write_out(explanation_json(explain(options->arguments)).dump(2) + '\n');
    } else {
      write_out(explanation_text(explain(options->arguments), width, colour) + models_text(width, colour));
    }
    exit_code = 0;
  });
}

}  // namespace cbench
