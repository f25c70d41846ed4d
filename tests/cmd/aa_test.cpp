// `cbench aa`: sessions that are measured, stored, added to, and asked by `cbench compare`.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

class Aa : public ::testing::Test {
 protected:
  void SetUp() override { setenv("XDG_STATE_HOME", (folder / "state").c_str(), 1); }
  void TearDown() override { unsetenv("XDG_STATE_HOME"); }

  static Outcome cbench(std::vector<std::string> first, const std::vector<std::string>& more = {}) {
    first.insert(first.end(), more.begin(), more.end());
    return run(CBENCH_PROGRAM, first);
  }
  static Outcome aa(const std::vector<std::string>& more) {
    return cbench({"aa", "--model", "sequential", "--workload", "noop", "--duration", "30ms", "--warmup", "5ms",
                   "--repetitions", "2", "--pause", "0s"},
                  more);
  }
  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  Folder folder;
};

TEST_F(Aa, measures_sessions_and_compare_asks_them) {
  const std::string results = folder / "results.csv";
  const Outcome first = aa({"--sessions", "3", "-o", results});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(has(first.out, "sequential on noop, closed, 1 in flight, 1 worker, 3 sessions:")) << first.out;
  EXPECT_TRUE(has(first.out, "2 v 2")) << first.out;
  EXPECT_TRUE(has(first.out, "throughput_per_s")) << first.out;
  EXPECT_TRUE(has(first.err, "session 3 of 3")) << first.err;
  const Outcome compared = cbench({"compare", results, results});
  EXPECT_EQ(compared.exit_code, 0) << compared.out << compared.err;
  EXPECT_TRUE(has(compared.out, "The noise floor is that of 3 sessions between ")) << compared.out;
}

TEST_F(Aa, adds_sessions_to_those_that_are_stored) {
  const Outcome first = aa({"--sessions", "1"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(has(first.out, "needs 3 sessions")) << "95 % of differences cannot be told from one: " << first.out;
  EXPECT_TRUE(has(aa({"--sessions", "2"}).out, "1 worker, 3 sessions:"));
  EXPECT_TRUE(has(aa({"--sessions", "1", "--fresh"}).out, "1 worker, 1 session:"));
}

TEST_F(Aa, refuses_before_it_measures_to_replace_sessions_of_another_host) {
  const std::string path = folder / "state/cbench/noise-floor.json";
  ASSERT_EQ(aa({"--sessions", "1"}).exit_code, 0);
  const std::string stored = read_file(path);
  const Outcome refused = aa({"--sessions", "1", "--peers", "2"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(has(refused.err, path)) << refused.err;
  EXPECT_TRUE(has(refused.err, "peers 1 -> 2; --fresh forgets them")) << refused.err;
  EXPECT_FALSE(has(refused.err, "session 1 of 1")) << refused.err;
  EXPECT_EQ(read_file(path), stored);
  EXPECT_EQ(aa({"--sessions", "1", "--peers", "2", "--fresh"}).exit_code, 0);
  EXPECT_TRUE(has(aa({"--sessions", "1", "--peers", "2"}).out, "1 worker, 2 sessions:"));
}

TEST_F(Aa, says_before_it_measures_that_what_is_stored_is_broken) {
  const std::string path = folder / "state/cbench/noise-floor.json";
  ASSERT_EQ(aa({"--sessions", "1"}).exit_code, 0);
  std::ofstream(path) << "{";
  const Outcome broken = aa({"--sessions", "1"});
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_TRUE(has(broken.err, path)) << broken.err;
  EXPECT_FALSE(has(broken.err, "session 1 of 1")) << broken.err;
}

TEST_F(Aa, stores_nothing_of_a_session_in_which_a_trial_failed) {
  const Outcome outcome =
      run(CBENCH_PROGRAM_WITH_FAULTS, {"aa", "--model", "crash", "--workload", "noop", "--duration", "30ms", "--warmup",
                                       "5ms", "--repetitions", "2", "--pause", "0s"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_TRUE(has(outcome.err, "this session is not stored, since crash on noop failed")) << outcome.err;
  EXPECT_EQ(read_file(folder / "state/cbench/noise-floor.json"), "");
}

TEST_F(Aa, refuses_what_it_cannot_measure_from) {
  for (const auto& [arguments, word] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--repetitions", "1"}, "--repetitions must be at least 2"},
           {{"--sessions", "0"}, "--sessions must be at least 1"},
           {{"--pause", "5"}, "--pause"},
           {{"-o", "-"}, "name a file"}}) {
    std::vector<std::string> all{"aa", "--model", "sequential", "--workload", "noop", "--duration", "30ms"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome outcome = run(CBENCH_PROGRAM, all);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_TRUE(has(outcome.err, word)) << outcome.err;
  }
}

}  // namespace
}  // namespace cbench::testing
