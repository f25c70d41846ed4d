// The bars of the peer: what it costs a request beside a peer by hand (A B A B ..., the raw epoll client asks both),
// and how long 19,000 connections take beside 10,000. Ends with 1 where a bar is missed.
//
//   peer_bars [--rounds 5]
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/connections.hpp"
#include "harness/peer_process.hpp"
#include "system/process_tree.hpp"
#include "tests/support/program.hpp"

namespace cbench::bars {
namespace {

const std::string by_hand_folder = CBENCH_BY_HAND;

struct Cost {
  double cpu_us = 0;  // of the peer, a request
  double requests_per_s = 0;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string range_of(std::vector<double> values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return fmt::format("{:.2f} ({:.2f}-{:.2f})", median(values), *least, *most);
}

// Fixed work, so that the requests are known of a peer that counts none.
Cost cost_of(const std::string& program, int connections, const std::string& delay, int requests) {
  PeerProcess peer(0, program);
  const testing::Outcome outcome =
      testing::run(by_hand_folder + "/by_hand_epoll",
                   {"io", fmt::format("port={}", peer.port()), fmt::format("concurrency={}", connections),
                    "delay=" + delay, fmt::format("tasks={}", requests)});
  if (outcome.exit_code != 0) throw std::runtime_error("by_hand_epoll: " + outcome.err);
  const double cpu_s = cpu_seconds_of(peer.pid());
  kill(peer.pid(), SIGKILL);  // the one by hand ends in no other way
  return {cpu_s * 1e6 / requests, requests / nlohmann::json::parse(outcome.out).at("wall_s").get<double>()};
}

bool expect(const std::string& what, double value, double bound, const std::string& detail) {
  fmt::print("{:6} {:<52} {:>7.3f}  <= {:<6.3g} {}\n", value <= bound ? "ok" : "MISSED", what, value, bound, detail);
  std::fflush(stdout);
  return value <= bound;
}

bool costs_as_little_as_by_hand(int rounds, int connections, const std::string& delay, int requests) {
  std::vector<double> ours;
  std::vector<double> by_hand;
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    const Cost a = cost_of(CBENCH_PROGRAM, connections, delay, requests);
    const Cost b = cost_of(by_hand_folder + "/by_hand_peer", connections, delay, requests);
    ours.push_back(a.cpu_us);
    by_hand.push_back(b.cpu_us);
    ratios.push_back(a.cpu_us / b.cpu_us);
  }
  return expect(fmt::format("peer {} x {}: CPU a request / by hand", connections, delay), median(ratios), 1.2,
                fmt::format("{} against {} us", range_of(ours), range_of(by_hand)));
}

double seconds_to_open(std::uint32_t connections) {
  const PeerProcess peer(0, CBENCH_PROGRAM);
  const auto begin = std::chrono::steady_clock::now();
  const Connections opened(peer.port(), connections, 1);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

bool opens_many_as_fast_as_few(int rounds) {
  std::vector<double> many;
  std::vector<double> few;
  for (int round = 0; round < rounds; ++round) {
    many.push_back(seconds_to_open(19'000));
    few.push_back(seconds_to_open(10'000));
  }
  return expect("peer: a connection of 19,000 / one of 10,000", median(many) / 19 / (median(few) / 10), 1.5,
                fmt::format("{} against {} s", range_of(many), range_of(few)));
}

}  // namespace
}  // namespace cbench::bars

int main(int count, char** values) {
  using namespace cbench::bars;
  int rounds = 5;
  for (int i = 1; i + 1 < count; i += 2) {  // the options of all bars; others are about models
    if (std::string(values[i]) == "--rounds") rounds = std::max(1, std::atoi(values[i + 1]));
  }
  try {
    bool good = costs_as_little_as_by_hand(rounds, 1000, "10ms", 150'000);
    good = costs_as_little_as_by_hand(rounds, 10'000, "200ms", 150'000) && good;
    return opens_many_as_fast_as_few(rounds) && good ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "peer_bars: {}\n", error.what());
    return 1;
  }
}
