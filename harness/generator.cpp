#include "harness/generator.hpp"

#include <algorithm>

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds look_every = 20ms;  // whether the parent has ended the trial
constexpr std::chrono::nanoseconds awake_for = 3us;  // before an arrival: less than falling asleep and waking up takes

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

}  // namespace

void Generator::run_until(Ticks until) {
  while (ticks::now() < until && !over()) {
    if (const auto task = load_.next_arrival()) {
      hooks_.submit(*task);
    } else {
      wait_until(std::min(load_.next_due(), until));
    }
  }
}

void Generator::finish() {
  while (!over()) {
    const auto task = load_.next_arrival();
    if (!task) return;
    hooks_.submit(*task);
  }
}

bool Generator::over() {
  const Ticks now = ticks::now();
  if (now >= look_at_) {
    look_at_ = now + ticks::from_ns(look_every);
    if (hooks_.sleep(0ns)) load_.fail("the parent has ended the trial");
  }
  return load_.failure().has_value();
}

void Generator::wait_until(Ticks due) {
  const Ticks now = ticks::now();
  if (due <= now) return;
  const std::chrono::nanoseconds left(ticks::to_ns(now, due));
  if (left > awake_for) {
    if (hooks_.sleep(std::min(left - awake_for, look_every))) load_.fail("the parent has ended the trial");
    return;
  }
  while (ticks::now() < due) relax();
}

}  // namespace cbench
