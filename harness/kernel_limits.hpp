// What a model needs of the kernel, compared with what the kernel allows before anything is made: a trial that cannot
// be run fails at once and names the limit and the value that it needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace cbench {

// Each returns why so much cannot be had (what is needed, which limit is in the way, how to raise it); nothing where
// it can, or where the kernel does not tell. `root` is that of the file system.

// Threads of this process at once, beside those that it has.
std::optional<std::string> why_not_threads(std::uint64_t threads, const std::filesystem::path& root = "/");

// Memory mappings of this process, beside those that it has.
std::optional<std::string> why_not_mappings(std::uint64_t mappings, const std::string& what,
                                            const std::filesystem::path& root = "/");

// Memory that will be touched. `what` it is for, here and above: "1000000 stacks of 16 KiB".
std::optional<std::string> why_not_memory(std::uint64_t bytes, const std::string& what,
                                          const std::filesystem::path& root = "/");

}  // namespace cbench
