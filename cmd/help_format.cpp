#include "cmd/help_format.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <CLI/App.hpp>

#include "text/fitted.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::size_t name_columns = 28;

}  // namespace

HelpFormat::HelpFormat() { column_width(name_columns); }

std::string HelpFormat::make_option(const CLI::Option* option, bool is_positional) const {
  std::string name = "  " + make_option_name(option, is_positional);
  if (!option->get_type_name().empty()) name += " " + option->get_type_name();
  if (!option->get_default_str().empty()) name += "=" + option->get_default_str();
  const std::string text = option->get_description() + (option->get_required() ? " (required)" : "");
  const bool own_line = display_width(name) + 2 > name_columns;
  return name +
         (own_line ? "\n" + std::string(name_columns, ' ') : std::string(name_columns - display_width(name), ' ')) +
         wrapped(text, terminal_width(stdout), name_columns);
}

}  // namespace cbench
