#include "micro/isolate.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/child_process.hpp"
#include "system/pipe.hpp"
#include "text/quantity.hpp"

namespace cbench::micro {
namespace {

// What the child says, in one write.
struct Message {
  std::int64_t wall_ns = 0;
  std::int64_t cpu_ns = 0;
  char failure[1000] = {};
};
static_assert(std::is_trivially_copyable_v<Message> && sizeof(Message) <= 4096, "a pipe takes it as a whole");

void say(Message& message, std::string_view failure) {
  std::memcpy(message.failure, failure.data(), std::min(failure.size(), sizeof(message.failure) - 1));
}

[[noreturn]] void run_as_child(const Benchmark& benchmark, std::uint64_t operations, const Descriptor& pipe) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_TIMERSLACK, 1);
  Message message;
  try {
    const Measurement measurement = benchmark.run(operations);
    message.wall_ns = measurement.wall.count();
    message.cpu_ns = measurement.cpu.count();
  } catch (const std::exception& error) {
    say(message, *error.what() == '\0' ? "it failed without saying why" : error.what());
  } catch (...) {
    say(message, "it threw what is no exception");
  }
  [[maybe_unused]] const ssize_t wrote = write(pipe.get(), &message, sizeof(message));
  _exit(0);
}

bool wait_for_message(const Descriptor& pipe, std::chrono::nanoseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd wait{pipe.get(), POLLIN, 0};
    const int ready = poll(&wait, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000)));
    if (ready > 0) return true;
    if (ready == 0 && std::chrono::steady_clock::now() >= until) return false;
  }
}

}  // namespace

Outcome run_isolated(const Benchmark& benchmark, std::uint64_t operations, std::chrono::nanoseconds deadline) {
  auto [read_end, write_end] = make_pipe();
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "no process for a benchmark");
  if (child == 0) {
    setpgid(0, 0);
    run_as_child(benchmark, operations, write_end);
  }
  setpgid(child, child);  // on both sides: whoever comes first
  write_end.reset();

  Message message;
  const bool in_time = wait_for_message(read_end, deadline);
  const bool complete = in_time && read(read_end.get(), &message, sizeof(message)) == sizeof(message);
  if (!in_time) kill(-child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  kill(-child, SIGKILL);  // what it left behind
  if (!in_time) return {{}, fmt::format("no end within {}: it hangs", format_duration(deadline))};
  if (!complete) {
    return {{}, fmt::format("its process {}{}", how_it_ended(status), WIFEXITED(status) ? " and said nothing" : "")};
  }
  return {{std::chrono::nanoseconds(message.wall_ns), std::chrono::nanoseconds(message.cpu_ns)}, message.failure};
}

}  // namespace cbench::micro
