#include "sweep/catalogue/command.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/trial_process.hpp"
#include "system/descriptor.hpp"
#include "text/quantity.hpp"

extern char** environ;

namespace cbench {
namespace {

constexpr std::size_t kept_bytes = 64U << 10U;

using Clock = std::chrono::steady_clock;

pid_t start(const std::vector<std::string>& command, const std::string& folder, const TextMap& environment,
            const Descriptor& output, int& problem) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.get(), STDERR_FILENO);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const std::vector<std::string> variables = environment_with(environment);
  const auto pointers = [](const std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
  };
  pid_t child = -1;
  problem = posix_spawnp(&child, command.front().c_str(), &actions, &attributes, pointers(command).data(),
                         pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

// While it lives, a signal that ends this process ends the group of the command, too: Ctrl-C does not reach that.
class EndsWithUs {
 public:
  explicit EndsWithUs(pid_t group) {
    running = group;
    struct sigaction action {};
    action.sa_handler = [](int signal) {
      if (running > 0) kill(-running, SIGKILL);
      raise(signal);  // as it was meant before: see SA_RESETHAND
    };
    action.sa_flags = SA_RESETHAND;
    for (std::size_t i = 0; i < signals.size(); ++i) {
      sigaction(signals[i], nullptr, &before_[i]);
      if (before_[i].sa_handler == SIG_DFL) sigaction(signals[i], &action, nullptr);
    }
  }
  ~EndsWithUs() {
    for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before_[i], nullptr);
    running = 0;
  }
  EndsWithUs(const EndsWithUs&) = delete;
  EndsWithUs& operator=(const EndsWithUs&) = delete;

 private:
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};
  static inline volatile pid_t running = 0;
  std::array<struct sigaction, signals.size()> before_{};
};

}  // namespace

std::vector<std::string> environment_with(const TextMap& more) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    if (!more.contains(std::string(text.substr(0, text.find('='))))) variables.emplace_back(text);
  }
  for (const auto& [name, value] : more) variables.push_back(fmt::format("{}={}", name, value));
  return variables;
}

CommandOutcome run_command(const std::vector<std::string>& command, const std::string& folder,
                           const TextMap& environment, std::chrono::milliseconds most) {
  CommandOutcome outcome;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    outcome.end = fmt::format("cannot be started: {}", std::strerror(errno));
    return outcome;
  }
  const Descriptor from(ends[0]);
  int problem = 0;
  pid_t child = -1;
  {
    const Descriptor to(ends[1]);
    child = start(command, folder, environment, to, problem);
  }
  if (problem != 0) {
    outcome.end = fmt::format("cannot be started: {}", std::strerror(problem));
    return outcome;
  }
  const EndsWithUs ends_with_us(child);
  const auto until = Clock::now() + most;
  bool late = false;
  // Whoever holds the pipe open beyond the end of the command (a daemon of its compiler) holds up nobody. A pipe that
  // nobody holds any more is not waited for, since that would return at once, until the command ends.
  int status = 0;
  bool closed = false;
  for (bool ended = false; !late;) {
    pollfd wait{closed ? -1 : from.get(), POLLIN, 0};
    poll(&wait, 1, closed ? 5 : 50);
    std::array<char, 16384> buffer;
    const ssize_t got = wait.revents == 0 ? 0 : read(from.get(), buffer.data(), buffer.size());
    if (got > 0) {
      outcome.output.append(buffer.data(), static_cast<std::size_t>(got));
      if (outcome.output.size() > kept_bytes) outcome.output.erase(0, outcome.output.size() - kept_bytes);
    } else if (ended) {
      break;
    }
    closed = closed || (wait.revents != 0 && got == 0);
    // Its last words are heard, but not those of somebody who has its pipe and goes on talking.
    const bool is_time = Clock::now() > until;
    if (ended && is_time) break;
    ended = ended || waitpid(child, &status, WNOHANG) == child;
    late = !ended && is_time;
  }
  kill(-child, SIGKILL);
  if (late) {
    waitpid(child, &status, 0);
    outcome.end = fmt::format("was not over after {}", format_duration(most));
    return outcome;
  }
  outcome.succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  outcome.end = how_it_ended(status);
  return outcome;
}

std::string last_lines(const std::string& text, std::size_t lines) {
  std::string_view rest(text);
  while (!rest.empty() && (rest.back() == '\n' || rest.back() == '\r')) rest.remove_suffix(1);
  std::size_t begin = rest.size();
  for (std::size_t i = 0; i < lines && begin != 0; ++i) {
    const auto end = rest.rfind('\n', begin - 1);
    begin = end == std::string_view::npos ? 0 : end;
  }
  std::string out;
  rest.remove_prefix(begin);
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (!line.empty()) out += fmt::format("  {}\n", line);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return out;
}

}  // namespace cbench
