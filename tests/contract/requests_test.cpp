// A request goes to the peer over the connection of its slot and lane, and the reply is checked.
#include <algorithm>
#include <csignal>

#include "harness/peer_process.hpp"
#include "tests/contract/odd_peer.hpp"
#include "tests/contract/trial.hpp"

namespace cbench::contract_tests {
namespace {

using namespace std::chrono_literals;

std::uint64_t ns(std::chrono::nanoseconds time) { return static_cast<std::uint64_t>(time.count()); }

TEST_P(contract, requests_take_as_long_as_the_peer_waits) {
  const Outcome outcome = run({.scripts = {request(64, 20ms)}, .slots = 4, .tasks = 20});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_GE(outcome.service.smallest(), ns(20ms) * 995 / 1000);
  EXPECT_LT(outcome.service.quantile(0.25), ns(40ms));
}

TEST_P(contract, requests_of_every_size_come_back) {
  for (const std::uint32_t bytes : {0U, 1U, 4064U, 4096U, 16384U, 20000U, max_request_bytes}) {
    const Outcome outcome = run({.scripts = {request(bytes, 0ns), request(bytes, 1ms)}, .slots = 8, .tasks = 80});
    EXPECT_TRUE(did_its_work(outcome)) << bytes << " bytes";
  }
}

TEST_P(contract, requests_follow_one_another_on_a_connection) {
  Steps steps;
  for (std::uint32_t i = 0; i < 50; ++i) {
    const Steps part = request(i * 37, i % 3 * 100us);
    steps.insert(steps.end(), part.begin(), part.end());
  }
  EXPECT_TRUE(did_its_work(run({.scripts = {steps}, .slots = 8, .tasks = 16})));
}

TEST_P(contract, replies_may_come_in_any_order) {
  std::vector<Steps> scripts;
  for (const auto delay : {30ms, 2ms, 20ms, 0ms, 10ms, 1ms}) scripts.push_back(request(64, delay));
  const Outcome outcome = run({.scripts = scripts, .slots = 30, .tasks = 120});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 120);
}

TEST_P(contract, requests_in_flight_overlap) {
  expect_overlap({.scripts = {request(64, 40ms)}, .slots = 12, .tasks = 12}, 12, 40ms);
}

Plan requests_in_branches(std::uint32_t workers) {
  const Steps branch = sequence({request(64, 2ms), fan_out(3, request(5, 1ms)), request(7, 0ms)});
  const Steps steps = sequence({request(10, 1ms), fan_out(4, branch), request(11, 0ms)});
  return {.scripts = {steps}, .workers = workers, .slots = 6, .tasks = 60};
}

TEST_P(contract, branches_make_their_requests_on_connections_of_their_own) {
  EXPECT_TRUE(did_its_work(run(requests_in_branches(2))));
}

TEST_P(contract, branches_make_their_requests_on_one_worker) {
  EXPECT_TRUE(did_its_work(run(requests_in_branches(1))));
}

TEST_P(contract, a_thousand_requests_are_in_flight) {
  const Outcome outcome = run({.scripts = {request(64, 5ms)}, .slots = 1000, .tasks = 1000});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 1000);
}

TEST_P(contract, a_peer_that_dies_fails_the_trial) {
  PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  Trial trial(GetParam(), {.scripts = {request(64, 1h)}, .slots = 10, .peer_port = peer.port()});
  trial.start();
  usleep(20'000);
  kill(peer.pid(), SIGKILL);
  const Outcome outcome = trial.finish();
  EXPECT_NE(outcome.failure, "");
}

TEST_P(contract, a_reply_may_come_in_pieces) {
  const OddPeer peer(Oddity::in_pieces);
  const Outcome outcome = run({.scripts = {request(200, 1ms)}, .slots = 1, .tasks = 3, .peer_port = peer.port()});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 3);
}

TEST_P(contract, a_request_may_leave_in_pieces) {
  const OddPeer peer(Oddity::reads_slowly);
  const Plan plan{.scripts = {request(max_request_bytes, 1ms)}, .slots = 1, .tasks = 3, .peer_port = peer.port()};
  const Outcome outcome = run(plan);
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 3);
}

TEST_P(contract, a_wrong_reply_fails_the_trial) {
  for (const Oddity oddity :
       {Oddity::damaged, Oddity::other_header, Oddity::other_nonce, Oddity::first_reply, Oddity::own_echo,
        Oddity::too_long, Oddity::ends_early, Oddity::ends_at_once, Oddity::resets}) {
    for (const auto delay : {0ms, 5ms}) {
      const OddPeer peer(oddity);
      const Outcome outcome = run({.scripts = {request(100, delay)}, .slots = 1, .tasks = 3, .peer_port = peer.port()});
      EXPECT_NE(outcome.failure.find("peer"), std::string::npos)
          << "oddity " << static_cast<int>(oddity) << " went unnoticed; failure: " << outcome.failure;
    }
  }
}

// The peer holds a reply for as long as it was asked to: work that was not done must not look like work done fast.
TEST_P(contract, a_reply_before_its_time_fails_the_trial) {
  for (const Oddity oddity : {Oddity::answers_at_once, Oddity::answers_early, Oddity::hurries_at_times}) {
    const OddPeer peer(oddity);
    const std::uint64_t tasks = oddity == Oddity::hurries_at_times ? 20 : 3;
    const Plan plan{.scripts = {request(100, 60ms)}, .slots = 1, .tasks = tasks, .peer_port = peer.port()};
    Outcome outcome = run(plan);
    // On a machine that is busy the hurried replies may be late all the same.
    for (int tries = 2; tries > 0 && outcome.failure.empty(); --tries) outcome = run(plan);
    EXPECT_NE(outcome.failure.find("instead of 60ms"), std::string::npos)
        << "oddity " << static_cast<int>(oddity) << " went unnoticed; failure: " << outcome.failure;
  }
}

}  // namespace
}  // namespace cbench::contract_tests
