// Whatever dies, hangs or fills up: the record says so, the sweep goes on, and what was measured is on disk.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reports/files/formats.hpp"
#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

using namespace std::chrono_literals;

const std::string program = CBENCH_PROGRAM;
const std::string program_with_faults = CBENCH_PROGRAM_WITH_FAULTS;

const TrialRecord* find(const std::vector<TrialRecord>& records, const std::string& model) {
  const auto found =
      std::find_if(records.begin(), records.end(), [&](const TrialRecord& r) { return r.spec.model == model; });
  return found == records.end() ? nullptr : &*found;
}

std::vector<std::string> sweep(const std::string& models, const std::string& workload, const std::string& csv) {
  return {"--model", models,       "--workload", workload,   "--workers", "1",  "--repetitions",
          "1",       "--duration", "300ms",      "--warmup", "50ms",      "-o", csv};
}

TEST(faults, a_model_that_hangs_is_ended_by_the_watchdog_and_the_sweep_goes_on) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  auto arguments = sweep("hang,pool", "noop", csv);
  arguments.insert(arguments.end(), {"--timeout", "1s"});
  EXPECT_EQ(run(program_with_faults, arguments).exit_code, 1);
  const auto records = read_records(csv);
  ASSERT_NE(find(records, "hang"), nullptr);
  EXPECT_EQ(find(records, "hang")->status, Status::timed_out);
  EXPECT_NE(find(records, "hang")->reason.find("its window was open, or tasks still ran"), std::string::npos)
      << find(records, "hang")->reason;
  EXPECT_NE(find(records, "hang")->reason.find("1s"), std::string::npos) << find(records, "hang")->reason;
  ASSERT_NE(find(records, "pool"), nullptr);
  EXPECT_EQ(find(records, "pool")->status, Status::ok);
}

TEST(faults, a_model_that_crashes_is_a_record_with_its_signal) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  const Outcome outcome = run(program_with_faults, sweep("crash,pool", "noop", csv));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.out.find("crash"), std::string::npos) << "a failed cell stays in the table";
  const auto records = read_records(csv);
  ASSERT_NE(find(records, "crash"), nullptr);
  EXPECT_EQ(find(records, "crash")->status, Status::failed);
  EXPECT_NE(find(records, "crash")->reason.find("signal 11"), std::string::npos) << find(records, "crash")->reason;
  EXPECT_EQ(find(records, "pool")->status, Status::ok);
  EXPECT_EQ(find(records, "crash")->host, find(records, "pool")->host) << "or it would not stand beside the others";
}

// Some service managers start programs so, and it is inherited.
TEST(faults, how_a_trial_ended_is_known_where_its_parent_was_told_to_ignore_its_children) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  std::vector<std::string> arguments{"--ignore-signal=CHLD", program_with_faults};  // a shell may undo it
  for (const std::string& argument : sweep("crash", "noop", csv)) arguments.push_back(argument);
  EXPECT_EQ(run("/usr/bin/env", arguments).exit_code, 1);
  const auto records = read_records(csv);
  ASSERT_NE(find(records, "crash"), nullptr);
  EXPECT_NE(find(records, "crash")->reason.find("signal 11"), std::string::npos) << find(records, "crash")->reason;
}

