// What the peer keeps for one client, held against a socket whose other end the test reads.
#include "workloads/peer/client_connection.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace cbench {
namespace {

class peer_connection : public testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    connection_.socket = Descriptor(ends[0]);
    other_end_ = Descriptor(ends[1]);
  }

  // A reply whole, header and payload, which continues what earlier ones began.
  std::vector<std::byte> frame(std::uint32_t bytes) {
    const FrameHeader header{.bytes = bytes};
    std::vector<std::byte> all(sizeof(header) + bytes);
    std::memcpy(all.data(), &header, sizeof(header));
    for (auto at = sizeof(header); at < all.size(); ++at) all[at] = static_cast<std::byte>(at * 131 + written_.size());
    written_.insert(written_.end(), all.begin(), all.end());
    return all;
  }

  // Reads what there is, `most` bytes at most. Returns how many came.
  std::size_t read_some(std::size_t most) {
    std::vector<std::byte> bytes(most);
    const ssize_t got = recv(other_end_.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return 0;
    bytes.resize(static_cast<std::size_t>(got));
    in_order_ =
        in_order_ && bytes.size() <= written_.size() && std::equal(bytes.begin(), bytes.end(), written_.begin());
    written_.erase(written_.begin(), written_.begin() + got);
    return bytes.size();
  }

  void send_the_rest() {
    while (connection_.unsent() != 0) {
      connection_.writable = true;
      ASSERT_TRUE(connection_.send_what_goes(witness_));
      read_some(64 * 1024);
    }
  }

  std::uint64_t sent_whole() const { return page_.read().replies_total; }

  PeerPage page_{};
  Witness witness_{page_};
  PeerConnection connection_{};
  Descriptor other_end_;
  std::vector<std::byte> written_;  // and not yet read
  bool in_order_ = true;
};

TEST_F(peer_connection, keeps_nothing_of_a_reply_that_goes_at_once) {
  ASSERT_TRUE(connection_.reply(frame(64), 1, witness_));
  EXPECT_EQ(connection_.backlog, nullptr);
  EXPECT_EQ(sent_whole(), 1U);
  EXPECT_EQ(read_some(1000), 96U);
  EXPECT_TRUE(in_order_);
}

TEST_F(peer_connection, does_not_keep_what_was_sent_though_something_is_always_left_to_send) {
  constexpr std::size_t backlog = 512 * 1024;
  constexpr std::size_t in_all = 64 << 20;
  std::size_t read = 0;
  std::size_t largest = 0;
  while (read < in_all) {
    while (connection_.unsent() < backlog) ASSERT_TRUE(connection_.reply(frame(4064), 1, witness_));
    connection_.writable = true;
    ASSERT_TRUE(connection_.send_what_goes(witness_));
    ASSERT_GT(connection_.unsent(), 0U);
    read += read_some(64 * 1024);
    largest = std::max(largest, connection_.backlog->outbox.capacity());
  }
  EXPECT_TRUE(in_order_);
  EXPECT_LT(largest, 8U << 20U);
}

TEST_F(peer_connection, counts_a_reply_when_its_last_byte_is_sent) {
  std::uint64_t replies = 0;
  while (connection_.unsent() == 0) {  // until nothing goes
    ASSERT_TRUE(connection_.reply(frame(20'000), 1, witness_));
    ++replies;
  }
  EXPECT_EQ(sent_whole(), replies - 1);
  auto two = frame(100);
  const auto second = frame(3000);
  two.insert(two.end(), second.begin(), second.end());
  ASSERT_TRUE(connection_.reply(two, 2, witness_));
  EXPECT_EQ(sent_whole(), replies - 1);
  send_the_rest();
  EXPECT_EQ(sent_whole(), replies + 2);
  while (read_some(64 * 1024) != 0) {
  }
  EXPECT_TRUE(in_order_);
  EXPECT_TRUE(written_.empty());
}

TEST_F(peer_connection, counts_those_that_went_of_replies_that_were_cut) {
  auto many = frame(1000);
  for (int i = 1; i < 2000; ++i) {
    const auto next = frame(1000);
    many.insert(many.end(), next.begin(), next.end());
  }
  ASSERT_TRUE(connection_.reply(many, 2000, witness_));
  ASSERT_GT(connection_.unsent(), 0U);
  std::size_t read = 0;
  while (const std::size_t now = read_some(1 << 20)) read += now;
  EXPECT_EQ(sent_whole(), read / 1032);
  send_the_rest();
  EXPECT_EQ(sent_whole(), 2000U);
}

TEST_F(peer_connection, gives_back_the_memory_of_a_large_reply_once_it_is_sent) {
  while (connection_.unsent() == 0) ASSERT_TRUE(connection_.reply(frame(64 * 1024), 1, witness_));
  ASSERT_NE(connection_.backlog, nullptr);
  send_the_rest();
  EXPECT_EQ(connection_.backlog, nullptr);
  connection_.keep_half(std::vector<std::byte>(64 * 1024));
  ASSERT_NE(connection_.backlog, nullptr);
  connection_.keep_half({});
  EXPECT_EQ(connection_.backlog, nullptr);
}

TEST_F(peer_connection, says_so_when_the_client_is_gone_and_raises_no_signal) {
  other_end_.reset();
  EXPECT_FALSE(connection_.reply(frame(100), 1, witness_));
  EXPECT_EQ(sent_whole(), 0U);
}

TEST(peer_connections, find_a_later_one_with_the_same_descriptor_only_by_its_own_serial) {
  PeerConnections connections;
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const Descriptor other(ends[1]);
  PeerConnection& first = connections.add(Descriptor(ends[0]));
  const std::uint64_t serial = first.serial;
  EXPECT_EQ(connections.find(ends[0]), &first);
  EXPECT_EQ(connections.find(ends[0], serial), &first);
  connections.remove(first);
  EXPECT_EQ(connections.find(ends[0]), nullptr);
  PeerConnection& second = connections.add(Descriptor(dup(ends[1])));
  ASSERT_EQ(second.socket.get(), ends[0]);
  EXPECT_EQ(connections.find(ends[0]), &second);
  EXPECT_EQ(connections.find(ends[0], serial), nullptr);
  EXPECT_EQ(connections.find(100'000), nullptr);
}

}  // namespace
}  // namespace cbench
