#include "cmd/arguments.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr std::array<std::string_view, 5> of_the_program{"-h", "--help", "--help-all", "-v", "--version"};

bool is_of_the_program(std::string_view argument) { return std::ranges::count(of_the_program, argument) > 0; }

bool is_option(std::string_view argument) { return argument.starts_with("-"); }

void check_command(const std::string& name, const CLI::App& app) {
  const auto all = commands_of(app, true);
  if (std::ranges::find(all, name) == all.end()) throw unknown("command", name, commands_of(app, false));
}

std::string what_was_meant(const std::string& name, const CLI::App& command, const CLI::App& app) {
  std::vector<std::string> near = nearest(name.substr(name.find_first_not_of('-')), long_options_of(command));
  for (std::string& other : near) other.insert(0, "--");
  if (!near.empty()) return fmt::format("; did you mean {}?", fmt::join(near, " or "));
  std::vector<std::string> others;
  for (const std::string& other : commands_of(app, false)) {
    if (app.get_subcommand(other)->get_option_no_throw(name) != nullptr) others.push_back("cbench " + other);
  }
  return others.empty() ? "." : fmt::format("; it is one of {}.", fmt::join(others, ", "));
}

void check_options(const std::vector<std::string>& arguments, const CLI::App& app) {
  const CLI::App& command = *app.get_subcommand(arguments.front());
  if (command.get_allow_extras()) return;  // it looks through what it does not know itself
  for (std::size_t i = 1; i < arguments.size() && arguments[i] != "--"; ++i) {
    const std::string& argument = arguments[i];
    const bool is_long = argument.starts_with("--");
    const bool is_short = !is_long && argument.size() > 1 && is_option(argument) &&
                          std::isalpha(static_cast<unsigned char>(argument[1])) != 0;
    if (!is_long && !is_short) continue;
    const std::string name = is_long ? argument.substr(0, argument.find('=')) : argument.substr(0, 2);
    if (command.get_option_no_throw(name) != nullptr) continue;
    throw no_such_option(name, command);
  }
}

}  // namespace

std::vector<std::string> commands_of(const CLI::App& app, bool all) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (all || command->get_group() == "Subcommands") names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> long_options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty()) continue;
    std::ranges::copy(option->get_lnames(), std::back_inserter(names));
  }
  return names;
}

UsageError no_such_option(const std::string& name, const CLI::App& command) {
  return UsageError(fmt::format("cbench {} has no option {}{}\n{}", command.get_name(), name,
                                what_was_meant(name, command, *command.get_parent()),
                                page_to_try({command.get_name()})));
}

std::vector<std::string> read_arguments(int count, char** values, const CLI::App& app) {
  std::vector<std::string> arguments(values + 1, values + count);
  if (arguments.empty()) return {"--help"};
  if (arguments.front() == "version" || arguments.front() == "-v") return {"--version"};
  if (arguments.front() == "help") {
    if (arguments.size() == 1) return {"--help"};
    check_command(arguments[1], app);
    return {arguments[1], "--help"};
  }
  if (is_of_the_program(arguments.front())) return arguments;
  if (is_option(arguments.front())) arguments.insert(arguments.begin(), "run");
  check_command(arguments.front(), app);
  check_options(arguments, app);
  return arguments;
}

std::string words_of(const CLI::ParseError& error) {
  const std::string text = error.what();
  // "--duration: At Most 1 required but received 2"
  constexpr std::string_view too_often = ": At Most 1 required but received ";
  if (const auto at = text.find(too_often); at != std::string::npos) {
    const std::string times = text.substr(at + too_often.size());
    return fmt::format("{} stands there {}: it takes one value", text.substr(0, at),
                       times == "2" ? "twice" : times + " times");
  }
  // "Could not convert: --repetitions = 1e9"
  constexpr std::string_view unread = "Could not convert: ";
  const auto value = text.find(" = ");
  if (!text.starts_with(unread) || value == std::string::npos) return text;
  const std::string name = text.substr(unread.size(), value - unread.size());
  const std::string_view form = name == "--repetitions" ? "a whole number from 1 to 1,000" : "a number";
  return fmt::format("{} takes {}, not \"{}\"", name, form, text.substr(value + 3));
}

std::string page_to_try(const std::vector<std::string>& arguments) {
  const bool has_command = !arguments.empty() && !is_option(arguments.front());
  return fmt::format("Try: cbench {}--help", has_command ? arguments.front() + " " : "");
}

}  // namespace cbench
