#include "sweep/conformance/random_work.hpp"

#include <utility>
#include <vector>

namespace cbench {
namespace {

Steps appended(Steps steps, const Steps& more) {
  steps.insert(steps.end(), more.begin(), more.end());
  return steps;
}

// `lock`: the first that may be taken here; those below are held by a task that is here.
Steps nested(const KnownSteps& known, Draws& draws, int depth, std::uint32_t lock) {
  std::vector<std::string_view> names;
  for (const std::string& name : known) {
    const bool has_body = name == "critical" || name == "fan_out";
    if (!has_body || (depth > 0 && (name != "critical" || lock < max_nested_locks))) names.push_back(name);
  }
  Steps steps;
  for (std::uint64_t count = draws.between(1, 3); count > 0 && !names.empty(); --count) {
    const std::string_view name = names[draws.between(0, names.size() - 1)];
    if (name == "critical") {
      steps = appended(std::move(steps), critical(lock, nested(known, draws, depth - 1, lock + 1)));
    } else if (name == "fan_out") {
      const auto width = static_cast<std::uint32_t>(draws.between(1, 4));
      steps = appended(std::move(steps), fan_out(width, nested(known, draws, depth - 1, lock)));
    } else {
      steps = appended(std::move(steps), draw_step(name, draws, {}));
    }
  }
  return steps;
}

}  // namespace

std::string Draws::word() {
  std::string text;
  for (std::uint64_t letters = between(3, 8); letters > 0; --letters) text += static_cast<char>('a' + between(0, 25));
  return text;
}

Steps draw_step(std::string_view name, Draws& draws, Steps inside) {
  if (name == "primes") return compute(Kernel::primes, draws.between(10, 4000));
  if (name == "mix") return compute(Kernel::mix, draws.between(1, 3000));
  if (name == "memory") return compute(Kernel::memory, draws.between(1, 3000));
  if (name == "wait") return wait(draws.time(200, 4000));
  if (name == "request") return request(static_cast<std::uint32_t>(draws.between(0, 5000)), draws.time(0, 4000));
  if (name == "critical") return critical(static_cast<std::uint32_t>(draws.between(0, 3)), std::move(inside));
  return fan_out(static_cast<std::uint32_t>(draws.between(2, 6)), std::move(inside));
}

Steps draw_nested(const KnownSteps& known, Draws& draws, int depth) { return nested(known, draws, depth, 0); }

}  // namespace cbench
