// The exchange of one frame, free of I/O: what is sent, in which pieces, and which replies are taken.
#include "workloads/frame.hpp"

#include <chrono>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "workloads/script.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

Step asking(std::uint32_t bytes, std::chrono::nanoseconds delay = 5ms) { return request(bytes, delay).front(); }

std::vector<std::byte> all_to_send(const Exchange& exchange) {
  std::vector<std::byte> bytes;
  for (const auto piece : exchange.to_send()) bytes.insert(bytes.end(), piece.begin(), piece.end());
  return bytes;
}

// As the peer does it.
std::vector<std::byte> reply_to(std::vector<std::byte> frame) {
  FrameHeader header;
  std::memcpy(&header, frame.data(), sizeof(header));
  header.served = ~header.nonce;
  std::memcpy(frame.data(), &header, sizeof(header));
  return frame;
}

FrameHeader header_of(const std::vector<std::byte>& frame) {
  FrameHeader header;
  std::memcpy(&header, frame.data(), sizeof(header));
  return header;
}

// The reply to `exchange` with one field of its header changed.
template <class Field>
std::vector<std::byte> reply_with(const Exchange& exchange, Field FrameHeader::*field, Field value) {
  auto frame = reply_to(all_to_send(exchange));
  FrameHeader header = header_of(frame);
  header.*field = value;
  std::memcpy(frame.data(), &header, sizeof(header));
  return frame;
}

TEST(exchange, sends_what_the_step_asks_for) {
  Exchange exchange;
  exchange.begin(asking(100, 7ms), 3);
  const auto frame = all_to_send(exchange);
  ASSERT_EQ(frame.size(), sizeof(FrameHeader) + 100);
  const FrameHeader header = header_of(frame);
  EXPECT_EQ(header.magic, FrameHeader::magic_value);
  EXPECT_EQ(header.bytes, 100U);
  EXPECT_EQ(header.delay_ns, 7'000'000U);
  EXPECT_EQ(header.served, 0U);
  EXPECT_EQ(std::memcmp(frame.data() + sizeof(header), frame_payload().data(), 100), 0);
}

TEST(exchange, goes_on_where_a_partial_write_stopped) {
  Exchange whole;
  whole.begin(asking(1000), 1);
  const auto expected = all_to_send(whole);
  for (const std::size_t step : {1U, 7U, 31U, 32U, 33U, 500U}) {
    Exchange exchange;
    exchange.begin(asking(1000), 1);
    std::vector<std::byte> sent;
    while (!exchange.all_sent()) {
      const auto rest = all_to_send(exchange);
      const std::size_t now = std::min(step, rest.size());
      sent.insert(sent.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(now));
      exchange.sent(now);
    }
    EXPECT_EQ(sent, expected) << "in pieces of " << step;
    EXPECT_TRUE(all_to_send(exchange).empty());
  }
}

TEST(exchange, is_complete_with_the_last_byte_of_the_reply_and_not_before) {
  Exchange exchange;
  exchange.begin(asking(50), 1);
  const auto reply = reply_to(all_to_send(exchange));
  for (std::size_t i = 0; i < reply.size(); ++i) {
    EXPECT_EQ(exchange.missing(), reply.size() - i);
    EXPECT_EQ(exchange.receive({&reply[i], 1}), i + 1 == reply.size()) << "byte " << i;
  }
  EXPECT_EQ(exchange.value(), reply_value(50, 5'000'000));
}

TEST(exchange, takes_a_reply_in_one_piece_and_one_without_payload) {
  for (const std::uint32_t bytes : {0U, 1U, 64U, max_request_bytes}) {
    Exchange exchange;
    exchange.begin(asking(bytes), 1);
    EXPECT_TRUE(exchange.receive(reply_to(all_to_send(exchange)))) << bytes;
  }
}

TEST(exchange, can_be_used_for_one_request_after_the_other) {
  Exchange exchange;
  for (const std::uint32_t bytes : {64U, 0U, 5000U}) {
    exchange.begin(asking(bytes), 1);
    EXPECT_FALSE(exchange.all_sent());
    EXPECT_TRUE(exchange.receive(reply_to(all_to_send(exchange))));
    EXPECT_EQ(exchange.value(), reply_value(bytes, 5'000'000));
  }
}

TEST(exchange, refuses_the_reply_to_an_earlier_request) {
  Exchange exchange;
  exchange.begin(asking(64), 1);
  const auto late = reply_to(all_to_send(exchange));
  exchange.begin(asking(64), 1);
  EXPECT_THROW(exchange.receive(late), std::runtime_error);
}

TEST(exchange, refuses_the_reply_of_another_connection) {
  Exchange one;
  Exchange other;
  one.begin(asking(64), 1);
  other.begin(asking(64), 2);
  EXPECT_THROW(one.receive(reply_to(all_to_send(other))), std::runtime_error);
}

TEST(exchange, refuses_its_own_request_come_back) {
  Exchange exchange;
  exchange.begin(asking(64), 1);
  EXPECT_THROW(exchange.receive(all_to_send(exchange)), std::runtime_error);
}

TEST(exchange, refuses_a_header_with_any_field_changed) {
  Exchange exchange;
  const auto refuses = [&](auto field, auto value) {
    exchange.begin(asking(64), 1);
    EXPECT_THROW(exchange.receive(reply_with(exchange, field, value)), std::runtime_error);
  };
  refuses(&FrameHeader::magic, std::uint32_t{0});
  refuses(&FrameHeader::bytes, std::uint32_t{63});
  refuses(&FrameHeader::delay_ns, std::uint64_t{1});
  refuses(&FrameHeader::nonce, std::uint64_t{1});
  refuses(&FrameHeader::served, std::uint64_t{1});
}

TEST(exchange, refuses_a_damaged_payload_wherever_the_damage_is) {
  for (const std::size_t at : {0U, 31U, 63U}) {
    Exchange exchange;
    exchange.begin(asking(64), 1);
    auto reply = reply_to(all_to_send(exchange));
    reply[sizeof(FrameHeader) + at] ^= std::byte{1};
    EXPECT_THROW(exchange.receive(reply), std::runtime_error) << "byte " << at;
  }
}

TEST(exchange, refuses_more_than_was_asked_for) {
  Exchange exchange;
  exchange.begin(asking(64), 1);
  auto reply = reply_to(all_to_send(exchange));
  reply.push_back(frame_payload()[64]);  // what would be right in a longer one
  EXPECT_THROW(exchange.receive(reply), std::runtime_error);
}

TEST(frame_payload, is_as_long_as_the_longest_request_and_not_constant) {
  const auto payload = frame_payload();
  ASSERT_EQ(payload.size(), max_request_bytes);
  EXPECT_NE(payload[0], payload[1]);
  // Two places a page or a buffer apart differ: a reply put together in the wrong order is found out.
  EXPECT_NE(std::memcmp(payload.data(), payload.data() + 4096, 4096), 0);
  EXPECT_NE(std::memcmp(payload.data(), payload.data() + 16384, 16384), 0);
}

}  // namespace
}  // namespace cbench
