// The peer's protocol, seen from its clients: good ones, bad ones, and many. Each test has a peer process of its own.
#include "workloads/peer/server.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/connections.hpp"
#include "harness/peer_process.hpp"
#include "tests/support/peer_client.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Sanitizers keep freed memory for a while, and shadows of it: bounds on memory mean nothing then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

class Peer : public testing::Test {
 protected:
  PeerProcess peer_{0, CBENCH_PEER_PROGRAM};

  PeerClient client() { return PeerClient(peer_.port()); }

  // Some things are seen only a little after they happened: a connection that was closed, for one.
  template <class Condition>
  static bool soon(Condition condition) {
    const auto until = Clock::now() + 20s;
    while (!condition() && Clock::now() < until) std::this_thread::sleep_for(1ms);
    return condition();
  }

  double cpu_seconds() const {
    std::ifstream file("/proc/" + std::to_string(peer_.pid()) + "/schedstat");
    double ns = 0;
    file >> ns;
    return ns / 1e9;
  }
  std::uint64_t resident_bytes() const {
    std::ifstream file("/proc/" + std::to_string(peer_.pid()) + "/statm");
    std::uint64_t all = 0;
    std::uint64_t resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
};

TEST_F(Peer, sends_a_frame_back_marked_as_served) {
  auto one = client();
  for (const std::uint32_t bytes : {0U, 1U, 64U, 5000U, max_request_bytes}) {
    auto expected = request_frame(bytes + 1, bytes);
    one.send(expected);
    const std::uint64_t served = ~std::uint64_t{bytes + 1};
    std::memcpy(expected.data() + offsetof(FrameHeader, served), &served, sizeof(served));
    EXPECT_EQ(one.reply(), expected) << bytes << " bytes";
  }
  EXPECT_EQ(peer_.counts().replies_total, 5U);
}

TEST_F(Peer, sends_back_the_payload_that_came_and_no_other) {
  auto one = client();
  auto frame = request_frame(1, 8);
  frame.back() = std::byte{0xab};
  one.send(frame);
  EXPECT_EQ(one.reply().value().back(), std::byte{0xab});
}

TEST_F(Peer, never_answers_before_the_delay_is_over) {
  auto one = client();
  for (const auto delay : {50us, 1000us, 30000us, 150000us}) {
    const auto begin = Clock::now();
    one.send(request_frame(1, 64, delay));
    EXPECT_EQ(one.reply_nonce(), 1U);
    EXPECT_GE(Clock::now() - begin, delay);
  }
}

TEST_F(Peer, answers_each_frame_of_a_connection_at_its_own_time) {
  auto one = client();
  std::vector<std::byte> frames;
  for (const auto& [nonce, delay] : {std::pair{1, 600ms}, {2, 0ms}, {3, 300ms}, {4, 0ms}}) {
    const auto frame = request_frame(static_cast<std::uint64_t>(nonce), 64, delay);
    frames.insert(frames.end(), frame.begin(), frame.end());
  }
  one.send(frames);
  EXPECT_EQ(one.reply_nonce(), 2U);
  EXPECT_EQ(one.reply_nonce(), 4U);
  EXPECT_EQ(one.reply_nonce(), 3U);
  EXPECT_EQ(one.reply_nonce(), 1U);
}

TEST_F(Peer, waits_for_the_other_half_of_a_frame) {
  auto one = client();
  auto other = client();
  const auto frame = request_frame(7, 5000);
  for (const std::size_t cut : {1U, 31U, 32U, 33U, 4000U}) {
    one.send(std::span(frame).first(cut));
    EXPECT_TRUE(other.is_served()) << "while a frame of another connection is cut after " << cut;
    one.send(std::span(frame).subspan(cut));
    EXPECT_EQ(one.reply_nonce(), 7U);
  }
}

TEST_F(Peer, finds_frames_wherever_reads_cut_them) {
  auto one = client();
  constexpr std::uint64_t frames = 3000;
  std::thread sender([&] {
    std::vector<std::byte> bytes;
    for (std::uint64_t nonce = 1; nonce <= frames; ++nonce) {
      const auto frame = request_frame(nonce, static_cast<std::uint32_t>(nonce * 7919 % 3001));
      bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    one.send(bytes);
  });
  std::uint64_t in_order = 0;
  while (in_order < frames && one.reply_nonce() == in_order + 1) ++in_order;
  sender.join();
  EXPECT_EQ(in_order, frames);
}

TEST_F(Peer, closes_a_connection_that_sends_garbage_and_no_other) {
  auto good = client();
  ASSERT_TRUE(good.is_served());
  auto wrong_magic = client();
  wrong_magic.send("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n");
  EXPECT_TRUE(wrong_magic.closed_by_peer());
  auto nearly_right = client();
  auto frame = request_frame(1);
  frame.front() ^= std::byte{1};
  nearly_right.send(frame);
  EXPECT_TRUE(nearly_right.closed_by_peer());
  auto too_long = client();
  frame = request_frame(1);
  const std::uint32_t bytes = max_request_bytes + 1;
  std::memcpy(frame.data() + offsetof(FrameHeader, bytes), &bytes, sizeof(bytes));
  too_long.send(frame);
  EXPECT_TRUE(too_long.closed_by_peer());
  auto no_request = client();
  frame = request_frame(1);
  const std::uint64_t served = 1;
  std::memcpy(frame.data() + offsetof(FrameHeader, served), &served, sizeof(served));
  no_request.send(frame);
  EXPECT_TRUE(no_request.closed_by_peer());

  EXPECT_TRUE(good.is_served());
  EXPECT_EQ(peer_.counts().requests_refused, 4U);
  EXPECT_TRUE(soon([&] { return peer_.counts().connections_open == 1; }));
}

TEST_F(Peer, takes_a_delay_of_centuries_without_answering_at_once) {
  auto one = client();
  one.send(request_frame(1, 0, std::chrono::nanoseconds(-1)));  // as unsigned: the longest there is
  one.send(request_frame(2, 0, 50ms));
  EXPECT_EQ(one.reply_nonce(), 2U);
}

TEST_F(Peer, outlives_clients_that_vanish) {
  auto witness = client();
  for (int round = 0; round < 200; ++round) {
    auto one = client();
    const auto frame = request_frame(1, 1000, round % 3 == 0 ? 0ms : 20ms);
    one.send(round % 2 == 0 ? std::span(frame) : std::span(frame).first(500));
    if (round % 5 == 0) one.reset();
  }
  EXPECT_TRUE(witness.is_served());
  EXPECT_TRUE(soon([&] { return peer_.counts().connections_open == 1; }));
  std::this_thread::sleep_for(40ms);  // until replies to those who are gone would have been due
  EXPECT_TRUE(witness.is_served());
}

TEST_F(Peer, outlives_clients_that_reset_while_it_answers_them) {
  auto witness = client();
  const auto frame = request_frame(1, 60'000);
  for (int round = 0; round < 2000; ++round) {
    auto one = client();
    one.send(frame);
    if (round % 2 == 0) shutdown(one.descriptor(), SHUT_WR);
    one.reset();
  }
  EXPECT_TRUE(witness.is_served());
}

TEST_F(Peer, never_sends_a_new_client_the_reply_of_one_that_is_gone) {
  for (int round = 0; round < 20; ++round) {
    auto gone = client();
    gone.send(request_frame(666, 64, 20ms));
    ASSERT_TRUE(soon([&] { return peer_.counts().connections_open == 1; }));
    gone.reset();
    ASSERT_TRUE(soon([&] { return peer_.counts().connections_open == 0; }));
    auto heir = client();  // has the same descriptor in the peer
    heir.send(request_frame(1, 64, 40ms));
    ASSERT_EQ(heir.reply_nonce(), 1U);
  }
}

// Sends without reading until nothing more goes for a while. Returns how many bytes went.
std::size_t send_until_full(const PeerClient& client, const std::vector<std::byte>& frame, std::size_t give_up_at) {
  std::size_t sent = 0;
  while (sent < give_up_at) {
    const std::size_t at = sent % frame.size();
    const ssize_t now = send(client.descriptor(), frame.data() + at, frame.size() - at, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (now > 0) sent += static_cast<std::size_t>(now);
    pollfd room{.fd = client.descriptor(), .events = POLLOUT, .revents = 0};
    if (now < 0 && poll(&room, 1, 500) == 0) break;
  }
  return sent;
}

class PeerAgainstAClientThatNeverReads : public Peer, public testing::WithParamInterface<std::chrono::milliseconds> {};

TEST_P(PeerAgainstAClientThatNeverReads, keeps_little_for_it_and_serves_the_others) {
  constexpr std::size_t far_too_much = 256U << 20U;
  auto witness = client();
  ASSERT_TRUE(witness.is_served());
  const std::uint64_t before = resident_bytes();
  auto mute = client();
  const auto frame = request_frame(1, 32 * 1024, GetParam());
  const std::size_t sent = send_until_full(mute, frame, far_too_much);
  EXPECT_LT(sent, far_too_much);
  if (!sanitized) {
    EXPECT_LT(resident_bytes(), before + (16U << 20U));
  }
  EXPECT_TRUE(witness.is_served());

  // Once it reads, it gets the reply to every whole frame that it sent.
  std::size_t answered = 0;
  while (answered < sent / frame.size() && mute.reply_nonce() == 1) ++answered;
  EXPECT_EQ(answered, sent / frame.size());
}

INSTANTIATE_TEST_SUITE_P(delays, PeerAgainstAClientThatNeverReads, testing::Values(0ms, 100ms),
                         [](const auto& test) { return "delay_" + std::to_string(test.param.count()) + "ms"; });

TEST_F(Peer, notices_that_a_client_is_gone_though_it_has_stopped_reading_from_it) {
  auto one = client();
  send_until_full(one, request_frame(1, 32 * 1024, 1h), 256U << 20U);
  one.reset();
  EXPECT_TRUE(soon([&] { return peer_.counts().connections_open == 0; }));
}

TEST_F(Peer, forgets_replies_to_those_who_are_gone_long_before_they_are_due) {
  ASSERT_TRUE(client().is_served());
  const std::uint64_t before = resident_bytes();
  const auto frame = request_frame(1, 60 * 1024, 1h);
  for (int round = 0; round < 400; ++round) {
    auto one = client();
    for (int i = 0; i < 12; ++i) one.send(frame);
    one.send(request_frame(2));
    ASSERT_EQ(one.reply_nonce(), 2U);
  }
  if (sanitized) GTEST_SKIP() << "a sanitizer keeps freed memory";
  EXPECT_LT(resident_bytes(), before + (128U << 20U)) << "of 280 MiB that were asked for";
}

TEST_F(Peer, holds_ten_thousand_connections) {
  constexpr std::uint32_t many = 10'000;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < many + 300) GTEST_SKIP() << "the hard limit of descriptors is " << limit.rlim_max;
  const Connections connections(peer_.port(), many, 1);
  for (std::uint32_t i = 0; i < many; ++i) {
    const auto frame = request_frame(i, 64, 200ms);
    ASSERT_EQ(send(connections[i], frame.data(), frame.size(), MSG_NOSIGNAL), static_cast<ssize_t>(frame.size()));
  }
  for (std::uint32_t i = 0; i < many; ++i) {
    std::byte reply[sizeof(FrameHeader) + 64];
    ASSERT_EQ(recv(connections[i], reply, sizeof(reply), MSG_WAITALL), static_cast<ssize_t>(sizeof(reply)));
    FrameHeader header;
    std::memcpy(&header, reply, sizeof(header));
    ASSERT_EQ(header.nonce, i);
  }
  EXPECT_EQ(peer_.counts().connections_open, many);
  EXPECT_EQ(peer_.counts().replies_total, many);
}

TEST_F(Peer, serves_those_it_has_when_its_descriptors_are_used_up_and_takes_others_when_there_is_room) {
  auto first = client();
  ASSERT_TRUE(first.is_served());
  const rlimit few{.rlim_cur = 40, .rlim_max = 40};
  ASSERT_EQ(prlimit(peer_.pid(), RLIMIT_NOFILE, &few, nullptr), 0);
  std::vector<PeerClient> clients;
  for (int i = 0; i < 60; ++i) clients.emplace_back(peer_.port());
  ASSERT_TRUE(soon([&] { return peer_.counts().connections_open >= 30; }));
  EXPECT_TRUE(first.is_served());

  const auto begin = Clock::now();
  const double cpu_before = cpu_seconds();
  std::this_thread::sleep_for(400ms);
  const double share = (cpu_seconds() - cpu_before) / std::chrono::duration<double>(Clock::now() - begin).count();
  EXPECT_LT(share, 0.1) << "it spins while connections wait";

  const std::uint64_t open = peer_.counts().connections_open;
  ASSERT_LT(open, 61U);
  auto& waiting = clients.back();
  waiting.send(request_frame(5));
  for (int i = 0; i < 40; ++i) clients[static_cast<std::size_t>(i)].close();
  EXPECT_EQ(waiting.reply_nonce(), 5U);
}

TEST_F(Peer, uses_no_cpu_while_nobody_asks_for_anything) {
  std::vector<PeerClient> clients;
  for (int i = 0; i < 50; ++i) clients.emplace_back(peer_.port());
  for (auto& one : clients) ASSERT_TRUE(one.is_served());
  clients.front().send(request_frame(1, 0, 1h));
  ASSERT_TRUE(clients.back().is_served());
  const double before = cpu_seconds();
  std::this_thread::sleep_for(300ms);
  EXPECT_LT(cpu_seconds() - before, 0.03);
}

}  // namespace
}  // namespace cbench
