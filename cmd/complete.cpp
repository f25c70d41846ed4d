#include "cmd/complete.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "cmd/arguments.hpp"
#include "sweep/catalogue/catalogue.hpp"
#include "text/terminal.hpp"
#include "workloads/workload.hpp"

namespace cbench {
namespace {

using Words = std::vector<std::string>;

Words models() {
  Words names{"all", "all-runtimes"};
  for (const ModelEntry* model : catalogue().all()) {
    if (model->is_present()) names.emplace_back(model->info.name);
  }
  return names;
}

Words workload_names() {
  Words names;
  for (const WorkloadInfo* workload : workloads()) names.emplace_back(workload->name);
  return names;
}

// Of the values of an option that takes a list: `before` are those that stand there already.
Words values_of(const CLI::Option& option, std::string_view before) {
  Words values = option.check_lname("model") ? models() : option.check_lname("workload") ? workload_names() : Words{};
  for (std::string& value : values) value.insert(0, before);
  return values;
}

Words candidates_for(const Words& words, const CLI::App& app) {
  const Words commands = commands_of(app, false);
  const std::string& last = words.back();
  const bool is_named = words.size() > 1 && std::ranges::find(commands, words.front()) != commands.end();
  const CLI::App& command = *app.get_subcommand(is_named ? words.front() : "run");
  if (words.size() > (is_named ? 2U : 1U)) {
    const CLI::Option* before = command.get_option_no_throw(words[words.size() - 2]);
    const bool takes_value =
        words[words.size() - 2].starts_with("-") && before != nullptr && before->get_items_expected_max() > 0;
    if (takes_value) return values_of(*before, last.substr(0, last.rfind(',') + 1));
  }
  if (last.starts_with("-")) {
    Words options = long_options_of(command);
    for (std::string& option : options) option.insert(0, "--");
    return options;
  }
  if (words.size() == 1) return commands;
  const bool asks_for_names =
      is_named && (words.front() == "list" || words.front() == "explain" || words.front() == "advise");
  if (!asks_for_names) return {};
  Words names = workload_names();
  if (words.front() == "list") std::ranges::copy(models(), std::back_inserter(names));
  return names;
}

}  // namespace

void add_complete_command(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("complete", "What may follow on a command line: for shells")->group("");
  const auto words = std::make_shared<Words>();
  command->add_option("WORDS", *words, "What was typed so far, after --")->type_name("WORD");
  command->callback([words, &app] {
    if (words->empty()) words->emplace_back();
    std::string text;
    for (const std::string& candidate : candidates_for(*words, app)) {
      if (candidate.starts_with(words->back())) text += candidate + '\n';
    }
    write_out(text);
  });
}

}  // namespace cbench
