#include "sweep/catalogue/command.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/child_process.hpp"
#include "system/descriptor.hpp"
#include "system/pipe.hpp"
#include "text/quantity.hpp"

extern char** environ;

namespace cbench {
namespace {

constexpr std::size_t kept_bytes = 64U << 10U;

using Clock = std::chrono::steady_clock;

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
  Descriptor from;
  pid_t child = -1;
  try {
    Pipe pipe = make_pipe();
    child = start_program({.command = command,
                           .folder = folder,
                           .environment = environment_with(environment),
                           .given = {{&pipe.write_end, STDOUT_FILENO}, {&pipe.write_end, STDERR_FILENO}}});
    from = std::move(pipe.read_end);
  } catch (const std::system_error& error) {
    const std::string interpreter = missing_interpreter_of(command.front());
    outcome.end =
        interpreter.empty()
            ? "cannot be started: " + error.code().message()
            : fmt::format("cannot be started: its interpreter {} does not exist or may not be run", interpreter);
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

std::string missing_interpreter_of(const std::string& program) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(program, error)) return {};
  std::ifstream file(program);
  std::array<char, 256> begin{};  // as much as the kernel looks at
  file.read(begin.data(), begin.size());
  std::string_view line(begin.data(), static_cast<std::size_t>(file.gcount()));
  if (!line.starts_with("#!")) return {};
  line = line.substr(2, line.find('\n') - 2);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const std::string interpreter(line.substr(0, line.find_first_of(" \t")));
  if (interpreter.empty()) return {};
  if (std::filesystem::is_regular_file(interpreter, error) && access(interpreter.c_str(), X_OK) == 0) return {};
  if (!interpreter.ends_with('\r')) return interpreter;
  return fmt::format("\"{}\\r\" (its first line ends with a carriage return)",
                     interpreter.substr(0, interpreter.size() - 1));
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
