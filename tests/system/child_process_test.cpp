// What a started program begins with: descriptors, signals, folder, and how its end is told.
#include "system/child_process.hpp"

#include <array>
#include <csignal>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/pipe.hpp"

namespace cbench {
namespace {

std::string all_of(const Descriptor& from) {
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t got; (got = read(from.get(), buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

int status_of(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

// What a line of shell prints.
std::string said_by(const std::string& line, ChildProgram program = {}) {
  Pipe pipe = make_pipe();
  program.command = {"sh", "-c", line};
  program.given.push_back({&pipe.write_end, STDOUT_FILENO});
  const pid_t child = start_program(program);
  pipe.write_end.reset();
  std::string text = all_of(pipe.read_end);
  status_of(child);
  return text;
}

TEST(ChildProcess, has_each_descriptor_under_the_number_that_was_asked_for) {
  Pipe first = make_pipe();
  Pipe second = make_pipe();
  // Each under the number that the other has here.
  const pid_t child = start_program(
      {.command = {"sh", "-c",
                   "echo first >&" + std::to_string(second.write_end.get()) + "; echo second >&" +
                       std::to_string(first.write_end.get())},
       .given = {{&first.write_end, second.write_end.get()}, {&second.write_end, first.write_end.get()}}});
  first.write_end.reset();
  second.write_end.reset();
  EXPECT_EQ(all_of(first.read_end), "first\n");
  EXPECT_EQ(all_of(second.read_end), "second\n");
  EXPECT_EQ(how_it_ended(status_of(child)), "exited with 0");
}

TEST(ChildProcess, what_is_not_given_is_the_null_device) {
  EXPECT_EQ(said_by("readlink /proc/self/fd/0; readlink /proc/self/fd/2"), "/dev/null\n/dev/null\n");
}

TEST(ChildProcess, nothing_else_is_open_where_that_is_asked_for) {
  const Descriptor leaked(open("/dev/zero", O_RDONLY));
  const std::string line = "readlink /proc/self/fd/" + std::to_string(leaked.get());
  EXPECT_EQ(said_by(line), "/dev/zero\n");
  EXPECT_EQ(said_by(line, {.command = {}, .nothing_else_open = true}), "");
}

TEST(ChildProcess, signals_are_as_after_a_login) {
  signal(SIGPIPE, SIG_IGN);
  sigset_t hang_up;
  sigemptyset(&hang_up);
  sigaddset(&hang_up, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &hang_up, nullptr);
  const std::string said = said_by("grep -E '^Sig(Blk|Ign)' /proc/self/status");
  pthread_sigmask(SIG_UNBLOCK, &hang_up, nullptr);
  signal(SIGPIPE, SIG_DFL);
  // 32 and 33 are the C library's own, which it ignores in whatever it starts.
  EXPECT_EQ(said, "SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n");
}

TEST(ChildProcess, leads_a_group_of_its_own_in_the_folder_and_environment_that_it_was_given) {
  const std::string said =
      said_by("pwd; echo $WORD; cut -d ' ' -f 5 /proc/$$/stat; echo $$",
              {.command = {}, .folder = "/proc", .environment = {"WORD=given", "PATH=/usr/bin:/bin"}});
  ASSERT_EQ(said.substr(0, 12), "/proc\ngiven\n");
  const std::string ids = said.substr(12);
  const std::size_t end = ids.find('\n');
  EXPECT_EQ(ids.substr(0, end + 1), ids.substr(end + 1));
}

TEST(ChildProcess, its_end_is_told_in_words) {
  EXPECT_EQ(how_it_ended(status_of(start_program({.command = {"sh", "-c", "exit 3"}}))), "exited with 3");
  EXPECT_EQ(how_it_ended(status_of(start_program({.command = {"sh", "-c", "kill -9 $$"}}))),
            "was killed by signal 9 (Killed)");
}

TEST(ChildProcess, that_cannot_be_started_is_named) {
  try {
    start_program({.command = {"/no/such/program"}});
    FAIL() << "it was started";
  } catch (const std::system_error& error) {
    EXPECT_STREQ(error.what(), "cannot start /no/such/program: No such file or directory");
  }
}

}  // namespace
}  // namespace cbench
