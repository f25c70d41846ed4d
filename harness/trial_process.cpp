#include "harness/trial_process.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system/child_process.hpp"
#include "system/pipe.hpp"

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

  TrialProcess child;
  child.pid = start_program({.command = command,
                             .folder = folder,
                             .environment = environment,
                             .given = {{&input.read_end, STDIN_FILENO},
                                       {&errors.write_end, STDERR_FILENO},
                                       {&events.write_end, event_descriptor}}});
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

}  // namespace cbench
