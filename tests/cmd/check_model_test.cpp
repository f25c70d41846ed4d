// check-model as its users meet it: honest models pass, native or not, and what it says can be acted on.
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

const std::string by_the_page = std::string(CBENCH_SOURCE) + "/tests/protocol/model.json";
const std::string waiting = std::string(CBENCH_SOURCE) + "/docs/example/model.json";

Outcome check(const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"check-model"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run(CBENCH_PROGRAM, all);
}

class HonestModels : public ::testing::TestWithParam<std::string> {};

TEST_P(HonestModels, keep_what_the_protocol_asks_for) {
  const Outcome outcome = check({GetParam()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out.find("FAILED"), std::string::npos) << outcome.out;
}

INSTANTIATE_TEST_SUITE_P(check_model, HonestModels, ::testing::Values("fibers", "pool", by_the_page, waiting));

TEST(check_model, says_what_a_model_refuses) {
  const Outcome outcome = check({by_the_page, "--only", "steps", "--json"});
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["ok"], true);
  ASSERT_EQ(json["checks"].size(), 1U);
  EXPECT_NE(json["checks"][0]["words"].get<std::string>().find("memory"), std::string::npos) << outcome.out;
}

TEST(check_model, refuses_what_it_cannot_check) {
  EXPECT_EQ(check({"fibers", "--only", "wating"}).exit_code, 2);
  EXPECT_NE(check({"fibers", "--only", "wating"}).err.find("did you mean waiting?"), std::string::npos);
  EXPECT_EQ(check({"all"}).exit_code, 2);
  EXPECT_EQ(check({"./none/model.json"}).exit_code, 2);
}

}  // namespace
}  // namespace cbench::testing
