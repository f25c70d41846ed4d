// Locks between event loops: who gets them, and who is told.
#include "models/libuv/loop_locks.hpp"

#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/workload.hpp"

namespace cbench {
namespace {

using Loops = std::vector<std::uint32_t>;

class loop_locks : public testing::Test {
 protected:
  LoopLocks locks_of(std::chrono::nanoseconds patience) {
    return {load_, 2, 3, [this](std::uint32_t loop) { told_.push_back(loop); }, patience};
  }

  const Work work_{{Steps{}}};
  Load load_{work_, 1};
  Loops told_;
  LoopLocks locks_ = locks_of(std::chrono::hours(1));
  LoopLocks impatient_ = locks_of(std::chrono::nanoseconds(0));
};

TEST_F(loop_locks, one_that_is_free_is_taken_at_once) {
  EXPECT_TRUE(locks_.take(0, 1, false));
  EXPECT_TRUE(locks_.take(1, 2, false));
  EXPECT_EQ(locks_.held_by(1), 0);
  EXPECT_EQ(locks_.held_by(2), 1);
  EXPECT_EQ(locks_.held_by(0), -1);
}

TEST_F(loop_locks, nobody_is_told_where_nobody_waits) {
  EXPECT_TRUE(locks_.take(0, 1, false));
  EXPECT_FALSE(locks_.give_back(0, 1));
  EXPECT_EQ(told_, Loops{});
  EXPECT_EQ(locks_.held_by(1), -1);
}

TEST_F(loop_locks, who_finds_one_taken_is_told_when_it_is_free) {
  EXPECT_TRUE(locks_.take(0, 0, false));
  EXPECT_FALSE(locks_.take(0, 1, false));
  EXPECT_EQ(told_, Loops{});
  EXPECT_FALSE(locks_.give_back(0, 0));
  EXPECT_EQ(told_, Loops{1});
  EXPECT_TRUE(locks_.take(0, 1, false));
}

TEST_F(loop_locks, one_that_is_free_goes_to_whoever_asks_first) {
  EXPECT_TRUE(locks_.take(0, 0, false));
  EXPECT_FALSE(locks_.take(0, 1, false));
  locks_.give_back(0, 0);
  EXPECT_TRUE(locks_.take(0, 2, false));
  EXPECT_FALSE(locks_.take(0, 1, false));
  told_.clear();
  locks_.give_back(0, 2);
  EXPECT_EQ(told_, Loops{1});  // who came too late is told again
}

TEST_F(loop_locks, who_was_told_and_has_not_asked_yet_is_not_told_again) {
  EXPECT_TRUE(locks_.take(0, 0, false));
  EXPECT_FALSE(locks_.take(0, 1, false));
  locks_.give_back(0, 0);
  EXPECT_TRUE(locks_.take(0, 0, false));
  locks_.give_back(0, 0);
  EXPECT_EQ(told_, Loops{1});
}

TEST_F(loop_locks, the_one_that_waits_longest_is_told_first) {
  EXPECT_TRUE(locks_.take(0, 0, false));
  EXPECT_FALSE(locks_.take(0, 2, false));
  EXPECT_FALSE(locks_.take(0, 1, false));
  locks_.give_back(0, 0);
  EXPECT_EQ(told_, Loops{2});
  EXPECT_TRUE(locks_.take(0, 2, false));
  locks_.give_back(0, 2);
  EXPECT_EQ(told_, (Loops{2, 1}));
}

TEST_F(loop_locks, the_holder_asks_again_for_its_own_walks) {
  EXPECT_TRUE(locks_.take(0, 0, false));
  EXPECT_FALSE(locks_.take(0, 0, false));  // another of its walks
  EXPECT_TRUE(locks_.give_back(0, 0));
  EXPECT_TRUE(locks_.take(0, 0, false));
  EXPECT_FALSE(locks_.give_back(0, 0));
  EXPECT_EQ(told_, Loops{});
}

TEST_F(loop_locks, those_behind_the_first_keep_their_loop_waiting) {
  EXPECT_TRUE(locks_.take(0, 0, false));
  EXPECT_FALSE(locks_.take(0, 1, false));
  locks_.give_back(0, 0);
  EXPECT_TRUE(locks_.take(0, 1, true));  // another walk of loop 1 waits behind
  EXPECT_TRUE(locks_.give_back(0, 1));
  EXPECT_TRUE(locks_.take(0, 1, false));
  EXPECT_FALSE(locks_.give_back(0, 1));
}

TEST_F(loop_locks, another_loop_may_be_faster_than_the_holders_own_walks) {
  EXPECT_TRUE(locks_.take(0, 0, false));
  EXPECT_FALSE(locks_.take(0, 0, false));
  EXPECT_FALSE(locks_.take(0, 1, false));
  EXPECT_TRUE(locks_.give_back(0, 0));
  EXPECT_EQ(told_, Loops{1});
  EXPECT_TRUE(locks_.take(0, 1, false));
  EXPECT_FALSE(locks_.take(0, 0, false));
  EXPECT_FALSE(locks_.give_back(0, 1));
  EXPECT_EQ(told_, (Loops{1, 0}));
}

// Loop 0 takes the lock again before loop 1, which was told, asks.
void come_too_late(LoopLocks& locks) {
  EXPECT_TRUE(locks.take(0, 0, false));
  EXPECT_FALSE(locks.take(0, 1, false));
  locks.give_back(0, 0);
  EXPECT_TRUE(locks.take(0, 0, false));
  EXPECT_FALSE(locks.take(0, 1, false));
}

TEST_F(loop_locks, who_came_too_late_and_waited_beyond_patience_is_handed_the_lock) {
  come_too_late(impatient_);
  impatient_.give_back(0, 0);
  EXPECT_EQ(told_, (Loops{1, 1}));
  EXPECT_EQ(impatient_.held_by(1), 0);
  EXPECT_FALSE(impatient_.take(0, 2, false)) << "the lock is on its way to another";
  EXPECT_TRUE(impatient_.take(0, 1, false));
  EXPECT_FALSE(impatient_.take(0, 1, false)) << "it is handed over once";
}

TEST_F(loop_locks, who_came_too_late_is_told_again_while_patience_lasts) {
  come_too_late(locks_);
  locks_.give_back(0, 0);
  EXPECT_EQ(told_, (Loops{1, 1}));
  EXPECT_TRUE(locks_.take(0, 2, false));
}

TEST_F(loop_locks, who_was_told_and_is_still_busy_is_handed_nothing) {
  EXPECT_TRUE(impatient_.take(0, 0, false));
  EXPECT_FALSE(impatient_.take(0, 1, false));
  impatient_.give_back(0, 0);
  EXPECT_TRUE(impatient_.take(0, 0, false));
  impatient_.give_back(0, 0);
  EXPECT_TRUE(impatient_.take(0, 2, false));
}

TEST_F(loop_locks, who_handed_one_over_gets_its_turn_again) {
  come_too_late(impatient_);
  EXPECT_FALSE(impatient_.take(0, 0, false));  // another walk of the holder
  EXPECT_FALSE(impatient_.give_back(0, 0));
  EXPECT_TRUE(impatient_.take(0, 1, false));
  EXPECT_FALSE(impatient_.give_back(0, 1));
  EXPECT_EQ(told_, (Loops{1, 1, 0}));
  EXPECT_TRUE(impatient_.take(0, 0, false));
}

// Whatever instant a process dies at, even inside take() or give_back(), the others go on.
TEST_F(loop_locks, outlive_a_process_that_dies_while_it_uses_them) {
  for (int i = 0; i < 300 && !load_.failure(); ++i) {
    LoopLocks locks = locks_of(std::chrono::hours(1));
    const pid_t child = fork();
    while (child == 0) {
      if (locks.take(0, 1, false)) locks.give_back(0, 1);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    if (locks.take(0, 0, false)) locks.give_back(0, 0);
  }
  EXPECT_EQ(load_.failure().value_or("never inside"), "a worker process died while it took or gave back lock 0");
}

}  // namespace
}  // namespace cbench
