// Whoever is killed, whenever: no row that was there is lost, every trial of a sweep that lives is a row, nothing is
// left behind and nothing hangs. CBENCH_KILLS=300 bin/kills_test kills that many; seeds are counted, so that a kill can
// be repeated as far as time allows.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/files/formats.hpp"
#include "system/process_tree.hpp"
#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t planned = 3;  // trials of a sweep
constexpr auto longest = 60s;       // that a sweep may take after a kill; it is over within 3 on an idle machine

enum class Victim { parent, trial, worker, peer };

int kills_of_each() {
  const char* const all = std::getenv("CBENCH_KILLS");
  return std::max(1, (all == nullptr ? 20 : std::atoi(all)) / 4);
}

std::string command_of(pid_t process) {
  std::string line = read_file(fmt::format("/proc/{}/cmdline", process));
  std::ranges::replace(line, '\0', ' ');
  return line;
}

// One that lives now; 0 where there is none.
pid_t find_victim(Victim kind, pid_t sweep) {
  if (kind == Victim::parent) return sweep;
  pid_t trial = 0;
  for (const pid_t process : process_tree(sweep)) {
    const std::string command = command_of(process);
    if (kind == Victim::peer && command.find(" serve ") != std::string::npos) return process;
    if (process != sweep && trial == 0 && command.ends_with(" trial ")) trial = process;
  }
  if (kind == Victim::trial || trial == 0) return kind == Victim::trial ? trial : 0;
  const auto tree = process_tree(trial);
  return tree.size() > 1 ? tree.back() : 0;
}

// Waits for one; 0 where the sweep ends before there is one.
pid_t wait_for_victim(Victim kind, pid_t sweep) {
  const auto until = std::chrono::steady_clock::now() + longest;
  siginfo_t ended{};
  while (std::chrono::steady_clock::now() < until &&
         !(waitid(P_PID, static_cast<id_t>(sweep), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid != 0)) {
    if (const pid_t victim = find_victim(kind, sweep); victim != 0) return victim;
    std::this_thread::sleep_for(1ms);
  }
  return 0;
}

// Processes that the sweep has started, however far they are from it: they have its environment.
std::vector<pid_t> marked(const std::string& mark) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (read_file(entry.path() / "environ").find(mark) == std::string::npos) continue;
    if (read_file(entry.path() / "stat").find(") Z ") == std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

class Kills : public ::testing::TestWithParam<Victim> {};

TEST_P(Kills, lose_no_row_and_leave_nothing_behind) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  const Victim kind = GetParam();
  const std::string mark = fmt::format("CBENCH_KILLS_MARK=of-{}-{}", getpid(), static_cast<int>(kind));
  putenv(const_cast<char*>(mark.c_str()));
  int killed = 0;
  for (int i = 0; i < kills_of_each(); ++i) {
    std::mt19937_64 random(static_cast<std::uint64_t>(i));
    const std::string before = read_file(csv);
    const std::size_t rows_before = before.empty() ? 0 : read_records(csv).size();
    Program sweep(CBENCH_PROGRAM,
                  {"--model", "processes,threads", "--workload", "io", "--param", "delay=2ms", "-c", "16", "--workers",
                   "2", "-r", "1", "-d", "150ms", "--warmup", "20ms", "-q", "-o", csv});
    // Workers live in one trial of the sweep alone: their moment is drawn from when the first of them is seen.
    if (kind == Victim::worker) wait_for_victim(kind, sweep.pid());
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % (kind == Victim::worker ? 150 : 900)));
    if (const pid_t victim = wait_for_victim(kind, sweep.pid()); victim != 0) {
      ++killed;
      kill(victim, SIGKILL);
    }
    const auto until = std::chrono::steady_clock::now() + longest;
    siginfo_t ended{};
    while (waitid(P_PID, static_cast<id_t>(sweep.pid()), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid == 0 && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(5ms);
    }
    ASSERT_NE(ended.si_pid, 0) << "kill " << i << ": it hangs";
    const Outcome outcome = sweep.wait();
    for (int tries = 0; tries < 500 && !marked(mark).empty(); ++tries) std::this_thread::sleep_for(10ms);
    ASSERT_TRUE(marked(mark).empty()) << "kill " << i << " left " << command_of(marked(mark).front());

    const std::string after = read_file(csv);
    ASSERT_TRUE(after.starts_with(before)) << "kill " << i;
    if (after.empty()) continue;
    const auto records = read_records(csv);
    if (kind == Victim::parent) {
      EXPECT_LE(records.size(), rows_before + planned);
      continue;
    }
    // Before the first trial there is nothing to lose, and no peer to go on with.
    const bool began = outcome.err.find("the peer could not be started") == std::string::npos;
    if (kind == Victim::peer && !began && records.size() == rows_before) continue;
    EXPECT_EQ(records.size(), rows_before + planned) << "kill " << i << ": " << outcome.err;
    std::string reasons;
    int failed = 0;
    for (std::size_t at = rows_before; at < records.size(); ++at) {
      if (records[at].status == Status::ok) continue;
      ++failed;
      reasons += "\n  " + records[at].spec.model + ": " + records[at].reason;
    }
    EXPECT_LE(failed, 1) << "kill " << i << ": one trial dies of one kill" << reasons;
    EXPECT_EQ(outcome.exit_code, failed == 0 ? 0 : 1);
  }
  EXPECT_GE(killed, (kills_of_each() + 3) / 4) << "too few were there to be killed";
  fmt::print("{} killed in {} sweeps, {} rows: none was lost, nothing was left, nothing hung\n", killed,
             kills_of_each(), read_records(csv).size());
}

std::string name_of(const ::testing::TestParamInfo<Victim>& tested) {
  static const std::vector<std::string> names{"parent", "trial", "worker", "peer"};
  return names[static_cast<std::size_t>(tested.param)];
}

INSTANTIATE_TEST_SUITE_P(of, Kills, ::testing::Values(Victim::parent, Victim::trial, Victim::worker, Victim::peer),
                         name_of);

}  // namespace
}  // namespace cbench::testing
