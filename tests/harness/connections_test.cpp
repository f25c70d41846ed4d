// Opening connections to the peer, and what is said when that is not possible.
#include "harness/connections.hpp"

#include <array>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/peer_process.hpp"
#include "system/descriptor.hpp"

namespace cbench {
namespace {

template <class Function>
std::string what_it_throws(Function function) {
  try {
    function();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

enum Outcome { no = 1, yes = 42, not_possible = 43 };  // yes is not 0: a child that just ends has shown nothing

// Runs `test` in a forked child, whose limits and network it may change. Returns its outcome; no where it threw or
// crashed.
template <class Function>
Outcome in_a_child(Function test) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      _exit(test());
    } catch (const std::exception&) {
      _exit(no);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? static_cast<Outcome>(WEXITSTATUS(status)) : no;
}

Outcome outcome(bool good) { return good ? yes : no; }

// Moves this process into a new network that has nothing but loopback and these ports. Returns false where it may not.
bool enter_network_with_ports(const char* ports) {
  if (unshare(CLONE_NEWNET) != 0) return false;
  const Descriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  if (ioctl(any.get(), SIOCSIFFLAGS, &loopback) != 0) return false;
  const Descriptor range(open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC));
  return write(range.get(), ports, std::strlen(ports)) == static_cast<ssize_t>(std::strlen(ports));
}

// Takes all of 127.0.0.0/8 but 127.0.0.1 from the loopback of such a network.
bool leave_only_one_address() {
  const Descriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  auto& mask = reinterpret_cast<sockaddr_in&>(loopback.ifr_netmask);
  mask.sin_family = AF_INET;
  mask.sin_addr.s_addr = htonl(0xffffffff);
  return ioctl(any.get(), SIOCSIFNETMASK, &loopback) == 0;
}

rlimit descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

TEST(connections, are_as_many_as_slots_and_lanes_and_all_different) {
  const PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  const Connections connections(peer.port(), 5, 3);
  ASSERT_EQ(connections.size(), 15U);
  std::set<int> different;
  for (std::uint32_t i = 0; i < connections.size(); ++i) {
    int on = 0;
    socklen_t size = sizeof(on);
    EXPECT_EQ(getsockopt(connections[i], IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    EXPECT_NE(on, 0);
    EXPECT_EQ(fcntl(connections[i], F_GETFL) & O_NONBLOCK, 0);
    different.insert(connections[i]);
  }
  EXPECT_EQ(different.size(), 15U);
  connections.make_nonblocking();
  for (std::uint32_t i = 0; i < connections.size(); ++i) EXPECT_NE(fcntl(connections[i], F_GETFL) & O_NONBLOCK, 0);
}

TEST(connections, need_no_peer_where_there_are_none) {
  EXPECT_EQ(Connections().size(), 0U);
  EXPECT_EQ(Connections(1, 100, 0).size(), 0U);
}

TEST(connections, are_closed_with_their_last_owner_and_not_before) {
  const PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  auto first = std::make_unique<Connections>(peer.port(), 1, 1);
  const int descriptor = (*first)[0];
  auto second = std::make_unique<Connections>(std::move(*first));
  first.reset();
  auto third = std::make_unique<Connections>();
  *third = std::move(*second);
  second.reset();
  EXPECT_NE(fcntl(descriptor, F_GETFD), -1);
  EXPECT_EQ((*third)[0], descriptor);
  third.reset();
  EXPECT_EQ(fcntl(descriptor, F_GETFD), -1);
}

// Trials follow one another within the minute for which an orderly close keeps a port.
TEST(connections, leave_no_port_in_use_when_they_are_closed) {
  const Outcome opened_again = in_a_child([] {
    if (!enter_network_with_ports("40000 40009")) return not_possible;
    const PeerProcess peer(9999, CBENCH_PEER_PROGRAM);
    for (int trial = 0; trial < 20; ++trial) Connections(peer.port(), 10, 1);
    return yes;
  });
  if (opened_again == not_possible) GTEST_SKIP() << "this process may not make a network of its own";
  EXPECT_EQ(opened_again, yes);
}

TEST(connections, say_that_no_peer_listens) {
  std::uint16_t port = 0;
  {
    const PeerProcess peer(0, CBENCH_PEER_PROGRAM);
    port = peer.port();
  }
  const std::string what = what_it_throws([&] { Connections(port, 10, 1); });
  EXPECT_TRUE(contains(what, "no peer listens on port " + std::to_string(port))) << what;
}

sockaddr_in source_of(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}

// The kernel searches for a port in vain, ever longer, once an address has every other port in use.
TEST(connections, leave_from_so_many_addresses_that_none_needs_more_than_half_of_its_ports) {
  const Outcome spread = in_a_child([] {
    if (!enter_network_with_ports("40000 40099")) return not_possible;
    const PeerProcess peer(9999, CBENCH_PEER_PROGRAM);
    const Connections connections(peer.port(), 250, 1);
    std::map<std::uint32_t, std::set<std::uint16_t>> ports;
    for (std::uint32_t i = 0; i < connections.size(); ++i) {
      const sockaddr_in source = source_of(connections[i]);
      if (ntohl(source.sin_addr.s_addr) >> 8U != INADDR_LOOPBACK >> 8U) return no;
      if (!ports[source.sin_addr.s_addr].insert(source.sin_port).second) return no;
    }
    for (const auto& [address, its] : ports) {
      if (its.size() > 50) return no;
    }
    return outcome(ports.size() >= 5);
  });
  if (spread == not_possible) GTEST_SKIP() << "this process may not make a network of its own";
  EXPECT_EQ(spread, yes);
}

TEST(connections, find_ports_on_addresses_on_which_others_have_most_of_them) {
  const Outcome found = in_a_child([] {
    if (!enter_network_with_ports("40000 40009")) return not_possible;
    const PeerProcess peer(9999, CBENCH_PEER_PROGRAM);
    const std::array<Connections, 3> others{Connections(peer.port(), 40, 1), Connections(peer.port(), 40, 1),
                                            Connections(peer.port(), 40, 1)};  // three ports of an address each
    return outcome(Connections(peer.port(), 40, 1).size() == 40);
  });
  if (found == not_possible) GTEST_SKIP() << "this process may not make a network of its own";
  EXPECT_EQ(found, yes);
}

TEST(connections, leave_from_one_address_where_there_are_few) {
  const PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  const Connections connections(peer.port(), 100, 1);
  for (std::uint32_t i = 0; i < connections.size(); ++i) {
    EXPECT_EQ(ntohl(source_of(connections[i]).sin_addr.s_addr), INADDR_LOOPBACK);
  }
}

// In a network of its own with ten ports, where the kernel lets the test have one.
TEST(connections, say_that_ports_are_used_up) {
  const Outcome said = in_a_child([] {
    if (!enter_network_with_ports("40000 40009")) return not_possible;
    const PeerProcess peer(9999, CBENCH_PEER_PROGRAM);
    const std::string what = what_it_throws([&] { Connections(peer.port(), 1000, 1); });
    const std::string tried = "connection ";
    const int refused = contains(what, tried) ? std::stoi(what.substr(what.find(tried) + tried.size())) : 0;
    return outcome(refused == static_cast<int>(most_connections(10)) + 1 &&
                   contains(what, " of 1000 to the peer on port 9999") && contains(what, "no free port") &&
                   contains(what, "ip_local_port_range"));
  });
  if (said == not_possible) GTEST_SKIP() << "this process may not make a network of its own";
  EXPECT_EQ(said, yes);
}

TEST(connections, need_no_address_but_one) {
  const Outcome opened = in_a_child([] {
    if (!enter_network_with_ports("40000 40009") || !leave_only_one_address()) return not_possible;
    const PeerProcess peer(9999, CBENCH_PEER_PROGRAM);
    return outcome(Connections(peer.port(), 10, 1).size() == 10);
  });
  if (opened == not_possible) GTEST_SKIP() << "this process may not make a network of its own";
  EXPECT_EQ(opened, yes);
}

TEST(connections, say_which_limit_of_descriptors_is_too_low_and_what_is_needed) {
  const Outcome said = in_a_child([] {
    const rlimit few{.rlim_cur = 100, .rlim_max = 300};
    setrlimit(RLIMIT_NOFILE, &few);
    const std::string what = what_it_throws([] { Connections(1, 1000, 1); });
    return outcome(contains(what, "hard limit") && contains(what, "300") && contains(what, "1256"));
  });
  EXPECT_EQ(said, yes);
}

TEST(require_descriptors, raises_the_soft_limit_as_far_as_needed) {
  if (descriptors().rlim_max < 1256) GTEST_SKIP() << "the hard limit is " << descriptors().rlim_max;
  const Outcome raised = in_a_child([] {
    rlimit limit = descriptors();
    limit.rlim_cur = 64;
    setrlimit(RLIMIT_NOFILE, &limit);
    require_descriptors(1000);
    return outcome(descriptors().rlim_cur >= 1000);
  });
  EXPECT_EQ(raised, yes);
}

TEST(require_descriptors, lowers_no_limit) {
  const Outcome kept = in_a_child([] {
    const rlimit before = descriptors();
    require_descriptors(1);
    return outcome(descriptors().rlim_cur == before.rlim_cur);
  });
  EXPECT_EQ(kept, yes);
}

}  // namespace
}  // namespace cbench
