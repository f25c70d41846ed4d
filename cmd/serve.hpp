// `cbench serve`: the peer (workloads/peer/server.hpp) as a process of its own.
#pragma once

#include <cstdint>

namespace CLI {
class App;
}

namespace cbench {

struct ServeArguments {
  std::uint16_t port = 0;  // 0: any free one
  bool until_eof = false;  // end when standard input does, or when the parent dies
  std::uint32_t threads = 1;
  int counters_from_fd = -1;  // an inherited descriptor of memory to count in, a PeerPage for each thread
  int parent = 0;             // the process that started this one, where that one has said so
};

// Prints `listening on 127.0.0.1:PORT` once it listens, and serves until it is told to end. Returns the exit code.
// Throws std::runtime_error where it cannot listen.
int serve_command(const ServeArguments& arguments);

// Adds the subcommand; parsing a command line that names it serves.
void add_serve_command(CLI::App& app);

}  // namespace cbench
