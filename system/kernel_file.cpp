#include "system/kernel_file.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

namespace cbench {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

}  // namespace

std::optional<std::string> read_kernel_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) return std::nullopt;
  return std::string(trimmed(text));
}

std::optional<std::uint64_t> read_kernel_number(const std::filesystem::path& file) {
  const auto text = read_kernel_file(file);
  return text ? leading_number(*text) : std::nullopt;
}

std::optional<std::string> line_named(std::string_view text, std::string_view name) {
  for (std::string_view line : split(text, '\n')) {
    if (!line.starts_with(name)) continue;
    line = trimmed(line.substr(name.size()));
    if (!line.starts_with(':')) continue;  // another name that begins alike
    return std::string(trimmed(line.substr(1)));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> leading_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

std::vector<std::uint32_t> cpus_in_list(std::string_view list) {
  constexpr std::uint64_t most = 1U << 16U;  // a broken file must not fill the memory
  std::vector<std::uint32_t> cpus;
  for (const std::string_view range : split(list, ',')) {
    const auto first = leading_number(range);
    if (!first) continue;
    const auto dash = range.find('-');
    const auto last = dash == std::string_view::npos ? first : leading_number(range.substr(dash + 1));
    for (std::uint64_t cpu = *first; cpu <= std::min(last.value_or(*first), most); ++cpu) {
      cpus.push_back(static_cast<std::uint32_t>(cpu));
    }
  }
  return cpus;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0) pieces.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

}  // namespace cbench