// Histograms are merged then, a million tasks counted.
TEST(faults, memory_that_a_trial_takes_once_its_tasks_are_over_is_not_theirs) {
  const Folder folder;
  const std::string source = CBENCH_SOURCE "/docs/example/";
  std::ofstream(folder / "model.json") << read_file(source + "model.json");
  std::string model = read_file(source + "waiting.py");
  const std::string ended = "say(\"ended\")\n";
  ASSERT_NE(model.find(ended), std::string::npos);
  model.replace(model.find(ended), ended.size(), ended + "counts = bytearray(300_000_000)\ntime.sleep(0.7)\n");
  std::ofstream(folder / "waiting.py") << model;
  const std::string csv = folder / "results.csv";
  auto arguments = sweep(folder / "model.json", "sleep", csv);
  arguments.insert(arguments.end(), {"--concurrency", "4", "--no-baseline"});
  const Outcome outcome = run(program, arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto records = read_records(csv);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_GT(records[0].peak_rss_bytes, 0U);
  EXPECT_LT(records[0].peak_rss_bytes, 150'000'000U);
  arguments.insert(arguments.end(), {"--max-memory", "150M"});
  EXPECT_EQ(run(program, arguments).exit_code, 1) << "the machine's memory is used up all the same";
  EXPECT_NE(read_records(csv).back().reason.find("--max-memory"), std::string::npos);
}

TEST(faults, variables_of_the_environment_that_a_runtime_obeys_are_told_on_each_row) {
  const Folder folder;
  const std::string source = CBENCH_SOURCE "/docs/example/";
  std::ofstream(folder / "waiting.py") << read_file(source + "waiting.py");
  std::string manifest = read_file(source + "model.json");
  const std::string models = "\"models\":";
  manifest.replace(manifest.find(models), models.size(),
                   "\"obeys\": [\"PYTHONOPTIMIZE\", \"PYTHONMALLOC\"], " + models);
  std::ofstream(folder / "model.json") << manifest;
  const std::string csv = folder / "results.csv";
  std::vector<std::string> arguments{"PYTHONOPTIMIZE=2", program};
  for (const std::string& argument : sweep(folder / "model.json", "sleep", csv)) arguments.push_back(argument);
  arguments.insert(arguments.end(), {"--concurrency", "4", "--no-baseline"});
  const Outcome outcome = run("/usr/bin/env", arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("PYTHONOPTIMIZE=2 of your environment"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("PYTHONMALLOC"), std::string::npos) << "which is not set";
}

// One of three is enough: on a machine that others use, a fall can be hidden among their bursts.
TEST(faults, a_model_that_gets_slower_and_slower_is_measured_but_marked) {
  const Folder folder;
  const std::string json = folder / "results.json";
  const Outcome outcome = run(program_with_faults, {"--model", "slowing", "--workload", "noop", "--repetitions", "3",
                                                    "--duration", "1200ms", "--warmup", "30ms", "-o", json});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  int marked = 0;
  for (const TrialRecord& record : read_records(json)) {
    if (record.spec.model != "slowing") continue;
    EXPECT_EQ(record.status, Status::ok) << record.reason;
    EXPECT_GE(record.series_per_s.size(), 8U);
    if (record.steady_state != false) continue;
    ASSERT_FALSE(record.warnings.empty());
    EXPECT_NE(record.warnings.back().find("no steady state: "), std::string::npos);
    if (record.warnings.back().find("throughput falls") != std::string::npos) ++marked;
  }
  EXPECT_GE(marked, 1);
  EXPECT_NE(outcome.out.find("No steady state (~), "), std::string::npos) << outcome.out;
}

TEST(faults, a_trial_that_is_killed_is_a_record_with_its_signal) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  Program sweep_of_pool(program, sweep("pool", "cpu", csv));
  const pid_t trial = find_descendant(sweep_of_pool.pid(), "exe trial");
  ASSERT_NE(trial, 0);
  kill(trial, SIGKILL);
  EXPECT_EQ(sweep_of_pool.wait().exit_code, 1);
  const auto records = read_records(csv);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].status, Status::failed);
  EXPECT_NE(records[0].reason.find("signal 9"), std::string::npos) << records[0].reason;
  EXPECT_EQ(records[1].status, Status::ok);
}

TEST(faults, a_peer_that_dies_fails_the_trial_and_is_started_again_for_the_next) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  Program io(program, sweep("threads,pool", "io", csv));
  const pid_t peer = find_descendant(io.pid(), "serve");
  ASSERT_NE(peer, 0);
  ASSERT_NE(find_descendant(io.pid(), "exe trial"), 0);
  std::this_thread::sleep_for(100ms);
  kill(peer, SIGKILL);
  EXPECT_EQ(io.wait().exit_code, 1);
  const auto records = read_records(csv);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].status, Status::failed);
  EXPECT_NE(records[0].reason.find("peer"), std::string::npos) << records[0].reason;
  EXPECT_EQ(records[1].status, Status::ok) << records[1].reason;
  EXPECT_EQ(records[2].status, Status::ok) << records[2].reason;
}

