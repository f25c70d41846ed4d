// Forked workers: they end when they are asked to, with their parent, and not without being noticed.
#include "models/processes/worker_process.hpp"

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr int patience_ms = 20'000;

bool readable(int descriptor) {
  pollfd look{.fd = descriptor, .events = POLLIN, .revents = 0};
  return poll(&look, 1, patience_ms) == 1;
}

// Serves until the end of file.
void serve(int socket) {
  char nothing = 0;
  while (readable(socket) && recv(socket, &nothing, 1, 0) != 0) {
  }
}
void serve_for_ever(int) {
  for (;;) pause();
}
void nobody(const char*) {}

bool exists(pid_t pid) { return kill(pid, 0) == 0; }

TEST(worker_process, has_a_socket_to_its_parent) {
  const WorkerProcess worker(
      {},
      [](int socket) {
        send(socket, "hello", 5, 0);
        serve(socket);
      },
      nobody);
  ASSERT_TRUE(readable(worker.socket()));
  char text[10];
  EXPECT_EQ(recv(worker.socket(), text, sizeof(text), 0), 5);
}

TEST(worker_process, ends_when_its_socket_is_closed) {
  WorkerProcess worker({}, serve, nobody);
  worker.hang_up();
  EXPECT_EQ(worker.wait(), "exited with 0");
}

TEST(worker_process, is_gone_when_its_owner_is) {
  pid_t pid = 0;
  {
    const WorkerProcess worker({}, serve, nobody);
    pid = worker.pid();
    EXPECT_TRUE(exists(pid));
  }
  EXPECT_FALSE(exists(pid));
}

TEST(worker_process, is_killed_where_it_does_not_end) {
  pid_t pid = 0;
  {
    const WorkerProcess worker({}, serve_for_ever, nobody);
    pid = worker.pid();
  }
  EXPECT_FALSE(exists(pid));
}

TEST(worker_process, says_what_killed_it) {
  WorkerProcess worker({}, serve, nobody);
  kill(worker.pid(), SIGKILL);
  EXPECT_EQ(worker.wait(), "was killed by signal 9 (Killed)");
}

TEST(worker_process, shows_its_end_on_the_socket) {
  std::vector<WorkerProcess> workers;
  for (int i = 0; i < 3; ++i) workers.emplace_back(workers, serve, nobody);
  workers[1].kill();
  ASSERT_TRUE(readable(workers[1].socket()));
  char nothing = 0;
  EXPECT_EQ(recv(workers[1].socket(), &nothing, 1, 0), 0);
}

// Later ones have inherited the sockets of earlier ones, and must not keep them open.
TEST(worker_process, ends_though_later_ones_live_on) {
  std::vector<WorkerProcess> workers;
  for (int i = 0; i < 3; ++i) workers.emplace_back(workers, serve, nobody);
  workers[0].hang_up();
  EXPECT_EQ(workers[0].wait(), "exited with 0");
  EXPECT_TRUE(exists(workers[2].pid()));
}

TEST(worker_process, tells_what_it_threw) {
  int said[2];
  ASSERT_EQ(pipe(said), 0);
  WorkerProcess worker(
      {}, [](int) { throw std::runtime_error("no loop"); },
      [&](const char* reason) {
        [[maybe_unused]] const auto wrote = write(said[1], reason, std::string(reason).size());
      });
  EXPECT_EQ(worker.wait(), "exited with 1");
  char text[20] = {};
  EXPECT_EQ(read(said[0], text, sizeof(text)), 7);
  EXPECT_STREQ(text, "no loop");
  close(said[0]);
  close(said[1]);
}

TEST(worker_process, dies_with_its_parent) {
  int open_while_it_lives[2];
  ASSERT_EQ(pipe(open_while_it_lives), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const WorkerProcess worker({}, serve_for_ever, nobody);
    kill(getpid(), SIGKILL);
  }
  close(open_while_it_lives[1]);
  waitpid(parent, nullptr, 0);
  char nothing = 0;
  ASSERT_TRUE(readable(open_while_it_lives[0]));
  EXPECT_EQ(read(open_while_it_lives[0], &nothing, 1), 0);
  close(open_while_it_lives[0]);
}

}  // namespace
}  // namespace cbench
