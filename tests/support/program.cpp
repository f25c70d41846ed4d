#include "tests/support/program.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/process_tree.hpp"

namespace cbench::testing {

using namespace std::chrono_literals;

std::string read_file(const std::string& path) {
  // By <<, which takes what a file of /proc throws whose process ends meanwhile for its end.
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "cbench-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for a test");
  path_ = name;
}

Folder::~Folder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

Program::Program(const std::string& path, const std::vector<std::string>& arguments, const std::string& folder) {
  std::string base = (std::filesystem::temp_directory_path() / "cbench-out-XXXXXX").string();
  const int out = mkstemp(base.data());
  out_path_ = base;
  err_path_ = base + ".err";
  const int err = open(err_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  std::vector<char*> values{const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) values.push_back(const_cast<char*>(argument.c_str()));
  values.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(126);
    execv(path.c_str(), values.data());
    _exit(127);
  }
  close(out);
  close(err);
}

Program::~Program() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    wait();
  }
}

void Program::signal(int number) const { kill(pid_, number); }

Outcome Program::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  Outcome outcome{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                  .out = read_file(out_path_),
                  .err = read_file(err_path_)};
  std::filesystem::remove(out_path_);
  std::filesystem::remove(err_path_);
  return outcome;
}

Outcome run(const std::string& path, const std::vector<std::string>& arguments, const std::string& folder) {
  return Program(path, arguments, folder).wait();
}

pid_t find_descendant(pid_t root, const std::string& text, std::chrono::milliseconds most) {
  const auto until = std::chrono::steady_clock::now() + most;
  while (std::chrono::steady_clock::now() < until) {
    for (const pid_t process : process_tree(root)) {
      std::string line = read_file(fmt::format("/proc/{}/cmdline", process));
      for (char& c : line) c = c == '\0' ? ' ' : c;
      if (process != root && line.find(text) != std::string::npos) return process;
    }
    std::this_thread::sleep_for(5ms);
  }
  return 0;
}

}  // namespace cbench::testing
