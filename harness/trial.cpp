#include "harness/trial.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/record_json.hpp"
#include "system/descriptor.hpp"
#include "system/process_tree.hpp"
#include "text/quantity.hpp"

extern char** environ;

namespace cbench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int record_descriptor = 3;
constexpr int look_every_ms = 50;
constexpr std::size_t last_words_bytes = 2000;
constexpr auto grace = 5s;  // for a process to end once it has written its record

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

// The child process, its pipes, and what came through them so far.
struct Child {
  pid_t pid = -1;
  Descriptor record_pipe;
  Descriptor error_pipe;
  std::string record_text;
  std::string last_words;
};

Child start(const TrialSpec& spec, const std::string& program) {
  Pipe input = make_pipe();
  Pipe record = make_pipe();
  Pipe error = make_pipe();

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read_end.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, error.write_end.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, record.write_end.get(), record_descriptor);
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

  std::array<char*, 3> arguments{const_cast<char*>("cbench"), const_cast<char*>("trial"), nullptr};
  Child child;
  const int failed = posix_spawn(&child.pid, program.c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::system_error(failed, std::generic_category(), "cannot start " + program);

  const std::string text = to_protocol(spec);
  // A pipe holds 64 KiB, far more than a spec; a child that died already is found out below.
  [[maybe_unused]] const ssize_t wrote = write(input.write_end.get(), text.data(), text.size());
  child.record_pipe = std::move(record.read_end);
  child.error_pipe = std::move(error.read_end);
  return child;
}

// Reads what is there. Returns false at the end of the pipe.
bool read_some(const Descriptor& pipe, std::string& text) {
  std::array<char, 65536> buffer;
  const ssize_t got = read(pipe.get(), buffer.data(), buffer.size());
  if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

// One line out of what the child said last on standard error.
std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of("\r\n \t");
  if (end == std::string::npos) return {};
  const auto begin = text.find_last_of('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

std::string how_it_ended(int status, const std::string& last_words) {
  std::string text = WIFSIGNALED(status)
                         ? fmt::format("the trial's process was killed by signal {} ({})", WTERMSIG(status),
                                       strsignal(WTERMSIG(status)))
                         : fmt::format("the trial's process exited with {} and left no record", WEXITSTATUS(status));
  if (const std::string line = last_line(last_words); !line.empty()) text += ": " + line;
  return text;
}

// Why the watchdog ends the trial now; empty where it does not.
struct Verdict {
  Status status = Status::ok;
  std::string reason;
};

Verdict look_at(const TrialSpec& spec, const TrialWatch& watch, const Child& child, Clock::time_point started,
                std::uint32_t& os_threads) {
  const auto processes = process_tree(child.pid);
  os_threads = std::max(os_threads, threads_of(processes));
  if (spec.deadline > 0ns && Clock::now() - started > spec.deadline) {
    return {Status::timed_out, fmt::format("it was not over after {}: a hang, or work that needs a longer --timeout",
                                           format_duration(spec.deadline))};
  }
  if (spec.max_memory_bytes != 0) {
    const std::uint64_t resident = resident_bytes_of(processes);
    if (resident > spec.max_memory_bytes) {
      return {Status::failed, fmt::format("it used {} MiB of memory, more than the {} MiB of --max-memory",
                                          resident >> 20U, spec.max_memory_bytes >> 20U)};
    }
  }
  if (watch.look) {
    if (auto reason = watch.look(); !reason.empty()) return {Status::failed, std::move(reason)};
  }
  return {};
}

// Moves bytes and looks, until the child has closed its pipes or must be ended.
Verdict follow(const TrialSpec& spec, const TrialWatch& watch, Child& child, std::uint32_t& os_threads) {
  const auto started = Clock::now();
  auto next_look = started;
  bool record_open = true;
  bool error_open = true;
  while (record_open) {
    pollfd waits[2] = {{record_open ? child.record_pipe.get() : -1, POLLIN, 0},
                       {error_open ? child.error_pipe.get() : -1, POLLIN, 0}};
    poll(waits, 2, look_every_ms);
    if (waits[0].revents != 0) record_open = read_some(child.record_pipe, child.record_text);
    if (waits[1].revents != 0) {
      error_open = read_some(child.error_pipe, child.last_words);
      if (child.last_words.size() > last_words_bytes) {
        child.last_words.erase(0, child.last_words.size() - last_words_bytes);
      }
    }
    if (!record_open || Clock::now() < next_look) continue;
    next_look = Clock::now() + std::chrono::milliseconds(look_every_ms);
    if (auto verdict = look_at(spec, watch, child, started, os_threads); verdict.status != Status::ok) return verdict;
  }
  return {};
}

// Waits for the child, whose record is complete or will never be: a while where it may still end by itself. Workers
// that it left behind end with it. Returns its wait status.
int collect(pid_t pid, bool at_once) {
  int status = 0;
  const auto until = Clock::now() + (at_once ? 0s : grace);
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() >= until) {
      kill(-pid, SIGKILL);
      waitpid(pid, &status, 0);
      break;
    }
    std::this_thread::sleep_for(200us);
  }
  kill(-pid, SIGKILL);
  return status;
}

TrialRecord failed_record(const TrialSpec& spec, Status status, std::string reason) {
  TrialRecord record;
  record.spec = spec;
  record.status = status;
  record.reason = std::move(reason);
  return record;
}

}  // namespace

TrialRecord run_trial(const TrialSpec& spec, const TrialWatch& watch) {
  Child child = start(spec, watch.program);
  std::uint32_t os_threads = 0;
  const Verdict verdict = follow(spec, watch, child, os_threads);
  const int status = collect(child.pid, verdict.status != Status::ok);
  if (verdict.status != Status::ok) return failed_record(spec, verdict.status, verdict.reason);

  try {
    TrialRecord record = parse_record(child.record_text);
    record.os_threads = std::max(record.os_threads, os_threads);
    return record;
  } catch (const std::exception& error) {
    while (read_some(child.error_pipe, child.last_words)) {
    }
    std::string reason = how_it_ended(status, child.last_words);
    if (!child.record_text.empty()) reason += fmt::format("; what it left of a record: {}", error.what());
    return failed_record(spec, Status::failed, std::move(reason));
  }
}

}  // namespace cbench
