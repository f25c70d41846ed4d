// Reads the small text files in which the kernel tells about the host (/proc, /sys). Whoever reads them takes the root
// of the file system as a parameter, so that tests can show a host of their own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cbench {

// The content without white space around it; nothing where the file cannot be read.
std::optional<std::string> read_kernel_file(const std::filesystem::path& file);

// The content as a whole number; nothing where it is none ("max").
std::optional<std::uint64_t> read_kernel_number(const std::filesystem::path& file);

// What follows `name` (and a colon, white space around it dropped) at the start of a line; nothing without such a line.
std::optional<std::string> line_named(std::string_view text, std::string_view name);

// The number at the start of `text`; nothing where there is none.
std::optional<std::uint64_t> leading_number(std::string_view text);

// The CPUs of a list like "0-3,8".
std::vector<std::uint32_t> cpus_in_list(std::string_view list);

// The pieces between separators, empty ones left out.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace cbench
