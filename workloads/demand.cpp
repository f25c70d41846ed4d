#include "workloads/demand.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <utility>
#include <vector>

#include "workloads/kernels.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr auto time_per_kernel = 20ms;
constexpr std::size_t most_runs = 1000;

double thread_cpu_us() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

double kernel_us(Kernel kernel, std::uint64_t amount) {
  std::vector<double> runs;
  const auto until = std::chrono::steady_clock::now() + time_per_kernel;
  do {
    const double before = thread_cpu_us();
    run_kernel(kernel, amount);
    runs.push_back(thread_cpu_us() - before);
  } while (runs.size() < most_runs && std::chrono::steady_clock::now() < until);
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
  std::nth_element(runs.begin(), middle, runs.end());
  return *middle;
}

using Known = std::map<std::pair<Kernel, std::uint64_t>, double>;

LeastDemand demand_of(Script script, Known& known) {
  LeastDemand total;
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
    const Step& step = script[at];
    if (step.kind == StepKind::compute) {
      const auto [found, is_new] = known.try_emplace({step.kernel, step.amount}, 0);
      if (is_new) found->second = kernel_us(step.kernel, step.amount);
      total.cpu_us += found->second;
      total.path_us += found->second;
    } else {
      const LeastDemand body = demand_of(body_of(script, at), known);
      total.cpu_us += (step.kind == StepKind::fan_out ? step.width : 1) * body.cpu_us;
      total.path_us += body.path_us + static_cast<double>(step.time.count()) / 1000;
    }
  }
  return total;
}

}  // namespace

LeastDemand least_demand(const Work& work) {
  std::vector<double> shares(work.distinct());
  for (const std::uint32_t index : work.order()) shares[index] += 1.0 / static_cast<double>(work.turns());
  Known known;
  LeastDemand mean;
  for (std::size_t i = 0; i < work.distinct(); ++i) {
    const LeastDemand one = demand_of(work.script(i), known);
    mean.cpu_us += one.cpu_us * shares[i];
    mean.path_us += one.path_us * shares[i];
    mean.cheapest_us = i == 0 ? one.cpu_us : std::min(mean.cheapest_us, one.cpu_us);
  }
  return mean;
}

}  // namespace cbench
