// Another program as a process of its own: what it begins with, and how it ended.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "system/descriptor.hpp"

namespace cbench {

struct GivenDescriptor {
  const Descriptor* ours;
  int number;  // there
};

struct ChildProgram {
  std::vector<std::string> command;  // looked up in PATH where it has no slash
  std::string folder = {};           // it runs in; empty: this process's
  // "NAME=value", all of it; empty: this process's.
  std::vector<std::string> environment = {};
  // What it has open. Input and outputs that are not among them are /dev/null.
  std::vector<GivenDescriptor> given = {};
  // Whether descriptors that this process got without O_CLOEXEC from whoever started it are closed there, too.
  bool nothing_else_open = false;
};

// Starts it as the leader of a process group (it is ended with everything that it forked, and Ctrl-C does not reach
// it), with no signal blocked or ignored. Returns its process id. Throws std::system_error where it cannot be started.
// Any thread.
pid_t start_program(const ChildProgram& program);

// "was killed by signal 9 (Killed)", "exited with 1": of a status as waitpid(2) tells it.
std::string how_it_ended(int status);

}  // namespace cbench
