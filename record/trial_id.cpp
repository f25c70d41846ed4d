#include "record/trial_id.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <random>

#include <fmt/format.h>

namespace cbench {

std::string draw_trial_id() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", static_cast<std::uint32_t>(device()), static_cast<std::uint32_t>(device()));
}

bool is_trial_id(std::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == 16 && std::ranges::all_of(text, is_digit);
}

std::uint64_t number_of_trial_id(std::string_view id) {
  std::uint64_t number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number, 16);
  return number;
}

}  // namespace cbench
