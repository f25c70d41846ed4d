// What the peer counts, and what whoever owns it reads: the page alone, and a peer that answers.
#include "workloads/peer/witness.hpp"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "harness/peer_process.hpp"
#include "tests/support/peer_client.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class witness : public testing::Test {
 protected:
  void send(std::uint64_t replies, std::uint64_t at_ns) {
    witness_.begins(replies);
    witness_.note(at_ns);
  }

  PeerPage page_{};
  Witness witness_{page_};
};

TEST_F(witness, counts_replies_within_the_window_by_their_instant) {
  page_.set_window(100, 200);
  send(1, 99);
  send(2, 100);
  send(4, 199);
  send(8, 200);
  EXPECT_EQ(page_.read().replies_in_window, 6U);
  EXPECT_EQ(page_.read().replies_total, 15U);
  EXPECT_TRUE(page_.read().window_whole);
}

TEST_F(witness, counts_nothing_within_a_window_that_nobody_set) {
  send(3, 1);
  EXPECT_EQ(page_.read().replies_in_window, 0U);
  EXPECT_EQ(page_.read().replies_total, 3U);
}

TEST_F(witness, counts_anew_in_another_window_but_not_in_all) {
  page_.set_window(100, 200);
  send(5, 150);
  page_.set_window(300, 400);
  EXPECT_EQ(page_.read().replies_in_window, 0U) << "before the peer has looked at the new one";
  send(7, 350);
  EXPECT_EQ(page_.read().replies_in_window, 7U);
  EXPECT_EQ(page_.read().replies_total, 12U);
}

TEST_F(witness, says_that_a_window_was_set_when_it_had_begun) {
  page_.set_window(100, 200);
  send(1, 250);
  page_.set_window(240, 400);
  EXPECT_FALSE(page_.read().window_whole) << "before the peer has looked at it";
  send(1, 260);
  EXPECT_FALSE(page_.read().window_whole);
  page_.set_window(261, 400);
  EXPECT_TRUE(page_.read().window_whole);
  send(1, 300);
  EXPECT_TRUE(page_.read().window_whole);
}

TEST_F(witness, takes_no_half_of_a_window_that_is_being_written) {
  page_.set_window(100, 200);
  send(1, 150);
  page_.begin_ns.store(50);
  send(1, 60);
  EXPECT_EQ(page_.read().replies_in_window, 1U) << "150 alone";
  page_.end_ns.store(90);
  page_.question.store(page_.question.load() + 1);
  send(1, 70);
  EXPECT_EQ(page_.read().replies_in_window, 1U) << "70 alone";
}

TEST_F(witness, counts_a_reply_before_it_is_written_and_takes_back_what_was_not) {
  witness_.begins(5);
  EXPECT_EQ(page_.read().replies_total, 5U) << "a client may have it before the next stroke of the clock";
  witness_.takes_back(3);
  witness_.note(10);
  EXPECT_EQ(page_.read().replies_total, 2U);
}

TEST_F(witness, counts_connections_and_requests) {
  witness_.accepted();
  witness_.accepted();
  witness_.parted();
  witness_.asked(false);
  witness_.asked(true);
  witness_.refused();
  const PeerCounts counts = page_.read();
  EXPECT_EQ(counts.connections_accepted, 2U);
  EXPECT_EQ(counts.connections_open, 1U);
  EXPECT_EQ(counts.requests, 2U);
  EXPECT_EQ(counts.requests_early, 1U);
  EXPECT_EQ(counts.requests_refused, 1U);
}

class peer_as_witness : public testing::Test {
 protected:
  PeerProcess peer_{0, CBENCH_PEER_PROGRAM};
  PeerClient client() { return PeerClient(peer_.port()); }
};

std::uint64_t ns_of(Clock::time_point time) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(time.time_since_epoch()).count());
}

