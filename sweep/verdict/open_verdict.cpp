#include "sweep/verdict/open_verdict.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "harness/arrivals.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

// The generator's lag is part of the response times, since those count from when a task was due. Up to a tenth of their
// p99 it leaves them what they are; below 20 us it is what waking up takes, and above 1 ms somebody had its CPU.
constexpr double most_lag_share = 0.1;
constexpr double lag_to_mention_us = 20;
constexpr double most_lag_us = 1000;
constexpr std::uint64_t tasks_of_p99 = 1000;
constexpr double most_cpu_share = 0.95;   // of the generator's thread
constexpr double most_peer_share = 0.95;  // of each of its threads

constexpr double most_shed = 0.01;     // of what was due
constexpr double least_growth = 0.01;  // of the backlog over the window, as a share of what was due
constexpr double clear_growth = 0.05;  // where the window tells by itself
constexpr double noise = 3;            // standard deviations of what chance makes of it
constexpr double least_ratio = 1.2;  // of the last backlog to the mean one: 1 where a model keeps up, up to 2 elsewhere

// Where the backlog grew from quarter to quarter of the window, less growth is more than chance: a gap in the service
// at the end of the window, which the two counts alone cannot tell from overload, makes no such row.
constexpr std::size_t quarters = 4;
constexpr double least_steady_growth = 0.003;  // as a share of what was due
constexpr double least_steady_tasks = 3;

// However erratic a model is, growth by this share of what was due is no chance.
constexpr double most_by_chance = 0.2;

// A late generator delays tasks by its lag, which below this bound does not explain that more than this share of them
// had not finished a second after the window; and bunches them, so that the slots may be too few for a bunch.
constexpr double longest_lag_us = 100'000;
constexpr double most_lost_to_lag = 0.1;

// By the p99 of the class that has the least, of those that have tasks enough for one: another's excuses no lag.
double lag_bound_us(const TrialRecord& record, double floor_us) {
  double p99_us = record.response.p99_us;
  for (const ClassLatency& one : record.classes) {
    if (one.tasks >= tasks_of_p99) p99_us = std::min(p99_us, one.response.p99_us);
  }
  return std::max(floor_us, most_lag_share * p99_us);
}

OpenVerdict invalid(std::string_view bottleneck, std::string reason) {
  return {.status = Status::invalid, .reason = std::move(reason), .bottleneck = bottleneck, .warnings = {}};
}

// More tasks were shed, or never finished, than a late generator makes of a model that keeps up.
bool lost_more_than_to_lag(const TrialRecord& record) {
  const Arrived& arrived = record.arrived;
  const auto lost = static_cast<double>(arrived.shed + arrived.unfinished);
  const double bunch = record.spec.load.rate_per_s * arrived.lag_p99_us / 1e6;
  const double too_many = bunch > 0 ? std::max(0.0, 1 - record.spec.load.concurrency / bunch) : 0;
  return arrived.lag_p99_us < longest_lag_us && lost > (most_lost_to_lag + too_many) * static_cast<double>(arrived.due);
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
  const bool is_late = arrived.generator_is_own && arrived.lag_p99_us > lag_bound_us(record, most_lag_us);
  if (is_late && !lost_more_than_to_lag(record)) {
    const std::string beside = record.response.p99_us > 0
                                   ? fmt::format("response p99 {}", human_us(record.response.p99_us))
                                   : std::string("none of them finished");
    return invalid("generator", fmt::format("the generator was late: it brought 1 % of the tasks {} or more after they "
                                            "were due ({}); it found no CPU in time",
                                            human_us(arrived.lag_p99_us), beside));
  }
  return std::nullopt;
}

// More than fills up with waits that the scripts ask for.
bool is_beyond_waits(const Arrived& arrived, double growth, double waits_s) {
  return arrived.backlog_end - arrived.offered_per_s * waits_s > growth / 2;
}

// How the backlog went: its count at the begin of the window and at the end of each slice of it.
struct Course {
  std::vector<double> backlog;
  std::vector<double> behind_rate;  // what it would be if arrivals had come as the rate says; from 0 on
};

// Empty where too few slices are known, or no task was served.
Course course_of(const TrialRecord& record) {
  const LoadSpec& load = record.spec.load;
  const std::size_t slices = record.series_per_s.size();
  const double served = std::accumulate(record.series_per_s.begin(), record.series_per_s.end(), 0.0);
  if (slices < 2 * quarters || served == 0) return {};
  Arrivals arrivals(arrival_rule(load, seed_of_arrivals(record.spec.seed)));
  const auto arrived_before = [&](std::chrono::nanoseconds after) {
    while (arrivals.due_ns() < static_cast<std::uint64_t>(after.count())) arrivals.advance();
    return static_cast<double>(arrivals.number());
  };
  const double before = arrived_before(load.warmup);
  Course course{.backlog = {record.arrived.backlog_begin}, .behind_rate = {0}};
  double done = 0;
  for (std::size_t slice = 0; slice < slices; ++slice) {
    const auto ends = static_cast<std::int64_t>(slice) + 1;
    done += record.series_per_s[slice] / served * static_cast<double>(record.tasks);
    const double due = arrived_before(load.warmup + load.duration * ends / static_cast<std::int64_t>(slices)) - before;
    const double share = static_cast<double>(ends) / static_cast<double>(slices);
    course.backlog.push_back(record.arrived.backlog_begin + due - done);
    course.behind_rate.push_back(load.rate_per_s * record.window_s * share - done);
  }
  return course;
}

