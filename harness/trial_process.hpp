// The process of a trial, as its parent holds it: started in a group of its own, with pipes that never block the
// parent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "system/descriptor.hpp"

namespace cbench {

struct TrialProcess {
  pid_t pid = -1;
  Descriptor end;     // readable once the process has ended
  Descriptor input;   // to its standard input
  Descriptor events;  // from its descriptor 3
  Descriptor errors;  // from its standard error
};

// With the soft limit of open files raised to the hard one. `folder`: it runs in; empty: this one's. `environment`:
// "NAME=value", all of it; empty: this process's. Throws std::system_error where it cannot be started.
TrialProcess start_trial_process(const std::vector<std::string>& command, const std::string& folder = {},
                                 const std::vector<std::string>& environment = {});

enum class Read : std::uint8_t { something, nothing, end };

// Adds what is there to the text, and no more than a buffer of it.
Read read_some(const Descriptor& pipe, std::string& text);

}  // namespace cbench
