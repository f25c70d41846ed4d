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

  // Reads what there is, `most` bytes at most. Returns how many came.
  std::size_t read_some(std::size_t most) {
    std::vector<std::byte> bytes(most);
    const ssize_t got = recv(other_end_.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return 0;
    for (ssize_t i = 0; i < got; ++i) in_order_ = in_order_ && bytes[static_cast<std::size_t>(i)] == next();
    return static_cast<std::size_t>(got);
  }

  PeerConnection connection_{};
  Descriptor other_end_;
  bool in_order_ = true;

 private:
  std::byte next() { return static_cast<std::byte>(at_++ % 251); }
  std::size_t at_ = 0;
};

TEST_F(peer_connection, does_not_keep_what_was_sent_though_something_is_always_left_to_send) {
  constexpr std::size_t backlog = 512 * 1024;
  constexpr std::size_t in_all = 64 << 20;
  std::size_t written = 0;
  std::size_t read = 0;
  std::size_t largest = 0;
  while (read < in_all) {
    while (connection_.outbox.size() - connection_.outbox_sent < backlog) {
      std::array<std::byte, 4096> frame;
      for (auto& byte : frame) byte = static_cast<std::byte>(written++ % 251);
      connection_.reply(frame);
    }
    connection_.writable = true;
    ASSERT_TRUE(connection_.send_what_goes());
    ASSERT_GT(connection_.outbox.size(), connection_.outbox_sent);
    read += read_some(64 * 1024);
    largest = std::max(largest, connection_.outbox.capacity());
  }
  EXPECT_TRUE(in_order_);
  EXPECT_LT(largest, 8U << 20U);
}

TEST_F(peer_connection, gives_back_the_memory_of_a_large_reply_once_it_is_sent) {
  connection_.reply(std::vector<std::byte>(64 * 1024));
  while (connection_.outbox_sent < connection_.outbox.size()) {
    connection_.writable = true;
    ASSERT_TRUE(connection_.send_what_goes());
    read_some(64 * 1024);
  }
  EXPECT_LE(connection_.outbox.capacity(), PeerConnection::capacity_kept);
  connection_.keep_half(std::vector<std::byte>(64 * 1024));
  connection_.keep_half({});
  EXPECT_LE(connection_.half_frame.capacity(), PeerConnection::capacity_kept);
}

TEST_F(peer_connection, says_so_when_the_client_is_gone_and_raises_no_signal) {
  other_end_.reset();
  connection_.reply(std::vector<std::byte>(100));
  EXPECT_FALSE(connection_.send_what_goes());
}

}  // namespace
}  // namespace cbench
