// The life of the peer's process: how it starts, how one learns of its death, and that it never outlives its parent.
#include "harness/peer_process.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/connections.hpp"
#include "system/process_tree.hpp"
#include "tests/support/peer_client.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

template <class Function>
std::string what_it_throws(Function function) {
  try {
    function();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// An executable script, removed at the end of the test.
class Script {
 public:
  explicit Script(const std::string& body) : path_(testing::TempDir() + "peer_script_" + std::to_string(getpid())) {
    std::ofstream(path_) << "#!/bin/sh\n" << body << "\n";
    chmod(path_.c_str(), 0700);
  }
  ~Script() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(peer_process, listens_when_it_is_there_and_is_gone_with_its_owner) {
  std::uint16_t port = 0;
  pid_t pid = 0;
  {
    PeerProcess peer(0, CBENCH_PEER_PROGRAM);
    port = peer.port();
    pid = peer.pid();
    EXPECT_TRUE(peer.alive());
    EXPECT_TRUE(PeerClient(port).is_served());
    EXPECT_EQ(peer.counts().replies_total, 1U);
  }
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_TRUE(contains(what_it_throws([&] { Connections(port, 1, 1); }), "no peer listens"));
}

// Ports that the kernel keeps for a minute (TIME_WAIT, state 06) would be missing to the trials that follow.
TEST(peer_process, connections_that_a_client_closes_in_the_usual_way_leave_no_port_taken) {
  const PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(PeerClient(peer.port()).is_served());
  const std::string to_peer = fmt::format(":{:04X} 06", peer.port());
  std::ifstream table("/proc/net/tcp");
  int kept = 0;
  for (std::string line; std::getline(table, line);) kept += contains(line, to_peer) ? 1 : 0;
  EXPECT_EQ(kept, 0);
}

TEST(peer_process, listens_on_the_port_of_an_earlier_one_right_after_it) {
  auto first = std::make_unique<PeerProcess>(0, CBENCH_PEER_PROGRAM);
  const std::uint16_t port = first->port();
  PeerClient client(port);
  EXPECT_TRUE(client.is_served());
  first.reset();  // with the connection open: the kernel keeps the peer's end for a while
  client.close();
  const PeerProcess again(port, CBENCH_PEER_PROGRAM);
  EXPECT_EQ(again.port(), port);
}

TEST(peer_process, says_which_port_is_taken) {
  const PeerProcess first(0, CBENCH_PEER_PROGRAM);
  const std::string what = what_it_throws([&] { PeerProcess(first.port(), CBENCH_PEER_PROGRAM); });
  EXPECT_TRUE(contains(what, std::to_string(first.port()))) << what;
  EXPECT_TRUE(contains(what, "taken")) << what;
  EXPECT_TRUE(contains(what, "exited with 1")) << what;
}

TEST(peer_process, of_several_threads_serves_counts_and_ends_as_one) {
  PeerProcess peer(0, CBENCH_PEER_PROGRAM, 10s, 3);
  EXPECT_EQ(memory_of({peer.pid()}).threads, 3U);
  peer.watch();
  std::vector<PeerClient> clients;
  for (int i = 0; i < 60; ++i) clients.emplace_back(peer.port());
  for (PeerClient& client : clients) EXPECT_TRUE(client.is_served());
  const PeerCounts counts = peer.counts();
  EXPECT_EQ(counts.connections_accepted, 60U);
  EXPECT_EQ(counts.requests, 60U);
  EXPECT_EQ(counts.replies_in_window, 60U);
  EXPECT_TRUE(counts.window_whole);
  int with_work = 0;  // of the kernel's 60 throws on three threads none misses but once in 10^10
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", peer.pid()))) {
    std::ifstream file(thread.path() / "status");
    for (std::string line; std::getline(file, line);) {
      const auto at = line.find("voluntary_ctxt_switches:\t");
      if (at == 0 && std::stoi(line.substr(line.find('\t'))) > 5) ++with_work;
    }
  }
  EXPECT_EQ(with_work, 3);
  peer.watch();
  EXPECT_EQ(peer.counts().replies_in_window, 0U);
  const std::string what = what_it_throws([&] { PeerProcess(peer.port(), CBENCH_PEER_PROGRAM, 10s, 2); });
  EXPECT_TRUE(contains(what, "taken")) << "who shares a port shares it with nobody else: " << what;
}

TEST(peer_process, says_that_there_is_no_such_program) {
  const std::string what = what_it_throws([] { PeerProcess(0, "/no/such/program"); });
  EXPECT_TRUE(contains(what, "/no/such/program")) << what;
}

TEST(peer_process, says_what_a_program_that_ends_at_once_has_said) {
  const Script script("echo something is amiss >&2; exit 3");
  const std::string what = what_it_throws([&] { PeerProcess(0, script.path()); });
  EXPECT_TRUE(contains(what, "exited with 3")) << what;
  EXPECT_TRUE(contains(what, "something is amiss")) << what;
}

TEST(peer_process, gives_up_on_a_program_that_never_listens_and_ends_it) {
  const Script script("echo not yet; exec sleep 1000");
  const std::string what = what_it_throws([&] { PeerProcess(0, script.path(), 200ms); });
  EXPECT_TRUE(contains(what, "did not listen within 200 ms")) << what;
  EXPECT_TRUE(contains(what, "not yet")) << what;
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST(peer_process, notices_that_the_peer_was_killed_and_by_what) {
  PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  PeerClient client(peer.port());
  ASSERT_TRUE(client.is_served());
  EXPECT_FALSE(peer.ends_within(1ms)) << "it lives";
  kill(peer.pid(), SIGKILL);
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(peer.ends_within(20s)) << "its connections are closed before it is over";
  EXPECT_FALSE(peer.alive());
  EXPECT_TRUE(contains(peer.end(), "killed by signal 9")) << peer.end();
  EXPECT_EQ(peer.counts().replies_total, 1U) << "what it counted is there after its death";
}

TEST(peer_process, is_not_in_the_group_that_ctrl_c_reaches) {
  const PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  EXPECT_EQ(getpgid(peer.pid()), peer.pid());
}

TEST(peer_process, inherits_no_descriptor) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);  // without O_CLOEXEC
  const PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  close(pipe_ends[1]);
  pollfd end{.fd = pipe_ends[0], .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&end, 1, 2000), 1) << "the peer holds the other end open";
  close(pipe_ends[0]);
}

