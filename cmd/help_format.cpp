#include "cmd/help_format.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <CLI/App.hpp>

#include "text/fitted.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::size_t name_columns = 28;
constexpr std::size_t subcommand_columns = 15;  // "check-model" and two spaces on either side
constexpr std::size_t readable = 28;            // columns that a text beside something needs
constexpr std::size_t further = 6;              // what goes on in the next line begins there

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// A command to copy, and what is said of it.
struct Example {
  std::string_view command;  // without its indentation
  std::string_view text;
  std::size_t column = 0;  // of the text
};

constexpr std::size_t indent = 2;

Example example_in(std::string_view line) {
  Example example{.command = line.substr(indent), .text = {}};
  const std::size_t gap = example.command.find("  ");
  if (gap == std::string_view::npos) return example;
  const std::size_t text = std::min(example.command.find_first_not_of(' ', gap), example.command.size());
  example.text = example.command.substr(text);
  example.command = example.command.substr(0, gap);
  example.column = indent + text;
  return example;
}

// Where a shell lets a command go on in the next line, and an option keeps its value.
std::vector<std::string> pieces_of(std::string_view command) {
  std::vector<std::string> words(1);
  bool quoted = false;
  for (const char c : command) {
    if (c == '\'') quoted = !quoted;
    if (c == ' ' && !quoted) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  std::vector<std::string> pieces;
  bool wants_value = false;
  for (const std::string& word : words) {
    const bool is_option = word.starts_with("-");
    if (wants_value && !is_option) {
      pieces.back() += ' ' + word;
    } else {
      pieces.push_back(word);
    }
    wants_value = is_option && word.find('=') == std::string::npos;
  }
  return pieces;
}

std::string command_lines(std::string_view command, std::size_t width) {
  std::string lines(indent, ' ');
  if (indent + display_width(command) <= width) return lines.append(command) + '\n';
  std::size_t column = indent;
  bool line_is_empty = true;
  for (const std::string& piece : pieces_of(command)) {
    constexpr std::size_t mark = 2;  // " \"
    if (!line_is_empty && column + 1 + display_width(piece) + mark > width) {
      lines.append(" \\\n").append(further, ' ');
      column = further;
    } else if (!line_is_empty) {
      lines += ' ';
      ++column;
    }
    lines += piece;
    column += display_width(piece);
    line_is_empty = false;
  }
  return lines + '\n';
}

// What is said of commands stands beside them where there is room for that, else below.
std::string example_lines(const std::vector<Example>& examples, std::size_t width) {
  std::size_t column = 0;
  for (const Example& example : examples) column = std::max(column, example.column);
  const bool beside = column + readable <= width;
  std::string lines;
  for (const Example& example : examples) {
    if (!beside || example.text.empty()) {
      lines += command_lines(example.command, width);
      if (!example.text.empty()) lines += std::string(further, ' ') + wrapped(example.text, width, further);
      continue;
    }
    lines.append(indent, ' ')
        .append(example.command)
        .append(example.column - indent - display_width(example.command), ' ');
    lines += wrapped(example.text, width, example.column);
  }
  return lines;
}

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

std::string HelpFormat::make_subcommand(const CLI::App* command) const {
  return fmt::format("  {:<{}}", command->get_name(), subcommand_columns - 2) +
         wrapped(command->get_description(), terminal_width(stdout), subcommand_columns);
}

std::string HelpFormat::make_description(const CLI::App* app) const {
  return wrapped(app->get_description(), terminal_width(stdout));
}

std::string HelpFormat::make_footer(const CLI::App* app) const {
  const std::size_t width = terminal_width(stdout);
  std::string text;
  std::vector<Example> examples;
  const auto end_examples = [&] {
    text += example_lines(examples, width);
    examples.clear();
  };
  const std::string footer = app->get_footer();
  for (const std::string_view line : lines_of(footer)) {
    if (line.starts_with("  ")) {
      examples.push_back(example_in(line));
      continue;
    }
    end_examples();
    text += wrapped(line, width);
  }
  end_examples();
  return text;
}

}  // namespace cbench
