// What was typed, before it is read: which subcommand it is for, and whether that has the options.
#pragma once

#include <string>
#include <vector>

#include "text/quantity.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace cbench {

// `cbench --model ...` means `cbench run --model ...`; `help`, `help run`, `version` and `-v` mean what they say.
// Throws UsageError for a subcommand or an option that there is not, with the nearest that there is: a misspelled
// option must not be taken for one that is missing.
std::vector<std::string> read_arguments(int count, char** values, const CLI::App& app);

// The names of the subcommands; those that nobody types only where `all` are asked for.
std::vector<std::string> commands_of(const CLI::App& app, bool all);

// Without their dashes; those that no help shows are left out.
std::vector<std::string> long_options_of(const CLI::App& command);

// "cbench run has no option --modle; did you mean --model?", with the page that has its options.
UsageError no_such_option(const std::string& name, const CLI::App& command);

// What is wrong with what was typed: where the library's words say nothing of what is expected, better ones.
std::string words_of(const CLI::ParseError& error);

// "Try: cbench run --help": the page that has the options of what was typed.
std::string page_to_try(const std::vector<std::string>& arguments);

}  // namespace cbench
