#include "models/walks/branch_placement.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

#include "system/cpu_clock.hpp"
#include "workloads/kernels.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::nanoseconds worth = 100us;
constexpr int runs = 5;

// An amount that takes longer than that: nobody needs to know how long a longer one takes.
std::uint64_t enough(Kernel kernel) {
  switch (kernel) {
    case Kernel::primes: return 10'000;
    case Kernel::mix: return 100'000;
    case Kernel::memory: return 4'000;
    case Kernel::fault: return 0;
  }
  return 0;
}

using Known = std::map<std::pair<Kernel, std::uint64_t>, std::chrono::nanoseconds>;

std::chrono::nanoseconds time_of(Kernel kernel, std::uint64_t amount, Known& known) {
  if (kernel == Kernel::fault) return 0ns;
  const auto [found, is_new] = known.try_emplace({kernel, std::min(amount, enough(kernel))}, 1h);
  for (int run = 0; is_new && run < runs; ++run) {
    // By CPU time: beside other programs a run may take many times longer than its work.
    const auto before = cpu_time_of_this_thread();
    run_kernel(kernel, found->first.second);
    found->second = std::min(found->second, cpu_time_of_this_thread() - before);
  }
  return found->second;
}

// What the branches of a fan-out have to keep their workers for, together, for half of it to be worth a journey there
// and back.
struct Survey {
  const bool waits_block;
  std::vector<const Step*>& spread;  // the bodies of such fan-outs
  Known known;

  // How long one run of the script keeps its worker: at most a little more than is needed to know.
  std::chrono::nanoseconds of(Script script) {
    std::chrono::nanoseconds total{};
    for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
      const Step& step = script[at];
      const Script body = body_of(script, at);
      switch (step.kind) {
        case StepKind::compute: total += time_of(step.kernel, step.amount, known); break;
        case StepKind::wait:
        case StepKind::request:
          total += waits_block ? std::min<std::chrono::nanoseconds>(step.time, worth) : 0ns;
          break;
        case StepKind::critical: total += of(body); break;
        case StepKind::fan_out: {
          const auto all = of(body) * step.width;
          if (step.width > 1 && all >= worth) spread.push_back(body.data());
          total += all;
          break;
        }
      }
    }
    return std::min(total, worth);
  }
};

}  // namespace

BranchPlacement::BranchPlacement(const Work& work, bool waits_block) {
  Survey survey{.waits_block = waits_block, .spread = spread_, .known = {}};
  for (std::size_t i = 0; i < work.distinct(); ++i) survey.of(work.script(i));
  std::sort(spread_.begin(), spread_.end(), std::less<>());
}

}  // namespace cbench
