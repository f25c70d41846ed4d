#include "harness/trial.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.hpp"
#include "system/descriptor.hpp"
#include "text/quantity.hpp"

extern char** environ;

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr int event_descriptor = 3;
constexpr std::chrono::nanoseconds look_every = 50ms;
constexpr std::chrono::nanoseconds memory_every = 250ms;
constexpr std::size_t last_words_bytes = 2000;
constexpr std::size_t most_event_bytes = std::size_t{64}
                                         << 20U;  // three full histograms and as many classes take 10 MB
constexpr auto grace = 5s;                        // for a process to end once its input has

std::uint64_t now_ns() { return ticks::from_kernel(); }

std::uint64_t later(std::uint64_t instant, std::chrono::nanoseconds time) {
  return instant + static_cast<std::uint64_t>(time.count());
}

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Pipe make_pipe() {
  int ends[2];
  check(pipe2(ends, O_CLOEXEC) == 0, "no pipe for a trial");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

void make_nonblocking(const Descriptor& descriptor) {
  check(fcntl(descriptor.get(), F_SETFL, fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK) == 0, "no pipe for a trial");
}

struct Child {
  pid_t pid = -1;
  Descriptor end;     // readable once the process has ended
  Descriptor input;   // to its standard input
  Descriptor events;  // from its descriptor 3
  Descriptor errors;  // from its standard error
};

// As many descriptors as this process may have, for all that it starts: some languages cannot ask for more themselves.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Child start(const std::vector<std::string>& command) {
  raise_descriptor_limit();
  Pipe input = make_pipe();
  Pipe events = make_pipe();
  Pipe errors = make_pipe();

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read_end.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.write_end.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, events.write_end.get(), event_descriptor);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
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

  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  Child child;
  const int failed =
      posix_spawnp(&child.pid, command.front().c_str(), &actions, &attributes, arguments.data(), environ);
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

enum class Read : std::uint8_t { something, nothing, end };

// Reads what is there, and no more than a buffer of it.
Read read_some(const Descriptor& pipe, std::string& text) {
  std::array<char, 65536> buffer;
  const ssize_t got = read(pipe.get(), buffer.data(), buffer.size());
  if (got > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
    return Read::something;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Read::nothing;
  return Read::end;
}

// One line out of what the child said last on standard error.
std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of("\r\n \t");
  if (end == std::string::npos) return {};
  const auto before = text.find_last_of('\n', end);
  const auto begin = before == std::string::npos ? 0 : before + 1;
  return text.substr(begin, end - begin + 1);
}

