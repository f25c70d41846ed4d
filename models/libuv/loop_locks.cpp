#include "models/libuv/loop_locks.hpp"

#include <cerrno>
#include <utility>

#include <fmt/format.h>

namespace cbench {

class LoopLocks::Guard {
 public:
  Guard(const LoopLocks& locks, std::uint32_t lock) : mutex_(locks.loops_ == 1 ? nullptr : &locks.states_[lock].mutex) {
    if (mutex_ == nullptr || pthread_mutex_lock(mutex_) != EOWNERDEAD) return;
    pthread_mutex_consistent(mutex_);
    locks.load_.fail(fmt::format("a worker process died while it took or gave back lock {}", lock));
  }
  ~Guard() {
    if (mutex_ != nullptr) pthread_mutex_unlock(mutex_);
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  pthread_mutex_t* mutex_;
};

LoopLocks::LoopLocks(Load& load, std::uint32_t locks, std::uint32_t loops, std::function<void(std::uint32_t loop)> tell,
                     std::chrono::nanoseconds patience)
    : load_(load),
      loops_(loops),
      patience_(ticks::from_ns(patience)),
      tell_(std::move(tell)),
      states_(locks),
      waiters_(locks * row()) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  for (State& state : states_) pthread_mutex_init(&state.mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

bool LoopLocks::take(std::uint32_t lock, std::uint32_t loop, bool more) {
  const Guard guard(*this, lock);
  State& state = states_[lock];
  Waiter& self = waiter(lock, loop);
  const bool was_told = std::exchange(self.told, false);
  const bool mine = state.holder == nobody || (state.handed && state.holder == loop + 1);
  if (mine) {
    state.holder = loop + 1;
    state.handed = false;
    set_since(state, self, more ? ticks::now() : 0);
    self.late = false;
  } else {
    if (self.since == 0) set_since(state, self, ticks::now());
    self.late = self.late || was_told;
  }
  return mine;
}

bool LoopLocks::give_back(std::uint32_t lock, std::uint32_t loop) {
  std::uint32_t to_tell = loops_;
  bool ask_again = false;
  {
    const Guard guard(*this, lock);
    State& state = states_[lock];
    to_tell = oldest_waiter(lock, loop, true);
    if (to_tell != loops_ && ticks::now() > waiter(lock, to_tell).since + patience_) {
      state.holder = to_tell + 1;
      state.handed = true;
    } else {
      state.holder = nobody;
      to_tell = oldest_waiter(lock, loop, false);
      Waiter& self = waiter(lock, loop);
      ask_again = self.since != 0;
      self.told = ask_again;
    }
    if (to_tell != loops_) waiter(lock, to_tell).told = true;
  }
  if (to_tell != loops_) tell_(to_tell);
  return ask_again;
}

int LoopLocks::held_by(std::uint32_t loop) const {
  for (std::uint32_t lock = 0; lock < locks(); ++lock) {
    if (states_[lock].holder == loop + 1) return static_cast<int>(lock);
  }
  return -1;
}

void LoopLocks::set_since(State& state, Waiter& waiter, Ticks since) {
  state.waiting = state.waiting + (since != 0 ? 1U : 0U) - (waiter.since != 0 ? 1U : 0U);
  waiter.since = since;
}

std::uint32_t LoopLocks::oldest_waiter(std::uint32_t lock, std::uint32_t loop, bool late) const {
  if (states_[lock].waiting == 0) return loops_;
  std::uint32_t oldest = loops_;
  for (std::uint32_t other = 0; other < loops_; ++other) {
    const Waiter& candidate = waiter(lock, other);
    if (other == loop || candidate.since == 0 || candidate.told || (late && !candidate.late)) continue;
    if (oldest == loops_ || candidate.since < waiter(lock, oldest).since) oldest = other;
  }
  return oldest;
}

}  // namespace cbench