TEST(faults, ctrl_c_ends_the_trial_and_reports_what_was_measured) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  auto arguments = sweep("pool", "cpu", csv);
  arguments.insert(arguments.end(), {"--repetitions", "20"});
  std::erase(arguments, "1");
  Program long_sweep(program, {"--model", "pool", "--workload", "cpu", "--workers", "1", "--repetitions", "20",
                               "--duration", "200ms", "--warmup", "10ms", "-o", csv});
  while (read_file(csv).find("\n") == std::string::npos || std::filesystem::file_size(csv) < 2000)
    std::this_thread::sleep_for(20ms);
  long_sweep.signal(SIGINT);
  const Outcome outcome = long_sweep.wait();
  EXPECT_EQ(outcome.exit_code, 130);
  EXPECT_NE(outcome.out.find("sequential"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("interrupted"), std::string::npos) << outcome.err;
  const auto records = read_records(csv);
  EXPECT_GE(records.size(), 2U);
  EXPECT_LT(records.size(), 40U);
  EXPECT_NE(records.back().reason.find("interrupted"), std::string::npos) << records.back().reason;
}

// A model that hangs while its work drains looks at nothing: neither at its input nor at a socket. Only the kernel ends
// it with its parent.
TEST(faults, nothing_outlives_a_sweep_that_is_killed) {
  const Folder folder;
  Program io(program_with_faults,
             {"--model", "hang", "--workload", "io", "--tasks", "100", "--no-baseline", "--workers", "1"});
  const pid_t peer = find_descendant(io.pid(), "serve");
  const pid_t trial = find_descendant(io.pid(), "exe trial");
  ASSERT_NE(peer, 0);
  ASSERT_NE(trial, 0);
  std::this_thread::sleep_for(500ms);
  io.signal(SIGKILL);
  io.wait();
  const auto is_gone = [](pid_t process) {
    const std::string stat = read_file("/proc/" + std::to_string(process) + "/stat");
    return stat.empty() || stat.find(" Z ") != std::string::npos;  // an orphan that nobody waits for is gone too
  };
  for (int i = 0; i < 500 && !(is_gone(peer) && is_gone(trial)); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(is_gone(peer));
  EXPECT_TRUE(is_gone(trial));
  kill(trial, SIGKILL);
}

TEST(faults, a_port_that_is_taken_ends_the_run_before_anything_is_measured) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  socklen_t length = sizeof(address);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const Outcome outcome = run(program, {"--model", "pool", "--workload", "io", "--peer-port", port});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find(port), std::string::npos) << outcome.err;
  close(listener);
}

TEST(faults, too_few_descriptors_are_said_with_the_limit_and_the_value_needed) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{.rlim_cur = 256, .rlim_max = 256};
  const pid_t child = fork();
  if (child == 0) {
    setrlimit(RLIMIT_NOFILE, &few);
    execl(program.c_str(), "cbench", "--model", "pool", "--workload", "io", "--concurrency", "1000", "--no-baseline",
          "--workers", "1", "--repetitions", "1", "--quiet", "-o", csv.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  const auto records = read_records(csv);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].status, Status::failed);
  EXPECT_NE(records[0].reason.find("256"), std::string::npos) << records[0].reason;
  EXPECT_NE(records[0].reason.find("10"), std::string::npos) << records[0].reason;
}

TEST(faults, a_full_disk_is_an_error_that_leaves_the_rows_before_it_intact) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  const pid_t child = fork();
  if (child == 0) {
    const rlimit little{.rlim_cur = 2500, .rlim_max = 2500};  // room for the header and about one row
    setrlimit(RLIMIT_FSIZE, &little);
    std::signal(SIGXFSZ, SIG_IGN);
    execl(program.c_str(), "cbench", "--model", "pool", "--workload", "noop", "--duration", "50ms", "--warmup", "10ms",
          "--repetitions", "5", "--quiet", "-o", csv.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  const std::string text = read_file(csv);
  EXPECT_TRUE(text.ends_with("\n")) << "no half row";
  EXPECT_NO_THROW(read_records(csv));
}

TEST(faults, a_trial_that_uses_too_much_memory_is_ended) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  auto arguments = sweep("pool", "sleep", csv);
  // So few that nobody asks beforehand how much they would take.
  arguments.insert(arguments.end(), {"--concurrency", "500", "--max-memory", "1M"});
  EXPECT_EQ(run(program, arguments).exit_code, 1);
  for (const TrialRecord& record : read_records(csv)) {
    EXPECT_EQ(record.status, Status::failed);
    EXPECT_NE(record.reason.find("--max-memory"), std::string::npos) << record.reason;
  }
}

}  // namespace
}  // namespace cbench::testing
