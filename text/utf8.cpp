#include "text/utf8.hpp"

#include <algorithm>
#include <cstddef>

namespace cbench {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

// Of the character at the beginning of the text; 0 where there is none (Unicode 15, table 3-7).
std::size_t length_of_character(std::string_view text) {
  const unsigned lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const unsigned least = lead == 0xe0 ? 0xa0U : lead == 0xf0 ? 0x90U : 0x80U;
  const unsigned most = lead == 0xed ? 0x9fU : lead == 0xf4 ? 0x8fU : 0xbfU;
  if (byte_at(text, 1) < least || byte_at(text, 1) > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

// Of a whole character.
bool is_acted_upon(std::string_view character) {
  const unsigned lead = byte_at(character, 0);
  if (character.size() == 1) return lead < ' ' || lead == 0x7f;
  if (character.size() == 2) return lead == 0xc2 && byte_at(character, 1) < 0xa0;
  if (lead != 0xe2 || character.size() != 3) return false;
  const unsigned last = byte_at(character, 2);
  return (byte_at(character, 1) == 0x80 && last >= 0xaa && last <= 0xae) ||
         (byte_at(character, 1) == 0x81 && last >= 0xa6 && last <= 0xa9);
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::size_t length = length_of_character(text);
    out += length > 0 ? text.substr(0, length) : "\xef\xbf\xbd";
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string harmless(std::string_view text, std::string_view kept) {
  std::string out;
  const std::string valid = valid_utf8(text);
  for (std::string_view rest = valid; !rest.empty();) {
    const std::string_view character = rest.substr(0, length_of_character(rest));
    const bool stays = character.size() == 1 && kept.find(character.front()) != std::string_view::npos;
    out += is_acted_upon(character) && !stays ? " " : character;
    rest.remove_prefix(character.size());
  }
  return out;
}

}  // namespace cbench
