// Locks between event loops, in threads or in processes: a loop that cannot have one goes on with other work and is
// told when to try again. Which of its walks gets the lock then is the loop's own business.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include <pthread.h>

#include "harness/clock.hpp"
#include "harness/load.hpp"
#include "system/cache_lines.hpp"
#include "system/shared_memory.hpp"

namespace cbench {

// Made before the loops' threads or processes are. Calls block for the few instructions that another loop may be
// inside for, never while a lock is held. A lock that is given back goes to whoever asks first, so that it does not lie
// idle while a loop that was promised it computes something else. But a loop that came too late when it was told, and
// has waited beyond patience, is handed it.
class LoopLocks {
 public:
  static constexpr std::chrono::microseconds usual_patience{500};

  // `tell` makes that loop call take() for every lock that its walks wait for. It is called from other loops.
  LoopLocks(Load& load, std::uint32_t locks, std::uint32_t loops, std::function<void(std::uint32_t loop)> tell,
            std::chrono::nanoseconds patience = usual_patience);

  std::uint32_t locks() const { return static_cast<std::uint32_t>(states_.size()); }
  std::uint32_t loops() const { return loops_; }

  // For the first of the loop's walks that want the lock; `more` says whether others of them wait behind it. Returns
  // false where the lock is taken: the loop is told when it should ask again.
  bool take(std::uint32_t lock, std::uint32_t loop, bool more);

  // From the loop that holds the lock. Returns true where walks of its own wait for it: it should ask again soon.
  bool give_back(std::uint32_t lock, std::uint32_t loop);

  // The lock that a loop held when it ended, for good; -1 where it held none. For when its process died.
  int held_by(std::uint32_t loop) const;

 private:
  static constexpr std::uint32_t nobody = 0;  // loops count from 1 in `holder`
  static constexpr std::uint32_t waiters_together = 4;

  struct alignas(lines_apart) State {
    pthread_mutex_t mutex;  // robust and shared between processes; guards the rest and the waiters of this lock
    std::uint32_t holder;
    std::uint32_t waiting;  // loops
    bool handed;            // the holder was given the lock and does not know it yet
  };
  struct alignas(lines_apart / waiters_together) Waiter {
    Ticks since;  // 0: the loop has no walk that waits for this lock
    bool told;    // that it should ask again, and has not yet
    bool late;    // it was told, asked, and somebody else had been faster
  };

  // Holds the mutex of a lock; nothing where there is only one loop.
  class Guard;

  // Those of two locks lie two cache lines apart.
  std::size_t row() const { return (loops_ + waiters_together - 1) / waiters_together * waiters_together; }
  Waiter& waiter(std::uint32_t lock, std::uint32_t loop) const { return waiters_[lock * row() + loop]; }
  static void set_since(State& state, Waiter& waiter, Ticks since);
  // Of the other loops that wait and were not told yet, the one that has waited longest; loops_ where there is none.
  // `late`: of those that came too late before.
  std::uint32_t oldest_waiter(std::uint32_t lock, std::uint32_t loop, bool late) const;

  Load& load_;
  const std::uint32_t loops_;
  const Ticks patience_;
  const std::function<void(std::uint32_t)> tell_;
  SharedArray<State> states_;
  SharedArray<Waiter> waiters_;
};

}  // namespace cbench
