#include "cmd/serve.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "text/quantity.hpp"
#include "workloads/peer/server.hpp"

namespace cbench {
namespace {

// For as long as the process lives.
std::span<PeerPage> map_pages(int descriptor, std::uint32_t count) {
  struct stat file {};
  const std::size_t bytes = count * sizeof(PeerPage);
  if (fstat(descriptor, &file) != 0 || file.st_size < static_cast<off_t>(bytes)) {
    throw UsageError(fmt::format("--counters-from-fd {}: no memory to count in is open there", descriptor));
  }
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "the counters cannot be mapped");
  close(descriptor);
  return {static_cast<PeerPage*>(memory), count};
}

// Has the kernel end this process with its parent. The end of standard input tells of the parent's death too, unless a
// fork of the parent holds the other end open. Throws where the parent is gone already: whoever is the parent
// instead may have any number, and a parent may have the number 1.
void end_with(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) throw std::runtime_error("the process that started the peer is gone");
}

}  // namespace

int serve_command(const ServeArguments& arguments) {
  PeerOptions options{.port = arguments.port, .threads = arguments.threads};
  if (arguments.until_eof) {
    end_with(arguments.parent > 0 ? arguments.parent : getppid());
    options.stop_at_eof_of = STDIN_FILENO;
  }
  if (arguments.counters_from_fd >= 0) options.pages = map_pages(arguments.counters_from_fd, arguments.threads);
  options.ready = [](std::uint16_t port) {
    std::printf("listening on 127.0.0.1:%u\n", static_cast<unsigned>(port));
    std::fflush(stdout);
  };
  serve(options);
  return 0;
}

void add_serve_command(CLI::App& app) {
  auto arguments = std::make_shared<ServeArguments>();
  CLI::App* command =
      app.add_subcommand("serve", "Run the peer that I/O-bound workloads talk to, by itself (a sweep starts its own)");
  command->add_option("--port", arguments->port, "TCP port on 127.0.0.1; 0: any free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command->add_option("--threads", arguments->threads, "Threads that serve, each with its share of the connections")
      ->check(CLI::Range(1U, most_peers))
      ->capture_default_str();
  command->add_flag("--until-eof", arguments->until_eof,
                    "End when standard input ends (a pipe or a terminal), or when the parent process dies");
  command->add_option("--counters-from-fd", arguments->counters_from_fd)
      ->group("");  // hidden, as the next: the sweep's own
  command->add_option("--parent", arguments->parent)->group("");
  command->footer(
      "It prints `listening on 127.0.0.1:PORT` when it is ready, and sends every frame back after the delay that the "
      "frame asks for.\n"
      "Examples:\n"
      "  cbench serve --port 9000              serve until Ctrl-C\n"
      "  sleep 60 | cbench serve --until-eof   serve for a minute on any free port");
  command->callback([arguments] { serve_command(*arguments); });
}

}  // namespace cbench
