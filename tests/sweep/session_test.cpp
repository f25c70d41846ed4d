// A sweep ends with what it has, whatever fails: signals, a peer that cannot come back, a file that is full, no
// descriptors, little stack.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/files/formats.hpp"
#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

using namespace std::chrono_literals;

const std::string program = CBENCH_PROGRAM;

std::vector<std::string> sweep(const std::string& models, const std::string& workload, const std::string& csv) {
  return {"--model", models,       "--workload", workload,   "--workers", "1",  "--repetitions",
          "1",       "--duration", "300ms",      "--warmup", "50ms",      "-o", csv};
}

// Runs the program with a limit, its standard output and error in files of the folder.
int run_limited(int resource, rlim_t most, const Folder& folder, std::vector<std::string> arguments) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit limit{.rlim_cur = most, .rlim_max = most};
    freopen((folder / "out").c_str(), "w", stdout);
    freopen((folder / "err").c_str(), "w", stderr);
    setrlimit(static_cast<__rlimit_resource>(resource), &limit);
    std::signal(SIGXFSZ, SIG_IGN);
    std::vector<char*> values{const_cast<char*>(program.c_str())};
    for (std::string& argument : arguments) values.push_back(argument.data());
    values.push_back(nullptr);
    execv(program.c_str(), values.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// A signal is dealt with as given, whatever this program inherited, and so by programs that it starts.
class Disposition {
 public:
  Disposition(int signal, sighandler_t given) : signal_(signal), before_(std::signal(signal, given)) {}
  Disposition(const Disposition&) = delete;
  Disposition& operator=(const Disposition&) = delete;
  ~Disposition() { std::signal(signal_, before_); }

 private:
  int signal_;
  sighandler_t before_;
};

TEST(session, sigterm_and_sighup_end_a_sweep_as_ctrl_c_does) {
  const Disposition hang_up(SIGHUP, SIG_DFL);
  for (const int number : {SIGTERM, SIGHUP}) {
    const Folder folder;
    const std::string csv = folder / "results.csv";
    Program sweep_of_pool(program, {"--model", "pool", "--workload", "sleep", "--workers", "1", "--repetitions", "20",
                                    "--duration", "200ms", "--warmup", "10ms", "-o", csv});
    while (read_file(csv).size() < 3000) std::this_thread::sleep_for(20ms);
    sweep_of_pool.signal(number);
    const Outcome outcome = sweep_of_pool.wait();
    EXPECT_EQ(outcome.exit_code, 128 + number);
    EXPECT_NE(outcome.out.find("sequential"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.err.find("interrupted by SIG"), std::string::npos) << outcome.err;
    const auto records = read_records(csv);
    EXPECT_GE(records.size(), 2U);
    EXPECT_EQ(records.back().reason, "interrupted");
  }
}

TEST(session, a_signal_that_ends_the_peer_too_interrupts_and_fails_nothing) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  Program sweep_of_pool(program, {"--model", "pool", "--workload", "io", "--workers", "1", "--repetitions", "20",
                                  "--duration", "200ms", "--warmup", "10ms", "-o", csv});
  const pid_t peer = find_descendant(sweep_of_pool.pid(), "serve");
  ASSERT_NE(peer, 0);
  while (read_file(csv).size() < 3000) std::this_thread::sleep_for(20ms);
  sweep_of_pool.signal(SIGTERM);
  kill(peer, SIGTERM);
  EXPECT_EQ(sweep_of_pool.wait().exit_code, 128 + SIGTERM);
  const auto records = read_records(csv);
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.back().status, Status::failed);
  EXPECT_EQ(records.back().reason.find("interrupted"), 0U) << records.back().reason;
}

TEST(session, a_sweep_under_nohup_outlives_its_terminal) {
  const Disposition hang_up(SIGHUP, SIG_IGN);
  const Folder folder;
  const std::string csv = folder / "results.csv";
  Program sweep_of_pool(program, sweep("pool", "sleep", csv));
  while (read_file(csv).empty()) std::this_thread::sleep_for(20ms);
  sweep_of_pool.signal(SIGHUP);
  EXPECT_EQ(sweep_of_pool.wait().exit_code, 0);
  const auto records = read_records(csv);
  ASSERT_EQ(records.size(), 2U);  // pool and its baseline
  EXPECT_EQ(records.back().reason, "");
}

TEST(session, a_peer_that_cannot_come_back_fails_its_trials_and_the_table_is_printed) {
  const int taker = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(taker, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(taker, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  socklen_t length = sizeof(address);
  getsockname(taker, reinterpret_cast<sockaddr*>(&address), &length);
  close(taker);

  const Folder folder;
  const std::string csv = folder / "results.csv";
  auto arguments = sweep("threads,pool", "io", csv);
  arguments.insert(arguments.end(), {"--peer-port", std::to_string(ntohs(address.sin_port))});
  Program io(program, arguments);
  const pid_t peer = find_descendant(io.pid(), "serve");
  ASSERT_NE(peer, 0);
  while (read_file(csv).find("sequential") == std::string::npos) std::this_thread::sleep_for(5ms);
  ASSERT_NE(find_descendant(io.pid(), "exe trial"), 0);
  const int other = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  kill(peer, SIGKILL);
  bool taken = false;
  for (int i = 0; i < 2000 && !taken; ++i) {
    taken = bind(other, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 && listen(other, 1) == 0;
    if (!taken) std::this_thread::sleep_for(100us);
  }
  ASSERT_TRUE(taken);
  const Outcome outcome = io.wait();
  close(other);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.out.find("sequential"), std::string::npos) << "what was measured is shown\n" << outcome.out;
  const auto records = read_records(csv);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].status, Status::ok) << records[0].reason;
  EXPECT_EQ(records[2].status, Status::failed);
  EXPECT_NE(records[2].reason.find("the peer could not be started"), std::string::npos) << records[2].reason;
}

TEST(session, one_of_two_files_that_finds_no_room_does_not_keep_the_other_from_its_rows) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  auto arguments = sweep("pool,threads", "noop", csv);
  arguments.insert(arguments.end(), {"-o", folder / "results.json"});
  EXPECT_EQ(run_limited(RLIMIT_FSIZE, 7000, folder, arguments), 1);
  EXPECT_EQ(read_records(csv).size(), 3U) << read_file(folder / "err");
  EXPECT_NE(read_file(folder / "out").find("threads"), std::string::npos) << "the table is printed";
  EXPECT_NE(read_file(folder / "err").find("results.json"), std::string::npos) << read_file(folder / "err");
}

TEST(session, a_sweep_without_descriptors_for_a_trial_says_so_for_each) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  EXPECT_EQ(run_limited(RLIMIT_NOFILE, 8, folder, sweep("pool", "noop", csv)), 1);
  EXPECT_NE(read_file(folder / "out").find("Too many open files"), std::string::npos) << read_file(folder / "out");
}

TEST(session, a_small_stack_is_enough) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  EXPECT_EQ(run_limited(RLIMIT_STACK, 64 * 1024, folder, sweep("pool", "io", csv)), 0) << read_file(folder / "err");
  EXPECT_EQ(read_records(csv).size(), 2U);
}

}  // namespace
}  // namespace cbench::testing