TEST(peer_process, may_open_as_many_descriptors_as_the_hard_limit_allows) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{.rlim_cur = 64, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  const PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  setrlimit(RLIMIT_NOFILE, &before);
  rlimit its{};
  ASSERT_EQ(prlimit(peer.pid(), RLIMIT_NOFILE, nullptr, &its), 0);
  EXPECT_EQ(its.rlim_cur, before.rlim_max);
}

// Forks a parent that starts a peer and is then killed. Returns the status of the peer, which becomes our child; -1
// where it lives on.
// `bystander`: the parent has forked another child, which still holds the peer's standard input open.
int status_of_an_orphan(bool bystander) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  int pids[2];
  EXPECT_EQ(pipe(pids), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const PeerProcess peer(0, CBENCH_PEER_PROGRAM);
    const pid_t other = bystander ? fork() : 0;
    if (bystander && other == 0) {
      for (;;) pause();
    }
    const pid_t both[2] = {peer.pid(), other};
    if (write(pids[1], both, sizeof(both)) != sizeof(both)) _exit(1);
    for (;;) pause();
  }
  pid_t both[2] = {};
  EXPECT_EQ(read(pids[0], both, sizeof(both)), static_cast<ssize_t>(sizeof(both)));
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  int status = -1;
  const auto until = Clock::now() + 20s;
  pid_t ended = 0;
  while ((ended = waitpid(both[0], &status, WNOHANG)) == 0 && Clock::now() < until) std::this_thread::sleep_for(1ms);
  if (ended == 0) kill(both[0], SIGTERM);
  if (bystander) {
    kill(both[1], SIGKILL);
    waitpid(both[1], nullptr, 0);
  }
  close(pids[0]);
  close(pids[1]);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  return status;
}

TEST(peer_process, dies_with_a_parent_that_was_killed) { EXPECT_NE(status_of_an_orphan(false), -1); }

