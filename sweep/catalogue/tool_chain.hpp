// The tool chains of other languages: which of them this machine has, and which of several is the newest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sweep/catalogue/manifest.hpp"

namespace cbench {

struct FoundTool {
  std::string program;  // absolute path
  std::string version;  // "1.19.8"
};

// What there is of the programs of a tool chain: absolute paths, each file once. Runs nothing.
std::vector<std::string> candidates_of(const ToolChain& tool);

struct NewestTool {
  std::optional<FoundTool> tool;  // nothing: no program says a version
  // Of the first program that does not: which it is, and what its version command printed or how that ended. Empty: all
  // say theirs.
  std::string untold;
};

// The newest of those. Runs each, which takes tens of milliseconds; one that hangs is ended after 10 s.
NewestTool newest_of(const ToolChain& tool, const std::vector<std::string>& candidates);

// Compares numbers between points: 1.9 is older than 1.19, and 21 not older than 21.0.
bool is_at_least(std::string_view version, std::string_view least);

// Absolute path of a program of that name in PATH, or of that path where it has a folder; empty where there is none
// that may be run.
std::string find_program(const std::string& name);

}  // namespace cbench
