#include "sweep/open_verdict.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "text/human.hpp"

namespace cbench {
namespace {

// The generator's lag is part of the response times, since those count from when a task was due. Up to a tenth of their
// p99 it leaves them what they are; below 20 us it is what waking up takes, and above 1 ms somebody had its CPU.
constexpr double most_lag_share = 0.1;
constexpr double lag_to_mention_us = 20;
constexpr double most_lag_us = 1000;
constexpr double most_cpu_share = 0.95;   // of the generator's thread
constexpr double most_peer_share = 0.95;  // of each of its threads

constexpr double most_shed = 0.01;     // of what was due
constexpr double least_growth = 0.01;  // of the backlog over the window, as a share of what was due
constexpr double clear_growth = 0.05;  // where the window tells by itself
constexpr double noise = 3;            // standard deviations of a Poisson count
constexpr double least_ratio = 1.2;  // of the last backlog to the mean one: 1 where a model keeps up, up to 2 elsewhere

double lag_bound_us(const TrialRecord& record, double floor_us) {
  return std::max(floor_us, most_lag_share * record.response.p99_us);
}

OpenVerdict invalid(std::string_view bottleneck, std::string reason) {
  return {.status = Status::invalid, .reason = std::move(reason), .bottleneck = bottleneck, .warnings = {}};
}

// Where something else than the model was the limit.
std::optional<OpenVerdict> not_the_model(const TrialRecord& record) {
  const Arrived& arrived = record.arrived;
  if (arrived.generator_cpu_share > most_cpu_share) {
    return invalid("generator",
                   fmt::format("the generator used {} of a CPU and could bring no more: {} tasks/s are beyond it",
                               human_percent(arrived.generator_cpu_share), human_number(record.spec.load.rate_per_s)));
  }
  const std::uint32_t peers = record.host.peers;
  if (record.peer_cpu_share > most_peer_share * peers) {
    return invalid("peer", fmt::format("{} used {} of a CPU: it was the limit, and not the model",
                                       peers == 1 ? "the peer" : fmt::format("the peer, of {} threads,", peers),
                                       human_percent(record.peer_cpu_share)));
  }
  if (arrived.generator_is_own && arrived.lag_p99_us > lag_bound_us(record, most_lag_us)) {
    return invalid("generator", fmt::format("the generator was late: it brought 1 % of the tasks {} or more after they "
                                            "were due (response p99 {}); it found no CPU in time",
                                            human_us(arrived.lag_p99_us), human_us(record.response.p99_us)));
  }
  return std::nullopt;
}

// The backlog grew over the window, by more than chance makes of it, and by more than fills up with waits that the
// scripts ask for.
bool backlog_grew(const TrialRecord& record, double waits_s) {
  const Arrived& arrived = record.arrived;
  const auto due = static_cast<double>(arrived.due);
  const double growth = arrived.backlog_end - arrived.backlog_begin;
  const double chance = record.spec.load.poisson ? noise * std::sqrt(due) : noise;
  if (growth <= std::max(least_growth * due, chance)) return false;
  const double waiting = arrived.offered_per_s * waits_s;
  if (arrived.backlog_end - waiting <= growth / 2) return false;
  return growth > clear_growth * due || arrived.backlog_end > least_ratio * arrived.backlog_mean;
}

std::string not_kept_up(const TrialRecord& record, double waits_s) {
  const Arrived& arrived = record.arrived;
  const LoadSpec& load = record.spec.load;
  const std::string served = fmt::format("served {} of {} tasks/s", human_number(record.throughput_per_s),
                                         human_number(arrived.offered_per_s));
  if (static_cast<double>(arrived.shed) > most_shed * static_cast<double>(arrived.due)) {
    return fmt::format("{}: {} of {} were shed, for want of a free slot among {}", served, human_count(arrived.shed),
                       human_count(arrived.due), human_count(load.concurrency));
  }
  const bool grew = backlog_grew(record, waits_s);
  if (!grew && arrived.unfinished == 0) return {};
  std::string reason = grew ? fmt::format("{}: the backlog grew from {} to {}", served,
                                          human_number(arrived.backlog_begin), human_number(arrived.backlog_end))
                            : served;
  if (arrived.unfinished > 0) {
    reason += fmt::format("{} {} tasks never finished", grew ? ", and" : ":", human_count(arrived.unfinished));
  }
  if (arrived.late > 0) reason += fmt::format("; all {} slots were taken", human_count(load.concurrency));
  return reason;
}

}  // namespace

OpenVerdict verdict_on(const TrialRecord& record, double waits_s) {
  if (auto verdict = not_the_model(record)) return *std::move(verdict);
  OpenVerdict verdict;
  if (verdict.reason = not_kept_up(record, waits_s); !verdict.reason.empty()) verdict.status = Status::overloaded;
  const Arrived& arrived = record.arrived;
  if (arrived.generator_is_own && arrived.lag_p99_us > lag_bound_us(record, lag_to_mention_us)) {
    verdict.warnings.push_back(
        fmt::format("the generator brought 1 % of the tasks {} or more after they were due, which "
                    "is part of their response times",
                    human_us(arrived.lag_p99_us)));
  }
  return verdict;
}

}  // namespace cbench
