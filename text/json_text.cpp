#include "text/json_text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cbench {
namespace {

struct Excess {
  std::size_t at = 0;  // in the text
  std::string what;
};

// What is too much of it in the text, before it is taken apart. Up to its first error, text that is no JSON is taken
// apart alike.
std::optional<Excess> excess_in(std::string_view text) {
  std::array<int, deepest_json + 1> commas{};  // in the list or object of each depth
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (text[at]) {
      case '"':
        while (++at < text.size() && text[at] != '"') at += text[at] == '\\' ? 1 : 0;
        break;
      case '[':
      case '{':
        if (++depth > deepest_json) return Excess{at, fmt::format("nested more than {} levels deep", deepest_json)};
        commas[static_cast<std::size_t>(depth)] = text[at] == '{' ? 1 : -1;
        break;
      case ']':
      case '}': depth = std::max(depth - 1, 0); break;
      case ',': {
        int& count = commas[static_cast<std::size_t>(depth)];
        if (count > 0 && ++count > most_members) {
          return Excess{at, fmt::format("an object of more than {} members", most_members)};
        }
        break;
      }
      default: break;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string to_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json parse_json(std::string_view text, const std::string& name, std::size_t first_line) {
  const auto line_at = [&](std::size_t byte) {
    return first_line + static_cast<std::size_t>(std::ranges::count(text.substr(0, byte), '\n'));
  };
  if (const auto excess = excess_in(text)) {
    throw std::runtime_error(
        fmt::format("{}:{}: {}, at byte {}", name, line_at(excess->at), excess->what, excess->at + 1));
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      const bool one_line = text.find('\n') == std::string_view::npos;
      throw std::runtime_error(fmt::format("{}:{}: {} is empty", name, first_line, one_line ? "the line" : "it"));
    }
    const std::size_t line = line_at(std::min(error.byte, text.size()));
    if (error.byte > text.size()) throw std::runtime_error(fmt::format("{}:{}: the JSON is cut off", name, line));
    throw std::runtime_error(fmt::format("{}:{}: not JSON, at byte {}", name, line, error.byte));
  } catch (const Json::exception& error) {  // a number that no double holds
    throw std::runtime_error(fmt::format("{}:{}: {}", name, first_line, error.what()));
  }
}

}  // namespace cbench