// How far a count that stands may have come from one end of the window to the other: a queue near its capacity walks at
// random, by what its steps from slice to slice scatter.
double most_by_walking(const std::vector<double>& counts, double due) {
  const auto steps = static_cast<double>(counts.size() - 1);
  const double mean = (counts.back() - counts.front()) / steps;
  double squares = 0;
  for (std::size_t i = 1; i < counts.size(); ++i) {
    const double step = counts[i] - counts[i - 1] - mean;
    squares += step * step;
  }
  return std::min(noise * std::sqrt(squares / (steps - 1) * steps),
                  std::max(noise * std::sqrt(2 * due), most_by_chance * due));
}

// The backlog grew over the window by more than chance makes of it, as its two ends say.
bool backlog_grew_much(const TrialRecord& record, const Course& course, double waits_s) {
  const Arrived& arrived = record.arrived;
  const auto due = static_cast<double>(arrived.due);
  const double growth = arrived.backlog_end - arrived.backlog_begin;
  const double chance =
      course.backlog.empty() ? noise * std::sqrt(due) : std::max(noise, most_by_walking(course.backlog, due));
  if (growth <= std::max(least_growth * due, chance)) return false;
  if (!is_beyond_waits(arrived, growth, waits_s)) return false;
  return growth > clear_growth * due || arrived.backlog_end > least_ratio * arrived.backlog_mean;
}

// From quarter to quarter of the window: from the first to the last of their means, as over the whole window; 0 where
// any is no more than the one before.
double steady_growth(const std::vector<double>& counts) {
  const std::size_t slices = counts.size() - 1;
  std::vector<double> means;
  for (std::size_t quarter = 0; quarter < quarters; ++quarter) {
    const std::size_t from = slices * quarter / quarters;
    const std::size_t to = slices * (quarter + 1) / quarters;
    double sum = 0;
    for (std::size_t slice = from; slice < to; ++slice) sum += (counts[slice] + counts[slice + 1]) / 2;
    means.push_back(sum / static_cast<double>(to - from));
    if (quarter > 0 && means[quarter] <= means[quarter - 1]) return 0;
  }
  return (means.back() - means.front()) * quarters / (quarters - 1);
}

// The backlog grew all the time. Poisson arrivals may bring more than their rate, which a model that would keep up with
// that rate need not serve: what was served must be less than either, and less than the rate by no chance.
bool backlog_grew_steadily(const TrialRecord& record, const Course& course, double waits_s) {
  if (course.backlog.empty() || record.arrived.shed > 0) return false;
  const auto due = static_cast<double>(record.arrived.due);
  const double behind = steady_growth(course.behind_rate);
  const double growth = std::min(steady_growth(course.backlog), behind);
  return growth > std::max(least_steady_tasks, least_steady_growth * due) &&
         behind > most_by_walking(course.behind_rate, due) && is_beyond_waits(record.arrived, growth, waits_s);
}

bool backlog_grew(const TrialRecord& record, double waits_s) {
  const Course course = course_of(record);
  return backlog_grew_much(record, course, waits_s) || backlog_grew_steadily(record, course, waits_s);
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
  if (arrived.late > 0) {
    reason += load.concurrency == 1 ? "; the one slot was taken"
                                    : fmt::format("; all {} slots were taken", human_count(load.concurrency));
  }
  return reason;
}

}  // namespace

OpenVerdict verdict_on(const TrialRecord& record, double waits_s) {
  if (auto verdict = not_the_model(record)) return *std::move(verdict);
  OpenVerdict verdict;
  if (verdict.reason = not_kept_up(record, waits_s); !verdict.reason.empty()) verdict.status = Status::overloaded;
  const Arrived& arrived = record.arrived;
  const bool any_times = record.response.p99_us > 0;
  if (any_times && arrived.lag_p99_us > lag_bound_us(record, lag_to_mention_us)) {
    verdict.warnings.push_back(
        fmt::format("the generator brought 1 % of the tasks {} or more after they were due, which "
                    "is part of their response times",
                    human_us(arrived.lag_p99_us)));
  }
  return verdict;
}

}  // namespace cbench
