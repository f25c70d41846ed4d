#include "tests/bars/bench.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "harness/host.hpp"
#include "tests/support/program.hpp"

namespace cbench::bars {
namespace {

using namespace std::chrono_literals;

const std::string program = CBENCH_PROGRAM;
const std::string by_hand_folder = CBENCH_BY_HAND;

}  // namespace

double Results::median(Figure figure) const {
  std::vector<double> values;
  for (const Result& round : rounds) values.push_back(round.*figure);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

std::string Sides::range(Figure figure) const {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.rounds.size(); ++i) ratios.push_back(a.rounds[i].*figure / b.rounds[i].*figure);
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  return fmt::format("{:.2f} to {:.2f}", *least, *most);
}

bool Bench::wants(const std::string& model) const {
  return models_.empty() || std::find(models_.begin(), models_.end(), model) != models_.end();
}

Result Bench::model(const std::string& name, const Job& job) {
  TrialSpec spec{.model = name,
                 .workload = job.workload,
                 .parameters = job.parameters,
                 .load = {.kind = job.tasks == 0 ? LoadKind::closed : LoadKind::fixed,
                          .concurrency = job.concurrency,
                          .tasks = job.tasks,
                          .warmup = job.tasks == 0 ? std::chrono::nanoseconds(warmup()) : 0ns,
                          .duration = job.tasks == 0 ? std::chrono::nanoseconds(window(job)) : 0ns},
                 .workers = job.workers,
                 .is_baseline = name == "sequential",
                 .deadline = 2min};
  const TrialRecord record =
      run_one_trial(spec, works_.of(spec), {.command = {program, "trial"}, .peer = &peer_, .host = host_facts()});
  if (record.status != Status::ok)
    throw std::runtime_error(fmt::format("{} {}: {}", name, job.workload, record.reason));
  return {.throughput_per_s = record.throughput_per_s,
          .cpu_per_task_us = record.cpu_per_task_us,
          .wall_s = record.window_s,
          .peak_rss_mb = static_cast<double>(record.peak_rss_bytes) / 1e6,
          .p99_of_light_ms = static_cast<double>(record.response.histogram->quantile(0.9 * 0.99)) / 1e6};
}

Result Bench::by_hand(const std::string& name, const std::string& mode, const Job& job) {
  std::vector<std::string> arguments{mode, fmt::format("workers={}", job.workers),
                                     fmt::format("concurrency={}", job.concurrency),
                                     fmt::format("port={}", peer_.port())};
  if (job.delay > 0ms) arguments.push_back(fmt::format("delay={}ms", job.delay.count()));
  if (job.tasks != 0) {
    arguments.push_back(fmt::format("tasks={}", job.tasks));
  } else {
    arguments.push_back(fmt::format("duration={}ms", window(job).count()));
    arguments.push_back(fmt::format("warmup={}ms", warmup().count()));
  }
  const testing::Outcome outcome = testing::run(by_hand_folder + "/" + name, arguments);
  if (outcome.exit_code != 0)
    throw std::runtime_error(fmt::format("{} {}: {}", name, fmt::join(arguments, " "), outcome.err));
  const auto json = nlohmann::json::parse(outcome.out);
  return {.throughput_per_s = json.at("throughput_per_s"),
          .cpu_per_task_us = json.at("cpu_per_task_us"),
          .wall_s = json.at("wall_s"),
          .peak_rss_mb = json.at("peak_rss_bytes").get<double>() / 1e6};
}

Sides Bench::side_by_side(const std::function<Result()>& a, const std::function<Result()>& b) const {
  Sides sides;
  for (int round = 0; round < rounds_; ++round) {
    sides.a.rounds.push_back(a());
    sides.b.rounds.push_back(b());
  }
  return sides;
}

Results Bench::repeated(const std::function<Result()>& a) const {
  Results results;
  for (int round = 0; round < rounds_; ++round) results.rounds.push_back(a());
  return results;
}

std::vector<ScalingPoint> Bench::scaling(const std::string& name, Job job, const std::vector<std::uint32_t>& workers) {
  std::vector<ScalingPoint> points;
  for (int round = 0; round < rounds_; ++round) {
    for (const std::uint32_t count : workers) {
      job.workers = count;
      points.push_back({.n = static_cast<double>(count), .throughput_per_s = model(name, job).throughput_per_s});
    }
  }
  return points;
}

void Bench::expect(const std::string& what, double value, bool at_least, double bound, const std::string& detail) {
  const bool good = at_least ? value >= bound : value <= bound;
  missed_ += good ? 0 : 1;
  fmt::print("{:6} {:<58} {:>7.3f}  {} {:<6.3g} {}\n", good ? "ok" : "MISSED", what, value,
             at_least ? ">=" : "<=", bound, detail);
  std::fflush(stdout);
}

void Bench::note(const std::string& what, const std::string& detail) {
  fmt::print("       {:<58} {}\n", what, detail);
  std::fflush(stdout);
}

void Bench::attempt(const std::string& what, const std::function<void()>& bar) {
  try {
    bar();
  } catch (const std::exception& error) {
    ++missed_;
    fmt::print("MISSED {:<58} {}\n", what, error.what());
  }
}

// Tasks of one delay come back in waves: a window of few waves would count one too many or too few.
std::chrono::milliseconds Bench::window(const Job& job) const { return std::max(window_, 15 * job.delay); }
// Longer than every delay, so that the window opens when replies come in.
std::chrono::milliseconds Bench::warmup() const { return std::max(window_ / 4, 500ms); }

}  // namespace cbench::bars
