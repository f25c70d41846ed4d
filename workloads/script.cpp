#include "workloads/script.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "workloads/kernels.hpp"

namespace cbench {
namespace {

Steps with_body(Step head, const Steps& body) {
  head.body = static_cast<std::uint16_t>(body.size());
  Steps steps{head};
  steps.insert(steps.end(), body.begin(), body.end());
  return steps;
}

bool has_body(const Step& step) { return step.kind == StepKind::critical || step.kind == StepKind::fan_out; }

// Calls visit(step, body) for each step of this level.
template <class Visit>
void each_step(Script script, Visit visit) {
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) visit(script[at], body_of(script, at));
}

using KernelResults = std::map<std::pair<Kernel, std::uint64_t>, std::uint64_t>;

std::uint64_t walk_for_digest(Script script, std::uint64_t digest, KernelResults& known) {
  each_step(script, [&](const Step& step, Script body) {
    switch (step.kind) {
      case StepKind::compute: {
        const auto [found, is_new] = known.try_emplace({step.kernel, step.amount}, 0);
        if (is_new && step.kernel != Kernel::fault) found->second = run_kernel(step.kernel, step.amount);
        digest = fold(digest, found->second);
        break;
      }
      case StepKind::wait: digest = fold(digest, static_cast<std::uint64_t>(step.time.count())); break;
      case StepKind::request:
        digest = fold(digest, reply_value(step.bytes, static_cast<std::uint64_t>(step.time.count())));
        break;
      case StepKind::critical: digest = walk_for_digest(body, fold(digest, step.lock), known); break;
      case StepKind::fan_out: {
        std::uint64_t sum = 0;
        for (std::uint32_t branch = 0; branch < step.width; ++branch) {
          sum += walk_for_digest(body, branch_digest(branch), known);
        }
        digest = fold(digest, sum);
        break;
      }
    }
  });
  return digest;
}

std::string defect_of(Script script, std::vector<std::uint32_t>& held) {
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
    const Step& step = script[at];
    if (step.body > script.size() - at - 1)
      return fmt::format("step {} has a body of {} steps that are not there", at, step.body);
    if (!has_body(step) && step.body != 0) return fmt::format("step {} cannot have a body", at);
    if (step.time < std::chrono::nanoseconds::zero()) return fmt::format("step {} waits for a negative time", at);
    if (step.kind == StepKind::request && step.bytes > max_request_bytes) {
      return fmt::format("step {} requests {} bytes, more than {}", at, step.bytes, max_request_bytes);
    }
    const Script body = body_of(script, at);
    if (step.kind == StepKind::critical) {
      if (std::find(held.begin(), held.end(), step.lock) != held.end()) {
        return fmt::format("lock {} is taken inside itself: that never ends", step.lock);
      }
      if (held.size() == max_nested_locks)
        return fmt::format("more than {} locks inside one another", max_nested_locks);
      held.push_back(step.lock);
      if (auto defect = defect_of(body, held); !defect.empty()) return defect;
      held.pop_back();
    } else if (step.kind == StepKind::fan_out) {
      if (step.width == 0) return fmt::format("step {} fans out into no branch", at);
      if (step.lanes != lanes_of(body)) return fmt::format("step {} does not say how many lanes its branches need", at);
      if (auto defect = defect_of(body, held); !defect.empty()) return defect;
    }
  }
  return {};
}

}  // namespace

Steps compute(Kernel kernel, std::uint64_t amount) {
  return {Step{.kind = StepKind::compute, .kernel = kernel, .amount = amount}};
}

Steps wait(std::chrono::nanoseconds time) { return {Step{.kind = StepKind::wait, .time = time}}; }

Steps request(std::uint32_t bytes, std::chrono::nanoseconds delay) {
  return {Step{.kind = StepKind::request, .bytes = bytes, .time = delay}};
}

Steps critical(std::uint32_t lock, Steps body) {
  return with_body(Step{.kind = StepKind::critical, .lock = lock}, body);
}

Steps fan_out(std::uint32_t width, Steps body) {
  return with_body(Step{.kind = StepKind::fan_out, .width = width, .lanes = lanes_of(body)}, body);
}

Steps sequence(std::initializer_list<Steps> parts) {
  Steps steps;
  for (const Steps& part : parts) steps.insert(steps.end(), part.begin(), part.end());
  return steps;
}

std::uint32_t lanes_of(Script script) {
  std::uint32_t lanes = 0;
  each_step(script, [&](const Step& step, Script body) {
    std::uint32_t needed = 0;
    if (step.kind == StepKind::request) needed = 1;
    if (step.kind == StepKind::critical) needed = lanes_of(body);
    if (step.kind == StepKind::fan_out) needed = step.width * lanes_of(body);
    lanes = std::max(lanes, needed);
  });
  return lanes;
}

std::uint32_t locks_of(Script script) {
  std::uint32_t locks = 0;
  for (const Step& step : script) {
    if (step.kind == StepKind::critical) locks = std::max(locks, step.lock + 1);
  }
  return locks;
}

std::chrono::nanoseconds waiting_of(Script script) {
  std::chrono::nanoseconds total{};
  each_step(script, [&](const Step& step, Script body) {
    total += step.time + (has_body(step) ? waiting_of(body) : total.zero());
  });
  return total;
}

StepCounts count_steps(Script script) {
  StepCounts counts;
  each_step(script, [&](const Step& step, Script body) {
    counts.computes += step.kind == StepKind::compute ? 1 : 0;
    counts.waits += step.kind == StepKind::wait ? 1 : 0;
    counts.requests += step.kind == StepKind::request ? 1 : 0;
    counts.criticals += step.kind == StepKind::critical ? 1 : 0;
    if (!has_body(step)) return;
    const std::uint64_t times = step.kind == StepKind::fan_out ? step.width : 1;
    const StepCounts inner = count_steps(body);
    counts.computes += times * inner.computes;
    counts.waits += times * inner.waits;
    counts.requests += times * inner.requests;
    counts.criticals += times * inner.criticals;
    counts.branches += times * inner.branches + (step.kind == StepKind::fan_out ? times : 0);
  });
  return counts;
}

std::string defect_of(Script script) {
  std::vector<std::uint32_t> held;
  return defect_of(script, held);
}

std::uint64_t expected_digest(Script script) {
  static KernelResults known;  // called before workers start, from one thread
  return walk_for_digest(script, 0, known);
}

}  // namespace cbench
