#include "workloads/demand.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
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

// `times`: how often a task comes here, for the locks that it takes.
LeastDemand demand_of(Script script, const Known& known, double times, std::vector<double>& locks_us) {
  LeastDemand total;
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
    const Step& step = script[at];
    if (step.kind == StepKind::compute) {
      const KernelTime& time = known.at({step.kernel, step.amount});
      total.cpu_us += time.usual_us;
      total.path_us += time.usual_us;
      total.serial_us += time.usual_us;
      total.cheapest_us += time.least_us;
      continue;
    }
    const double branches = step.kind == StepKind::fan_out ? step.width : 1;
    const LeastDemand body = demand_of(body_of(script, at), known, times * branches, locks_us);
    const double waits_us = static_cast<double>(step.time.count()) / 1000;
    total.cpu_us += branches * body.cpu_us;
    total.cheapest_us += branches * body.cheapest_us;
    total.path_us += body.path_us + waits_us;
    total.serial_us += branches * body.serial_us + waits_us;
    if (step.kind == StepKind::critical) locks_us[step.lock] += times * body.path_us;
  }
  return total;
}

}  // namespace

LeastDemand least_demand(const Work& work) {
  std::vector<double> shares(work.distinct());
  for (const std::uint32_t index : work.order()) shares[index] += 1.0 / static_cast<double>(work.turns());
  const Known known = kernels_of(work);
  LeastDemand mean;
  mean.locks_us.resize(work.locks());
  for (std::size_t i = 0; i < work.distinct(); ++i) {
    const LeastDemand one = demand_of(work.script(i), known, shares[i], mean.locks_us);
    mean.cpu_us += one.cpu_us * shares[i];
    mean.path_us += one.path_us * shares[i];
    mean.serial_us += one.serial_us * shares[i];
    mean.cheapest_us = i == 0 ? one.cheapest_us : std::min(mean.cheapest_us, one.cheapest_us);
  }
  return mean;
}

}  // namespace cbench
