// The order in which waiting replies come out, whatever the order in which they went in.
#include "workloads/peer/waiting_replies.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace cbench {
namespace {

constexpr std::array<std::byte, 4> frame{};

// The descriptors of replies that are due at these times, as they come out; a reply's descriptor is its due time.
std::vector<int> order_of(const std::vector<int>& due) {
  WaitingReplies replies;
  for (const int time : due) replies.add(static_cast<std::uint64_t>(time), time, 1, frame);
  std::vector<int> order;
  while (replies.size() != 0) {
    const std::uint64_t earliest = replies.earliest_ns();
    order.push_back(replies.take()->descriptor);
    EXPECT_EQ(static_cast<std::uint64_t>(order.back()), earliest);
  }
  EXPECT_EQ(replies.earliest_ns(), WaitingReplies::never);
  return order;
}

TEST(waiting_replies, come_out_by_the_time_at_which_they_are_due) {
  EXPECT_EQ(order_of({1, 2, 3}), (std::vector{1, 2, 3}));
  EXPECT_EQ(order_of({3, 2, 1}), (std::vector{1, 2, 3}));
  EXPECT_EQ(order_of({100, 1, 2, 200, 3, 150, 250}), (std::vector{1, 2, 3, 100, 150, 200, 250}));
}

TEST(waiting_replies, come_out_in_order_while_others_are_added) {
  std::mt19937_64 random(1);
  WaitingReplies replies;
  std::vector<std::uint64_t> expected;
  std::uint64_t now = 0;
  for (int round = 0; round < 5000; ++round) {
    const std::uint64_t due = now + (random() % 3 == 0 ? random() % 1000 : 500);
    replies.add(due, 0, due, frame);
    expected.insert(std::upper_bound(expected.begin(), expected.end(), due), due);
    if (random() % 8 == 0) continue;
    now = replies.earliest_ns();
    ASSERT_EQ(replies.take()->serial, expected.front()) << "round " << round;
    expected.erase(expected.begin());
  }
  EXPECT_EQ(replies.size(), expected.size());
}

TEST(waiting_replies, forget_those_that_are_not_wanted_and_keep_the_order) {
  WaitingReplies replies;
  for (int i = 0; i < 100; ++i) {
    const int time = i * 37 % 100;
    replies.add(static_cast<std::uint64_t>(time), time, 1, frame);
  }
  replies.forget_if([](const WaitingReply& reply) { return reply.descriptor % 3 == 0; });
  EXPECT_EQ(replies.size(), 66U);
  for (int time = 0; time < 100; ++time) {
    if (time % 3 == 0) continue;
    ASSERT_EQ(replies.take()->descriptor, time);
  }
}

}  // namespace
}  // namespace cbench