TEST(peer_process, dies_with_its_parent_though_another_process_holds_its_input) {
  const int status = status_of_an_orphan(true);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

TEST(peer_process, lives_beside_another_each_with_its_own_counts) {
  PeerProcess one(0, CBENCH_PEER_PROGRAM);
  auto other = std::make_unique<PeerProcess>(0, CBENCH_PEER_PROGRAM);
  ASSERT_NE(one.port(), other->port());
  one.watch();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(PeerClient(one.port()).is_served());
  EXPECT_TRUE(PeerClient(other->port()).is_served());
  EXPECT_EQ(one.counts().replies_in_window, 3U);
  EXPECT_EQ(one.counts().connections_accepted, 3U);
  EXPECT_EQ(other->counts().replies_in_window, 0U);
  EXPECT_EQ(other->counts().replies_total, 1U);
  other.reset();
  EXPECT_TRUE(one.alive());
  EXPECT_TRUE(PeerClient(one.port()).is_served());
}

// In a container whatever it starts with has the number 1: a parent of that number is alive.
TEST(peer_process, is_started_and_stopped_by_a_parent_that_is_process_1) {
  const pid_t starter = fork();
  if (starter == 0) {
    if (unshare(CLONE_NEWPID) != 0) _exit(43);
    const pid_t first = fork();
    if (first == 0) {
      if (getpid() != 1) _exit(2);
      try {
        PeerProcess peer(0, CBENCH_PEER_PROGRAM);
        _exit(PeerClient(peer.port()).is_served() && peer.alive() ? 42 : 3);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        _exit(4);
      }
    }
    int status = 0;
    waitpid(first, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 5);
  }
  int status = 0;
  waitpid(starter, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 43) GTEST_SKIP() << "this process may not make a PID namespace";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42) << status;
}

// Its input is still open, as where another process holds it.
TEST(peer_process, is_killed_where_it_does_not_end_when_asked) {
  pid_t pid = 0;
  const auto begin = Clock::now();
  {
    const PeerProcess peer(0, CBENCH_PEER_PROGRAM);
    pid = peer.pid();
    kill(pid, SIGSTOP);
  }
  EXPECT_LT(Clock::now() - begin, 20s);
  EXPECT_EQ(kill(pid, 0), -1);
}

// A daemon that keeps the peer's standard output and error open must not be waited for.
TEST(peer_process, ends_though_something_that_it_started_holds_its_output_open) {
  const std::string pid_file = testing::TempDir() + "peer_daemon_" + std::to_string(getpid());
  const Script script("sleep 1000 & echo $! > " + pid_file + "; exec " CBENCH_PEER_PROGRAM " \"$@\"");
  const auto begin = Clock::now();
  {
    PeerProcess peer(0, script.path());
    EXPECT_TRUE(PeerClient(peer.port()).is_served());
    kill(peer.pid(), SIGTERM);
    while (peer.alive() && Clock::now() < begin + 20s) std::this_thread::sleep_for(1ms);
    EXPECT_FALSE(peer.alive());
    EXPECT_TRUE(contains(peer.end(), "killed by signal 15")) << peer.end();
  }
  EXPECT_LT(Clock::now() - begin, 30s);
  pid_t daemon = 0;
  std::ifstream(pid_file) >> daemon;
  ASSERT_GT(daemon, 1);
  EXPECT_EQ(kill(daemon, SIGKILL), 0) << "it did not live as long as this test says";
  unlink(pid_file.c_str());
}

// `cbench serve` as a person or a script runs it.
int shell(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(serve, ends_with_its_standard_input) {
  EXPECT_EQ(shell("echo | timeout 20 " CBENCH_PEER_PROGRAM " serve --until-eof > /dev/null"), 0);
}

TEST(serve, ends_where_the_process_that_started_it_is_gone_before_it_could_tell) {
  EXPECT_EQ(shell("sleep 1 | timeout 20 " CBENCH_PEER_PROGRAM " serve --until-eof --parent 1 > /dev/null 2>&1"), 1);
}

TEST(serve, refuses_counters_that_have_no_room) {
  EXPECT_EQ(shell(CBENCH_PEER_PROGRAM " serve --counters-from-fd 9 > /dev/null 2>&1"), 1);
  const std::string empty = testing::TempDir() + "peer_counters_" + std::to_string(getpid());
  EXPECT_EQ(shell("timeout 5 " CBENCH_PEER_PROGRAM " serve --counters-from-fd 9 9<> " + empty + " > /dev/null 2>&1"),
            1);
  unlink(empty.c_str());
}

TEST(serve, says_that_a_file_cannot_be_its_standard_input) {
  EXPECT_EQ(shell(CBENCH_PEER_PROGRAM " serve --until-eof < /etc/passwd > /dev/null 2>&1"), 1);
}

TEST(serve, exits_with_1_where_the_port_is_taken_and_with_2_where_it_is_none) {
  const PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  EXPECT_EQ(shell(CBENCH_PEER_PROGRAM " serve --port " + std::to_string(peer.port()) + " 2> /dev/null"), 1);
  EXPECT_EQ(shell(CBENCH_PEER_PROGRAM " serve --port 65536 2> /dev/null"), 2);
  EXPECT_EQ(shell(CBENCH_PEER_PROGRAM " serve --port http 2> /dev/null"), 2);
}

}  // namespace
}  // namespace cbench
