// Which failures count as a regression, and in which words.
#include "reports/findings/comparison/failures.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sample_records.hpp"

namespace cbench {
namespace {

struct Trials {
  std::vector<TrialRecord> records;
  TrialEnds ends() const {
    TrialEnds ends;
    for (const TrialRecord& record : records) ends.add(record);
    return ends;
  }
};

Trials trials(std::size_t ok, std::size_t failed, std::size_t invalid = 0, const std::string& reason = "signal 11") {
  Trials out;
  const auto add = [&](std::size_t count, Status status) {
    for (std::size_t i = 0; i < count; ++i) {
      out.records.push_back(sample_record());
      out.records.back().status = status;
      if (status != Status::ok) out.records.back().reason = reason;
    }
  };
  add(ok, Status::ok);
  add(failed, Status::failed);
  add(invalid, Status::invalid);
  return out;
}

bool anew(const Trials& base, const Trials& changed) { return fails_anew(base.ends(), changed.ends()); }

TEST(Failures, that_were_not_there_before_are_new) {
  EXPECT_TRUE(anew(trials(10, 0), trials(2, 8)));
  EXPECT_TRUE(anew(trials(10, 0), trials(9, 1))) << "a crash is no matter of chance";
  EXPECT_TRUE(anew(trials(3, 0), trials(0, 3)));
  EXPECT_FALSE(anew(trials(10, 0), trials(10, 0)));
  EXPECT_FALSE(anew(trials(10, 8), trials(10, 0)));
}

TEST(Failures, that_were_there_before_are_new_only_where_they_are_more_than_by_chance) {
  EXPECT_FALSE(anew(trials(8, 2), trials(7, 3)));
  EXPECT_FALSE(anew(trials(0, 10), trials(0, 10)));
  EXPECT_TRUE(anew(trials(9, 1), trials(2, 8)));
}

TEST(Failures, are_not_trials_that_somebody_interrupted_or_whose_peer_was_the_limit) {
  EXPECT_FALSE(anew(trials(10, 0), trials(9, 1, 0, "interrupted")));
  EXPECT_FALSE(anew(trials(10, 0), trials(5, 0, 5)));
  EXPECT_EQ(trials(9, 1, 0, "interrupted").ends().judged(), 9U);
  EXPECT_EQ(trials(5, 0, 5).ends().invalid, 5U);
}

TEST(Failures, not_to_keep_up_with_an_open_load_is_one) {
  const auto of_ten = [](std::size_t overloaded, std::size_t count = 10) {
    Trials out = trials(count, 0);
    for (std::size_t i = 0; i < overloaded; ++i) out.records[i].status = Status::overloaded;
    return out;
  };
  EXPECT_TRUE(anew(of_ten(0, 3), of_ten(3, 3))) << "three of three";
  EXPECT_TRUE(anew(of_ten(0), of_ten(8)));
  EXPECT_FALSE(anew(of_ten(0), of_ten(1))) << "near the limit chance decides";
  EXPECT_FALSE(anew(of_ten(0, 2), of_ten(2, 2))) << "too few to tell";
  EXPECT_FALSE(anew(of_ten(10), of_ten(10)));
  EXPECT_FALSE(anew(of_ten(8), of_ten(1))) << "it keeps up more often";
  EXPECT_EQ(of_ten(3).ends().ok, 10U) << "they are measured all the same";
  EXPECT_EQ(words_on(of_ten(0, 3).ends(), of_ten(3, 3).ends()), "overloaded: 0 of 3 in the base, 3 of 3 in the other");
}

TEST(Failures, are_said_with_their_numbers_and_the_first_reason) {
  EXPECT_EQ(words_on(trials(10, 0).ends(), trials(2, 8).ends()),
            "8 of 10 trials failed in the other, none of 10 in the base; failed: signal 11");
  EXPECT_EQ(words_on(trials(10, 0).ends(), trials(10, 0).ends()), "");
  EXPECT_EQ(words_on(trials(10, 0).ends(), trials(8, 0, 2, "the peer was saturated").ends()),
            "invalid: 0 in the base, 2 in the other; invalid: the peer was saturated");
}

}  // namespace
}  // namespace cbench
