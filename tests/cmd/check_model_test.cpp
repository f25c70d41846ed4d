// check-model as its users meet it: honest models pass, native or not, and what it says can be acted on.
#include <fstream>
#include <set>
#include <string>
#include <vector>

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

// Which knows closed loops of waits alone.
TEST(check_model, says_of_each_check_whether_the_model_refused_it) {
  const Outcome outcome = check({waiting, "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  const auto json = nlohmann::json::parse(outcome.out);
  std::set<std::string> ok;
  for (const auto& one : json["checks"]) {
    if (one["verdict"] == "ok") ok.insert(one["name"]);
    if (one["name"] == "in-flight") {
      EXPECT_TRUE(one["words"].get<std::string>().starts_with("50 in flight, which is the most that it says")) << one;
    }
    if (one["name"] == "failure") {
      EXPECT_EQ(one["words"], "not known: fault");  // as an example of a reason: what is not known, and nothing else
    }
    if (one["name"] == "fixed") {
      EXPECT_EQ(one["words"], "it knows no fixed work");
    }
  }
  EXPECT_EQ(ok, (std::set<std::string>{"steps", "classes", "closed", "in-flight", "waiting", "idle", "end",
                                       "unsupported", "bad-spec"}));
  EXPECT_EQ(json["counts"], (nlohmann::json{{"ok", 9}, {"FAILED", 0}, {"refused", 10}}));
  EXPECT_EQ(json["ok"], true);
}

TEST(check_model, counts_what_was_refused_apart) {
  const auto last_line = [](const std::string& model, const std::string& only) {
    const std::string out = check({model, "--only", only}).out;
    return out.substr(out.rfind('\n', out.size() - 2) + 1);
  };
  EXPECT_EQ(last_line(waiting, "bad-spec,open,fixed"),
            "waiting keeps what docs/protocol.md asks for, in what it does not refuse (1 ok, 2 refused, seed 1)\n");
  EXPECT_EQ(last_line(waiting, "open"), "waiting refuses all that was to be checked (1 refused, seed 1)\n");
  EXPECT_EQ(last_line("fibers", "steps"), "fibers keeps what docs/protocol.md asks for (1 check, seed 1)\n");
  EXPECT_EQ(last_line("fibers", "bad-spec,fixed"), "fibers keeps what docs/protocol.md asks for (2 checks, seed 1)\n");
}

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
