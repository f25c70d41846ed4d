// check-model as its users meet it: honest models pass, native or not, and what it says can be acted on.
#include <fstream>
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

// The model of tests/protocol without waits, and without what else a test says.
class Knowing : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string from = std::string(CBENCH_SOURCE) + "/tests/protocol/";
    std::ofstream(folder_ / "model.json") << read_file(from + "model.json");
    text_ = read_file(from + "by_the_page.py");
    replace(R"("wait": {"do", "time_ns"}, )", "");
  }
  void replace(const std::string& old, const std::string& text) {
    ASSERT_NE(text_.find(old), std::string::npos) << old;
    text_.replace(text_.find(old), old.size(), text);
  }
  void know_no_fixed_work() {
    const std::string steps = R"(    refuse_unknown([step for script in scripts for step in script["steps"]]))";
    replace(steps, steps + "\n    if load[\"kind\"] == \"fixed\": raise NotImplementedError(\"no fixed work\")");
  }
  nlohmann::json checks(const std::string& only) {
    std::ofstream(folder_ / "by_the_page.py") << text_;
    const Outcome outcome = check({folder_ / "model.json", "--only", only, "--json"});
    return nlohmann::json::parse(outcome.out).at("checks");
  }

 private:
  const Folder folder_;
  std::string text_;
};

TEST_F(Knowing, neither_waits_nor_fixed_work_is_asked_for_what_else_there_is) {
  know_no_fixed_work();
  const auto steps = checks("steps").at(0);
  EXPECT_EQ(steps["verdict"], "ok") << steps;
  EXPECT_NE(steps["words"].get<std::string>().find("fixed work (no fixed work)"), std::string::npos) << steps;
}

TEST_F(Knowing, neither_waits_nor_mix_is_not_said_to_have_ended_in_time) {
  replace(R"("mix": lambda amount: mix64(1, amount), )", "");
  replace(R"(step.get("kernel", "mix"))", R"(step.get("kernel", "primes"))");
  const auto end = checks("end").at(0);
  EXPECT_EQ(end["words"], "it knows no wait and no mix") << end;
}

TEST(check_model, refuses_what_it_cannot_check) {
  EXPECT_EQ(check({"fibers", "--only", "wating"}).exit_code, 2);
  EXPECT_NE(check({"fibers", "--only", "wating"}).err.find("did you mean waiting?"), std::string::npos);
  EXPECT_EQ(check({"all"}).exit_code, 2);
  EXPECT_EQ(check({"./none/model.json"}).exit_code, 2);
}

}  // namespace
}  // namespace cbench::testing
