// `cbench runtimes`: which runtimes of other languages a command line names.
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

const std::string program = CBENCH_PROGRAM;

std::set<std::string> named_in(const std::string& text) {
  const Outcome outcome = run(program, {"runtimes", "--json", "--named-in=" + text});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  std::set<std::string> names;
  for (const auto& runtime : nlohmann::json::parse(outcome.out)) names.insert(runtime.at("runtime").get<std::string>());
  return names;
}

using Names = std::set<std::string>;

TEST(runtimes, of_a_command_line_are_those_whose_models_it_names) {
  EXPECT_EQ(named_in("--model fibers,go:threads=2 --workload io"), Names{"go"});
  EXPECT_EQ(named_in("-m java-virtual,tokio,node-workers -n 2"), (Names{"java", "rust", "node"}));
  EXPECT_EQ(named_in("--model=all-python -w cpu"), Names{"python"});
  EXPECT_EQ(named_in("-m all-runtimes"), (Names{"go", "rust", "node", "python", "java"}));
}

TEST(runtimes, of_a_command_line_without_their_models_are_none) {
  EXPECT_EQ(named_in(" "), Names{});
  EXPECT_EQ(named_in("--model all --workload io --output go.csv-tokio"), Names{});
  EXPECT_EQ(named_in("summary /tmp/mygo/nodes.csv"), Names{}) << "names within other names are others";
}

TEST(runtimes, are_named_by_one_of_two_ways) {
  const Outcome outcome = run(program, {"runtimes", "go", "--named-in=fibers"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("--named-in"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace cbench::testing
