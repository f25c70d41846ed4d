// Commands that are run to their end for what they say: a compiler asked for its version, the build of a runtime.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "record/text_map.hpp"

namespace cbench {

struct CommandOutcome {
  bool succeeded = false;  // it was started and exited with 0
  std::string
      end;  // "exited with 1", "was killed by signal 9 (Killed)", "cannot be started: ...", "was not over after 10s"
  std::string output;  // standard output and error, as they came; the last 64 KiB
};

// Blocks until it has ended, with everything that it started in its group; ended by force after `most`. `folder`: it
// runs in; empty: this one's. `environment`: beside this process's. Its standard input is empty.
CommandOutcome run_command(const std::vector<std::string>& command, const std::string& folder,
                           const TextMap& environment, std::chrono::milliseconds most);

// The interpreter that the first line of a script names, where it does not exist or may not be run: whoever starts the
// script hears only that there is no such file. Empty: there is nothing of the kind.
std::string missing_interpreter_of(const std::string& program);

// The last lines of a text, each with two spaces before it.
std::string last_lines(const std::string& text, std::size_t lines);

// "NAME=value" for this process's environment with these beside it.
std::vector<std::string> environment_with(const TextMap& more);

}  // namespace cbench
