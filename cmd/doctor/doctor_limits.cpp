// Which limits of this host the largest runs meet: 10,000 connections, a million sleepers.
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cmd/doctor/doctor_checks.hpp"
#include "harness/connections.hpp"
#include "harness/kernel_limits.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

using enum Severity;

// What the largest runs that cbench is meant for need.
constexpr std::uint64_t many_connections = 10'000;
constexpr std::uint64_t many_sleepers = 1'000'000;
constexpr std::uint64_t fiber_stack_bytes = 8 * 1024;  // what a sleeping fiber touches of its stack

std::optional<Finding> check_memory(const Evidence& e) {
  constexpr std::uint64_t least = 256ULL << 20U;
  const std::string meminfo = text_of(e, "proc/meminfo").value_or("");
  const auto available = leading_number(line_named(meminfo, "MemAvailable").value_or(""));
  if (!available) return std::nullopt;
  const std::uint64_t free = std::min(*available * 1024, e.groups.free_memory.value_or(UINT64_MAX));
  const bool by_group = free < *available * 1024;
  const std::string text = fmt::format("{} available{}", gib(free), by_group ? " within the control group" : "");
  const std::string remedy = by_group ? "Raise the group's limit (docker run --memory, memory.max)."
                                      : "End what holds memory, or stay with fewer tasks in flight.";
  if (free < least) {
    return Finding{error, "memory", text + ": too little for histograms, stacks and buffers.", remedy};
  }
  // Stacks, and half as much again for sockets, timers and the rest.
  const std::uint64_t needed = many_sleepers * fiber_stack_bytes * 3 / 2;
  if (free < needed) {
    return Finding{note, "memory",
                   fmt::format("{}. A million sleeping fibers take about {}; a million coroutines, timers or actors "
                               "1.5 GiB or less.",
                               text, gib(many_sleepers * fiber_stack_bytes)),
                   remedy};
  }
  return Finding{ok, "memory", text + ": enough for a million sleepers on every model that can hold them.", ""};
}

std::optional<Finding> check_descriptors(const Evidence& e) {
  constexpr std::uint64_t least = 64;
  const std::string text = fmt::format("{} descriptors, hard limit {}", human_count(e.descriptors_soft),
                                       e.descriptors_hard == UINT64_MAX ? "none" : human_count(e.descriptors_hard));
  const std::string remedy =
      "Raise the hard limit: `* hard nofile 65536` in /etc/security/limits.conf and log in anew, LimitNOFILE= of "
      "systemd, or docker run --ulimit nofile=65536.";
  if (e.descriptors_hard < least) return Finding{error, "descriptors", text + ": no trial can start.", remedy};
  if (e.descriptors_hard < many_connections + descriptor_reserve) {
    return Finding{note, "descriptors",
                   fmt::format("{}: at most {} requests in flight.", text,
                               human_count(e.descriptors_hard - std::min(descriptor_reserve, e.descriptors_hard / 2))),
                   remedy};
  }
  return Finding{ok, "descriptors",
                 fmt::format("{}: enough for {} connections; cbench raises the soft limit itself.", text,
                             human_count(many_connections)),
                 ""};
}

std::optional<Finding> check_threads(const Evidence& e) {
  const std::vector<ThreadLimit> limits = thread_limits(e.processes, e.groups.free_tasks, e.root);
  const auto lowest = std::ranges::min_element(limits, {}, &ThreadLimit::threads);
  if (lowest == limits.end()) return std::nullopt;
  const std::string text = fmt::format("At most {} threads ({})", human_count(lowest->threads()), lowest->name);
  constexpr std::uint64_t needed = many_connections + reserve_for_others;
  if (lowest->threads() >= needed) {
    return Finding{ok, "threads",
                   fmt::format("{}: a thread each serves {} tasks in flight, a million are for other models.", text,
                               human_count(many_connections)),
                   ""};
  }
  return Finding{note, "threads", fmt::format("{}: a thread per task ends there.", text),
                 fmt::format("For {} threads, {}.", human_count(many_connections),
                             fmt::format(fmt::runtime(lowest->remedy), needed * lowest->a_thread))};
}

std::optional<Finding> check_mappings(const Evidence& e) {
  const auto most = number_of(e, "proc/sys/vm/max_map_count");
  if (!most) return std::nullopt;
  const std::uint64_t needed = 2 * many_sleepers;
  if (*most >= needed) return Finding{ok, "mappings", fmt::format("{} per process.", human_count(*most)), ""};
  return Finding{note, "mappings",
                 fmt::format("{} per process: enough for {} stacks that are mapped one by one. A million fibers with "
                             "mapped stacks need {}; stacks out of one arena need a few.",
                             human_count(*most), human_count(*most / 2), human_count(needed)),
                 fmt::format("sudo sysctl vm.max_map_count={}", needed + needed / 10)};
}

std::optional<Finding> check_ports(const Evidence& e) {
  const std::string range = text_of(e, "proc/sys/net/ipv4/ip_local_port_range").value_or("");
  const auto fields = split(range, '\t');  // first and last
  if (fields.size() != 2) return std::nullopt;
  const auto first = leading_number(fields[0]);
  const auto last = leading_number(fields[1]);
  if (!first || !last || *last < *first) return std::nullopt;
  const std::uint64_t ports = *last - *first + 1;
  const std::string text = fmt::format("{} ephemeral ports", human_count(ports));
  if (const std::uint64_t most = most_connections(ports); most < many_connections) {
    return Finding{note, "ports", fmt::format("{}: {} connections to the peer at most.", text, human_count(most)),
                   "sudo sysctl net.ipv4.ip_local_port_range=\"16384 60999\""};
  }
  return Finding{ok, "ports", fmt::format("{}: enough for {} connections.", text, human_count(many_connections)), ""};
}

}  // namespace

std::vector<Finding> examine_limits(const Evidence& evidence) {
  std::vector<Finding> findings;
  for (const auto check : {check_memory, check_descriptors, check_threads, check_mappings, check_ports}) {
    if (auto finding = check(evidence)) findings.push_back(std::move(*finding));
  }
  return findings;
}

}  // namespace cbench