// 10 replies before a window, 20 and 30 within it, 40 behind it, some at once and some after a delay.
TEST_F(peer_as_witness, bears_witness_to_the_replies_that_it_sent_within_a_window) {
  auto one = client();
  const auto ask = [&](int times, std::chrono::milliseconds delay) {
    for (int i = 1; i <= times; ++i) {
      one.send(request_frame(static_cast<std::uint64_t>(i), 64, delay));
      EXPECT_EQ(one.reply_nonce(), static_cast<std::uint64_t>(i));
    }
  };
  const auto begin = Clock::now() + 200ms;
  const auto end = begin + 600ms;
  peer_.watch(ns_of(begin), ns_of(end));
  ask(10, 1ms);
  const bool in_time = Clock::now() < begin;
  std::this_thread::sleep_until(begin + 20ms);
  ask(20, 0ms);
  ask(30, 1ms);
  one.send(request_frame(7, 64, 800ms));  // asked within, answered behind
  const bool still_in_time = Clock::now() < end;
  EXPECT_EQ(one.reply_nonce(), 7U);
  ask(39, 0ms);
  if (!in_time || !still_in_time) GTEST_SKIP() << "others held this test up beyond its window";
  const PeerCounts counts = peer_.counts();
  EXPECT_EQ(counts.replies_in_window, 50U);
  EXPECT_EQ(counts.replies_total, 100U);
  EXPECT_EQ(counts.requests, 100U);
  EXPECT_EQ(counts.requests_early, 0U);
  EXPECT_TRUE(counts.window_whole);
}

TEST_F(peer_as_witness, counts_every_reply_from_now_on_where_no_window_is_set) {
  auto one = client();
  ASSERT_TRUE(one.is_served());
  (void)peer_.counts();
  peer_.watch();
  EXPECT_EQ(peer_.counts().replies_in_window, 0U);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(one.is_served());
  const PeerCounts counts = peer_.counts();
  EXPECT_EQ(counts.replies_in_window, 1000U);
  EXPECT_EQ(counts.replies_total, 1001U);
  EXPECT_TRUE(counts.window_whole);
}

TEST_F(peer_as_witness, says_that_it_was_told_of_a_window_too_late) {
  auto one = client();
  const std::uint64_t begin = ns_of(Clock::now());
  ASSERT_TRUE(one.is_served());
  (void)peer_.counts();
  peer_.watch(begin, UINT64_MAX);
  ASSERT_TRUE(one.is_served());
  EXPECT_FALSE(peer_.counts().window_whole);
}

TEST_F(peer_as_witness, has_counted_every_reply_that_a_client_has_got) {
  auto one = client();
  for (std::uint64_t i = 1; i <= 2000; ++i) {
    ASSERT_TRUE(one.is_served(i));
    ASSERT_EQ(peer_.counts().replies_total, i);
  }
}

TEST_F(peer_as_witness, counts_large_replies_when_they_are_sent_whole) {
  auto one = client();
  peer_.watch();
  std::thread sender([&] {
    for (std::uint64_t i = 1; i <= 300; ++i) one.send(request_frame(i, max_request_bytes, i % 2 * 1ms));
  });
  for (int i = 0; i < 300; ++i) EXPECT_NE(one.reply_nonce(), 0U);
  sender.join();
  EXPECT_EQ(peer_.counts().replies_total, 300U);
  EXPECT_EQ(peer_.counts().replies_in_window, 300U);
}

TEST_F(peer_as_witness, notices_requests_that_do_not_wait_for_the_reply_to_the_one_before) {
  auto one = client();
  one.send(request_frame(1, 64, 50ms));
  EXPECT_EQ(one.reply_nonce(), 1U);
  EXPECT_EQ(peer_.counts().requests_early, 0U);
  one.send(request_frame(2, 64, 50ms));
  one.send(request_frame(3, 64, 0ms));
  EXPECT_EQ(one.reply_nonce(), 3U);
  EXPECT_EQ(one.reply_nonce(), 2U);
  EXPECT_EQ(peer_.counts().requests_early, 1U);
  auto both = request_frame(4, 64);
  const auto second = request_frame(5, 64);
  both.insert(both.end(), second.begin(), second.end());
  one.send(both);
  EXPECT_EQ(one.reply_nonce(), 4U);
  EXPECT_EQ(one.reply_nonce(), 5U);
  EXPECT_EQ(peer_.counts().requests_early, 2U);
}

}  // namespace
}  // namespace cbench
