#include "harness/trial_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/pipe.hpp"

extern char** environ;

namespace cbench {
namespace {

constexpr int event_descriptor = 3;

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

void make_nonblocking(const Descriptor& descriptor) {
  check(fcntl(descriptor.get(), F_SETFL, fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK) == 0, "no pipe for a trial");
}

// As many descriptors as this process may have, for all that it starts: some languages cannot ask for more themselves.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

TrialProcess start_trial_process(const std::vector<std::string>& command, const std::string& folder,
                                 const std::vector<std::string>& environment) {
  raise_descriptor_limit();
  // What is started inherits it, with its threads: else the kernel wakes their sleepers up to 50 us late, in those
  // languages only that cannot ask for it themselves.
  prctl(PR_SET_TIMERSLACK, 1UL);
  Pipe input = make_pipe();
  Pipe events = make_pipe();
  Pipe errors = make_pipe();

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read_end.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.write_end.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, events.write_end.get(), event_descriptor);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: it is ended with everything that it forked, and Ctrl-C reaches the sweep alone.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigdefault(&attributes, &all);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);

  const auto pointers = [](const std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
  };
  TrialProcess child;
  const int failed = posix_spawnp(&child.pid, command.front().c_str(), &actions, &attributes, pointers(command).data(),
                                  environment.empty() ? environ : pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::system_error(failed, std::generic_category(), "cannot start " + command.front());

  child.end = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0)));
  child.input = std::move(input.write_end);
  child.events = std::move(events.read_end);
  child.errors = std::move(errors.read_end);
  for (const Descriptor* pipe : {&child.input, &child.events, &child.errors}) make_nonblocking(*pipe);
  return child;
}

Read read_some(const Descriptor& pipe, std::string& text) {
  std::array<char, 16384> buffer;  // little: stacks may be (ulimit -s)
  const ssize_t got = read(pipe.get(), buffer.data(), buffer.size());
  if (got > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
    return Read::something;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Read::nothing;
  return Read::end;
}

std::string how_it_ended(int status) {
  return WIFSIGNALED(status)
             ? fmt::format("was killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)))
             : fmt::format("exited with {}", WEXITSTATUS(status));
}

}  // namespace cbench
