// The parent of a trial: stopped, frozen with it, and as the first process of a container. What a trial may say that is
// not so, is in tests/sweep/verdict/contradictions_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/protocol.hpp"
#include "harness/trial_process.hpp"
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

// Ctrl-Z, a debugger: the trials that ended meanwhile have ended.
TEST(trial, a_sweep_that_is_stopped_longer_than_the_timeout_loses_no_trial) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  auto arguments = sweep("pool", "sleep", csv);
  arguments.insert(arguments.end(), {"--timeout", "3s", "--no-baseline"});
  Program stopped(program, arguments);
  ASSERT_NE(find_descendant(stopped.pid(), "exe trial"), 0);
  stopped.signal(SIGSTOP);
  std::this_thread::sleep_for(4s);
  stopped.signal(SIGCONT);
  const Outcome outcome = stopped.wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  for (const TrialRecord& record : read_records(csv)) EXPECT_EQ(record.status, Status::ok) << record.reason;
}

// A container that is frozen and goes on.
TEST(trial, a_trial_that_is_stopped_with_its_sweep_is_given_the_time) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  Program frozen(program,
                 {"--model", "pool", "--workload", "sleep", "--param", "delay=10ms", "--concurrency", "1", "--workers",
                  "1", "--no-baseline", "--tasks", "100", "--repetitions", "1", "--timeout", "3s", "-o", csv});
  const pid_t trial = find_descendant(frozen.pid(), "exe trial");
  ASSERT_NE(trial, 0);
  std::this_thread::sleep_for(200ms);
  kill(trial, SIGSTOP);
  frozen.signal(SIGSTOP);
  std::this_thread::sleep_for(4s);
  frozen.signal(SIGCONT);
  kill(trial, SIGCONT);
  EXPECT_EQ(frozen.wait().exit_code, 0);
  for (const TrialRecord& record : read_records(csv)) EXPECT_EQ(record.status, Status::ok) << record.reason;
}

// A parent that has closed it wants no record any more, and a task may wait for long.
TEST(trial, a_native_trial_ends_with_its_input_while_a_task_runs) {
  for (const std::string model : {"sequential", "fibers", "processes"}) {
    const TrialOrder order{.trial = "0123456789abcdef",
                           .model = model,
                           .workers = 1,
                           .load = {.kind = LoadKind::fixed, .concurrency = 1, .tasks = 1},
                           .work = Work({wait(60s)})};
    TrialProcess child = start_trial_process({program, "trial"});
    const std::string line = to_line(order) + '\n';
    ASSERT_EQ(write(child.input.get(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
    std::string heard;
    while (heard.find("\"window\"") == std::string::npos) {
      ASSERT_NE(read_some(child.events, heard), Read::end) << heard;
      std::this_thread::sleep_for(1ms);
    }
    std::this_thread::sleep_for(200ms);
    pollfd end{child.end.get(), POLLIN, 0};
    EXPECT_EQ(poll(&end, 1, 0), 0) << model << " ended by itself";
    child.input = Descriptor();
    EXPECT_EQ(poll(&end, 1, 5000), 1) << model;
    kill(-child.pid, SIGKILL);
    waitpid(child.pid, nullptr, 0);
    read_some(child.events, heard);
    EXPECT_EQ(heard.find("\"record\""), std::string::npos);
  }
}

// As the first process of a container.
TEST(trial, a_sweep_measures_as_process_number_1) {
  const std::vector<std::string> alone{"--pid", "--fork", "--mount-proc"};
  auto arguments = alone;
  arguments.emplace_back("true");
  const std::string unshare = "/usr/bin/unshare";
  if (run(unshare, arguments).exit_code != 0) GTEST_SKIP() << "no namespace of processes can be made here";
  const Folder folder;
  const std::string csv = folder / "results.csv";
  arguments = alone;
  arguments.push_back(program);
  for (const std::string& argument : sweep("pool", "io", csv)) arguments.push_back(argument);
  const Outcome outcome = run(unshare, arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto records = read_records(csv);
  EXPECT_EQ(records.size(), 2U);
  for (const TrialRecord& record : records) EXPECT_EQ(record.status, Status::ok) << record.reason;
}

}  // namespace
}  // namespace cbench::testing
