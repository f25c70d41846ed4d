#include "sweep/plan/baseline_tasks.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr auto enough_time = 2s;
constexpr auto least_time = 100ms;  // that CPU time is read over
constexpr std::uint64_t fewest = 5;
constexpr double harness_ns = 100;      // of a task that does nothing
constexpr double round_trip_ns = 30e3;  // of a request, beyond the delay asked for

double kernel_ns(Kernel kernel, std::uint64_t amount) {
  const auto n = static_cast<double>(amount);
  switch (kernel) {
    case Kernel::primes: return 0.16 * n * std::sqrt(n);
    case Kernel::mix: return 1.5 * n;
    case Kernel::memory: return 80 * n;
    case Kernel::fault: break;
  }
  return 0;
}

// What the steps take one after the other, branches counted each.
double time_ns(Script script) {
  double sum = 0;
  for (std::size_t at = 0; at < script.size(); ++at) {
    const Step& step = script[at];
    sum += static_cast<double>(step.time.count());
    if (step.kind == StepKind::compute) sum += kernel_ns(step.kernel, step.amount);
    if (step.kind == StepKind::request) sum += round_trip_ns;
    if (step.body == 0) continue;
    const double times = step.kind == StepKind::fan_out ? step.width : 1;
    sum += times * time_ns(body_of(script, at));
    at += step.body;
  }
  return sum;
}

}  // namespace

std::chrono::nanoseconds time_alone(const Work& work) {
  std::vector<double> of_script;
  for (std::size_t i = 0; i < work.distinct(); ++i) of_script.push_back(time_ns(work.script(i)));
  double sum = 0;
  for (std::size_t turn = 0; turn < work.turns(); ++turn) sum += of_script[work.script_of(turn)];
  const double mean = sum / static_cast<double>(std::max<std::size_t>(work.turns(), 1));
  return std::chrono::nanoseconds(static_cast<std::int64_t>(mean + harness_ns));
}

std::uint64_t baseline_tasks(std::uint64_t asked, const Work& work) {
  const auto within = [alone = time_alone(work)](std::chrono::nanoseconds time) {
    return static_cast<std::uint64_t>(time / alone);
  };
  return std::max(std::min(asked, std::max(fewest, within(enough_time))), within(least_time));
}

}  // namespace cbench
