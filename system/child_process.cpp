#include "system/child_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace cbench {
namespace {

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class Attributes {
 public:
  Attributes() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

}  // namespace

pid_t start_program(const ChildProgram& program) {
  const std::string& name = program.command.front();
  const auto failed = [&](int error) {
    return std::system_error(error, std::generic_category(), "cannot start " + name);
  };
  int highest = STDERR_FILENO;
  for (const GivenDescriptor& each : program.given) highest = std::max(highest, each.number);

  FileActions files;
  std::array<bool, 3> is_given{};
  std::vector<Descriptor> copies;  // under numbers that are none of those to come, lest one overwrite another
  for (const auto& [ours, number] : program.given) {
    copies.emplace_back(fcntl(ours->get(), F_DUPFD_CLOEXEC, highest + 1));
    if (!copies.back()) throw failed(errno);
    posix_spawn_file_actions_adddup2(files.get(), copies.back().get(), number);
    if (number <= STDERR_FILENO) is_given[static_cast<std::size_t>(number)] = true;
  }
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (is_given[static_cast<std::size_t>(number)]) continue;
    posix_spawn_file_actions_addopen(files.get(), number, "/dev/null", number == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
  }
  if (program.nothing_else_open) posix_spawn_file_actions_addclosefrom_np(files.get(), highest + 1);
  if (!program.folder.empty()) posix_spawn_file_actions_addchdir_np(files.get(), program.folder.c_str());

  const Attributes attributes;
  pid_t child = -1;
  const int error = posix_spawnp(&child, name.c_str(), files.get(), attributes.get(), pointers(program.command).data(),
                                 program.environment.empty() ? environ : pointers(program.environment).data());
  if (error != 0) throw failed(error);
  return child;
}

std::string how_it_ended(int status) {
  return WIFSIGNALED(status)
             ? fmt::format("was killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)))
             : fmt::format("exited with {}", WEXITSTATUS(status));
}

}  // namespace cbench
