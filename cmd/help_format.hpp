// How `--help` is laid out: as CLI11 does it, with all that is said fitted to the terminal.
#pragma once

#include <memory>
#include <string>

#include <CLI/Formatter.hpp>

namespace cbench {

// Descriptions are texts without line breaks. Each line of a footer is a paragraph; one that is indented is a command
// to copy (or a name), and after two spaces what is said of it.
class HelpFormat final : public CLI::Formatter {
 public:
  HelpFormat();
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_footer(const CLI::App* app) const override;
};

}  // namespace cbench
