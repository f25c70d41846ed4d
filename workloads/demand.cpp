#include "workloads/demand.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "system/cpu_clock.hpp"
#include "workloads/kernels.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::microseconds time_per_kernel = 20ms;
constexpr std::chrono::microseconds time_in_all = 200ms;
constexpr std::size_t most_runs = 1000;
constexpr double worth_a_reading_us = 20;
constexpr std::uint64_t most_at_once = 4096;

double us_of_runs(Kernel kernel, std::uint64_t amount, std::uint64_t runs) {
  const auto before = cpu_time_of_this_thread();
  for (std::uint64_t run = 0; run < runs; ++run) run_kernel(kernel, amount);
  return std::chrono::duration<double, std::micro>(cpu_time_of_this_thread() - before).count();
}

struct KernelTime {
  double usual_us = 0;  // the median
  double least_us = 0;  // a thread that the hypervisor has stopped is charged for that, too
};

KernelTime time_of(Kernel kernel, std::uint64_t amount, std::chrono::microseconds for_about) {
  const auto until = std::chrono::steady_clock::now() + for_about;
  // Reading the clock takes half a microsecond: what takes little is run many times between two readings.
  std::uint64_t at_once = 1;
  double us = us_of_runs(kernel, amount, at_once);
  while (us < worth_a_reading_us && at_once < most_at_once) us = us_of_runs(kernel, amount, at_once *= 4);
  std::vector<double> runs{us / static_cast<double>(at_once)};
  while (runs.size() < most_runs && std::chrono::steady_clock::now() < until) {
    runs.push_back(us_of_runs(kernel, amount, at_once) / static_cast<double>(at_once));
  }
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
  std::nth_element(runs.begin(), middle, runs.end());
  return {.usual_us = *middle, .least_us = *std::min_element(runs.begin(), std::next(middle))};
}

using Known = std::map<std::pair<Kernel, std::uint64_t>, KernelTime>;

// Every kernel and amount that the work asks for, timed.
Known kernels_of(const Work& work) {
  Known known;
  for (std::size_t i = 0; i < work.distinct(); ++i) {
    for (const Step& step : work.script(i)) {
      if (step.kind == StepKind::compute) known.try_emplace({step.kernel, step.amount});
    }
  }
  const auto each = std::min(time_per_kernel, time_in_all / std::max<std::int64_t>(1, std::ssize(known)));
  for (auto& [kernel, time] : known) time = time_of(kernel.first, kernel.second, each);
  return known;
}

// A part of a script: what it takes, and how it holds each lock.
struct Part {
  Demand least;
  std::vector<double> held_us;     // in all
  std::vector<double> longest_us;  // at a time; of a fan-out, by all branches one after the other

  explicit Part(std::size_t locks) : held_us(locks), longest_us(locks) {}
};

// The time of `width` branches side by side. A lock lets them by one at a time: they take as long as all of them hold
// it, and the last that comes to its longest hold has waited for all the others' there.
double time_of_branches(const Part& body, double width) {
  double path_us = body.least.path_us;
  for (std::size_t lock = 0; lock < body.held_us.size(); ++lock) {
    path_us = std::max({path_us, body.least.path_us + (width - 1) * body.longest_us[lock], width * body.held_us[lock]});
  }
  return path_us;
}

Part demand_of(Script script, const Known& known, std::size_t locks) {
  Part total(locks);
  Demand& least = total.least;
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
    const Step& step = script[at];
    if (step.kind == StepKind::compute) {
      const KernelTime& time = known.at({step.kernel, step.amount});
      least.cpu_us += time.usual_us;
      least.path_us += time.usual_us;
      least.serial_us += time.usual_us;
      least.cheapest_us += time.least_us;
      continue;
    }
    const double branches = step.kind == StepKind::fan_out ? step.width : 1;
    Part body = demand_of(body_of(script, at), known, locks);
    if (step.kind == StepKind::critical) {
      body.held_us[step.lock] += body.least.path_us;
      body.longest_us[step.lock] = std::max(body.longest_us[step.lock], body.least.path_us);
    }
    const double waits_us = static_cast<double>(step.time.count()) / 1000;
    least.cpu_us += branches * body.least.cpu_us;
    least.cheapest_us += branches * body.least.cheapest_us;
    least.path_us += time_of_branches(body, branches) + waits_us;
    least.serial_us += branches * body.least.serial_us + waits_us;
    least.requests_on_path += body.least.requests_on_path + (step.kind == StepKind::request ? 1 : 0);
    for (std::size_t lock = 0; lock < locks; ++lock) {
      total.held_us[lock] += branches * body.held_us[lock];
      total.longest_us[lock] = std::max(total.longest_us[lock], branches * body.longest_us[lock]);
    }
  }
  return total;
}

}  // namespace

LeastDemand least_demand(const Work& work) {
  const Known known = kernels_of(work);
  LeastDemand least;
  for (std::size_t i = 0; i < work.distinct(); ++i) {
    Part part = demand_of(work.script(i), known, work.locks());
    part.least.locks_us = std::move(part.held_us);
    least.scripts.push_back(std::move(part.least));
  }
  static_cast<Demand&>(least) = mean_demand(least, work);
  return least;
}

Demand mean_demand(const LeastDemand& least, const Work& work, std::uint64_t first, std::uint64_t tasks) {
  Demand mean;
  if (least.scripts.empty()) return mean;
  const std::uint64_t turns = work.turns();
  if (tasks == 0) tasks = turns;
  const std::uint64_t rounds = tasks / turns;  // each turn comes as often as that, and the first few once more
  const std::uint64_t more = tasks % turns;
  std::vector<double> shares(least.scripts.size());
  for (std::uint64_t i = 0; i < turns; ++i) {
    const std::uint64_t times = rounds + (i < more ? 1 : 0);
    shares[work.script_of((first + i) % turns)] += static_cast<double>(times) / static_cast<double>(tasks);
  }
  mean.cheapest_us = std::numeric_limits<double>::infinity();
  mean.locks_us.resize(work.locks());
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] == 0) continue;
    const Demand& one = least.scripts[i];
    mean.cpu_us += shares[i] * one.cpu_us;
    mean.cheapest_us = std::min(mean.cheapest_us, one.cheapest_us);
    mean.path_us += shares[i] * one.path_us;
    mean.serial_us += shares[i] * one.serial_us;
    mean.requests_on_path += shares[i] * one.requests_on_path;
    for (std::size_t lock = 0; lock < mean.locks_us.size(); ++lock)
      mean.locks_us[lock] += shares[i] * one.locks_us[lock];
  }
  return mean;
}

}  // namespace cbench
