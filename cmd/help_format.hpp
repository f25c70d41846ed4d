// How `--help` is laid out: as CLI11 does it, with descriptions wrapped to the terminal.
#pragma once

#include <memory>
#include <string>

#include <CLI/Formatter.hpp>

namespace cbench {

class HelpFormat final : public CLI::Formatter {
 public:
  HelpFormat();
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
};

}  // namespace cbench