std::string how_it_ended(int status) {
  return WIFSIGNALED(status)
             ? fmt::format("was killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)))
             : fmt::format("exited with {}", WEXITSTATUS(status));
}

// One trial while it runs.
class Conversation {
 public:
  Conversation(const TrialOrder& order, const TrialWatch& watch)
      : watch_(watch),
        trial_(order.trial),
        to_say_(to_line(order) + '\n'),
        started_ns_(now_ns()),
        child_(start(watch.command)),
        meter_(child_.pid, watch.peer_pid, order.trial) {
    outcome_.started_ns = started_ns_;
  }

  TrialOutcome run() {
    while (!over_) {
      wait_for_news();
      take_readings();
      // What has been said counts before the clock does: a parent that was stopped for a while must not take a trial
      // that is over for one that hangs.
      const bool heard = hear();
      if (!over_ && !heard) look();
    }
    collect();
    outcome_.measures = meter_.measures();
    return std::move(outcome_);
  }

 private:
  void wait_for_news() {
    pollfd waits[] = {{child_.events.get(), POLLIN, 0},
                      {errors_open_ ? child_.errors.get() : -1, POLLIN, 0},
                      {child_.end.get(), POLLIN, 0},
                      {to_say_.empty() ? -1 : child_.input.get(), POLLOUT, 0}};
    std::uint64_t until = later(now_ns(), look_every);
    if (const auto next = next_reading()) until = std::min(until, *next);
    const std::uint64_t now = now_ns();
    const std::uint64_t left = until > now ? until - now : 0;
    const timespec time{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    ppoll(waits, std::size(waits), &time, nullptr);
    if (waits[3].revents != 0) speak();
    child_has_ended_ = waits[2].revents != 0;
  }

  // The order may be longer than a pipe holds.
  void speak() {
    const ssize_t wrote = write(child_.input.get(), to_say_.data(), to_say_.size());
    if (wrote > 0) to_say_.erase(0, static_cast<std::size_t>(wrote));
    if (wrote < 0 && errno != EAGAIN && errno != EINTR) to_say_.clear();  // it has ended, or does not listen
  }

  std::optional<std::uint64_t> next_reading() const {
    if (!outcome_.window) return std::nullopt;
    if (!begin_read_) return outcome_.window->begin_ns;
    if (!end_read_) return outcome_.window->end_ns;
    return std::nullopt;
  }

  void take_readings() {
    for (auto next = next_reading(); next && now_ns() >= *next; next = next_reading()) {
      if (!begin_read_) {
        meter_.begin(*next);
        begin_read_ = true;
      } else {
        meter_.end(*next);
        end_read_ = true;
      }
    }
  }

  // Takes in all that was said. True where there was something.
  bool hear() {
    bool heard = false;
    Read errors = Read::something;
    while (errors_open_ && errors == Read::something) {
      errors = read_some(child_.errors, last_words_);
      heard = heard || errors == Read::something;
      if (last_words_.size() > last_words_bytes) last_words_.erase(0, last_words_.size() - last_words_bytes);
    }
    if (errors == Read::end) errors_open_ = false;
    Read events = Read::something;
    while (!over_ && events == Read::something) {
      events = read_some(child_.events, said_);
      heard = heard || events == Read::something;
      take_events();
    }
    // Whoever else holds the pipe open (a daemon that a runtime left behind) says nothing that counts.
    if (!over_ && (events == Read::end || (child_has_ended_ && events == Read::nothing))) over_ = true;
    return heard;
  }

  void take_events() {
    for (auto end = said_.find('\n'); end != std::string::npos && !over_; end = said_.find('\n')) {
      const std::string line = said_.substr(0, end);
      said_.erase(0, end + 1);
      heard_bytes_ += line.size();
      try {
        std::visit([this](auto&& event) { take(std::forward<decltype(event)>(event)); }, parse_event(line));
      } catch (const std::exception& error) {
        fail(fmt::format("it said on descriptor 3 what is no event: {}", error.what()));
      }
    }
    if (!over_ && said_.size() + heard_bytes_ > most_event_bytes) {
      fail(fmt::format("it said more than {} MiB on descriptor 3", most_event_bytes >> 20U));
    }
  }

  void take(ReadyEvent event) {
    if (outcome_.ready) return fail("it said ready twice");
    outcome_.setup_s = static_cast<double>(now_ns() - started_ns_) / 1e9;
    meter_.ready(event.processes);
    outcome_.ready = std::move(event);
  }

  void take(WindowEvent event) {
    if (!outcome_.ready) return fail("it opened the window before it was ready");
    if (outcome_.window) return fail("it opened a second window");
    outcome_.window = event;
    if (watch_.window) watch_.window(event);
    take_readings();
  }

  void take(EndedEvent) {
    if (!outcome_.window) return fail("it ended before it opened the window");
    if (!outcome_.window->end_ns && !end_read_) {
      take_readings();
      meter_.end(now_ns());
      end_read_ = true;
    }
    meter_.look();
  }

  void take(RecordEvent event) {
    if (event.trial != trial_) return fail(fmt::format("it said the record of another trial, {}", event.trial));
    if (event.status == ChildStatus::ok && (!outcome_.window || !end_read_)) {
      return fail("it said a record before its window had ended");
    }
    outcome_.record = std::move(event);
    over_ = true;
  }

  void look() {
    if (watch_.deadline > 0ns && now_ns() > later(started_ns_, watch_.deadline)) {
      return fail(fmt::format("it was not over after {}: a hang, or work that needs a longer --timeout",
                              format_duration(watch_.deadline)),
                  Status::timed_out);
    }
    if (now_ns() >= next_memory_ns_) {
      next_memory_ns_ = later(now_ns(), memory_every);
      const std::uint64_t resident = meter_.look();
      if (watch_.max_memory_bytes != 0 && resident > watch_.max_memory_bytes) {
        return fail(fmt::format("it used {} MiB of memory, more than the {} MiB of --max-memory", resident >> 20U,
                                watch_.max_memory_bytes >> 20U));
      }
    }
    if (watch_.look && now_ns() >= next_look_ns_) {
      next_look_ns_ = later(now_ns(), look_every);
      if (auto reason = watch_.look(); !reason.empty()) fail(std::move(reason));
    }
  }

  void fail(std::string reason, Status status = Status::failed) {
    outcome_.status = status;
    outcome_.reason = std::move(reason);
    outcome_.record.reset();
    over_ = true;
    cut_ = true;
  }

  // Ends the process by the end of its input, or by force where it was cut off or does not listen. Whatever it forked
  // ends with it.
  void collect() {
    child_.input = Descriptor();
    int status = 0;
    const std::uint64_t until = cut_ ? 0 : later(now_ns(), grace);
    bool by_force = false;
    while (waitpid(child_.pid, &status, WNOHANG) == 0) {
      if (now_ns() >= until) {
        kill(-child_.pid, SIGKILL);
        waitpid(child_.pid, &status, 0);
        by_force = true;
        break;
      }
      pollfd end{child_.end.get(), POLLIN, 0};
      poll(&end, 1, 20);
    }
    kill(-child_.pid, SIGKILL);
    if (!cut_) judge(status, by_force);
  }

  void judge(int status, bool by_force) {
    hear_last_words();
    const std::string line = last_line(last_words_);
    const std::string words = line.empty() ? "" : ": " + line;
    if (!outcome_.record) {
      outcome_.reason = fmt::format("the trial's process {} and left no record{}", how_it_ended(status), words);
      if (!said_.empty())
        outcome_.reason += fmt::format("; its last {} bytes on descriptor 3 are no whole event", said_.size());
      return;
    }
    if (by_force) {
      outcome_.reason = "the trial's process said its record and did not end when its input had";
    } else if (WIFSIGNALED(status) || WEXITSTATUS(status) > 1) {
      outcome_.reason = fmt::format("the trial's process said its record and {}{}", how_it_ended(status), words);
    } else {
      outcome_.status = Status::ok;
    }
  }

  void hear_last_words() {
    while (errors_open_ && read_some(child_.errors, last_words_) == Read::something) {
    }
    if (last_words_.size() > last_words_bytes) last_words_.erase(0, last_words_.size() - last_words_bytes);
  }

  const TrialWatch& watch_;
  std::string trial_;
  std::string to_say_;
  std::uint64_t started_ns_;
  Child child_;
  TrialMeter meter_;
  TrialOutcome outcome_;
  std::string said_;  // on descriptor 3, not yet a whole line
  std::size_t heard_bytes_ = 0;
  std::string last_words_;
  std::uint64_t next_look_ns_ = 0;
  std::uint64_t next_memory_ns_ = 0;
  bool errors_open_ = true;
  bool child_has_ended_ = false;
  bool begin_read_ = false;
  bool end_read_ = false;
  bool over_ = false;
  bool cut_ = false;  // by the parent: there is nothing to wait for
};

}  // namespace

TrialOutcome run_trial(const TrialOrder& order, const TrialWatch& watch) {
  try {
    return Conversation(order, watch).run();
  } catch (const std::system_error& error) {
    TrialOutcome outcome;
    outcome.reason = error.what();
    return outcome;
  }
}

}  // namespace cbench
