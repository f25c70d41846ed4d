// What the subcommands ask of the terminal that they write to: is it one, how wide is it, may there be colour.
#pragma once

#include <cstddef>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace cbench {

bool is_terminal(std::FILE* stream);

// Columns: of the environment's COLUMNS, else of the terminal, else `otherwise`.
std::size_t terminal_width(std::FILE* stream, std::size_t otherwise = 100);

// On a terminal only, and not where NO_COLOR is set (no-color.org) or TERM is "dumb".
bool colour_allowed(std::FILE* stream);

enum class Colour { none, bold, red, green, yellow, cyan };

// The text between the escapes of a colour; the text alone where `allowed` is false.
std::string coloured(std::string_view text, Colour colour, bool allowed);

// Sentences beside the output: on standard error, each on a line of the program's own. On a terminal they are wrapped;
// a pipe gets the lines whole.
void write_notes(std::span<const std::string> notes);
void write_note(std::string_view note);

// Nobody reads what is written to standard output: `cbench ... | head -1`. No error of the user's.
class ClosedPipe : public std::exception {};

// Writes all of it to standard output and flushes. Throws ClosedPipe, or std::system_error where it fails otherwise: a
// full disk.
void write_out(std::string_view text);

}  // namespace cbench
