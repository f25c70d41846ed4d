// A lock that a coroutine waits for without blocking its thread. FIFO: it is handed over to whoever waits longest, who
// goes on at its own place. Lock-free, after Lewis Baker's cppcoro.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>

#include "system/cache_lines.hpp"

namespace cbench {

// `Place` has resume_later(std::coroutine_handle<>), callable from any thread.
template <class Place>
class alignas(lines_apart) AsyncMutex {
 public:
  // Returned by lock(), to be awaited; lives in the frame of the coroutine that waits.
  class Waiter {
   public:
    Waiter(AsyncMutex& mutex, Place& place) : mutex_(mutex), place_(place) {}

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiting) noexcept {
      waiting_ = waiting;
      std::uintptr_t state = mutex_.state_.load(std::memory_order_relaxed);
      for (;;) {
        if (state == free) {
          if (mutex_.state_.compare_exchange_weak(state, held, std::memory_order_acquire)) return false;
        } else {
          next_ = reinterpret_cast<Waiter*>(state);
          // From here on the holder may hand the lock over, and this coroutine may run elsewhere.
          if (mutex_.state_.compare_exchange_weak(state, reinterpret_cast<std::uintptr_t>(this),
                                                  std::memory_order_release)) {
            return true;
          }
        }
      }
    }
    void await_resume() const noexcept {}

   private:
    friend class AsyncMutex;
    AsyncMutex& mutex_;
    Place& place_;
    std::coroutine_handle<> waiting_;
    Waiter* next_ = nullptr;
  };

  Waiter lock(Place& place) { return {*this, place}; }

  // By whoever holds it.
  void unlock() {
    if (first_ == nullptr) {
      std::uintptr_t state = held;
      if (state_.compare_exchange_strong(state, free, std::memory_order_release, std::memory_order_relaxed)) return;
      // They came as a stack, the last one on top.
      auto* waiter = reinterpret_cast<Waiter*>(state_.exchange(held, std::memory_order_acquire));
      while (waiter != nullptr) {
        Waiter* next = waiter->next_;
        waiter->next_ = first_;
        first_ = waiter;
        waiter = next;
      }
    }
    Waiter* next_holder = first_;
    first_ = next_holder->next_;
    next_holder->place_.resume_later(next_holder->waiting_);
  }

 private:
  static constexpr std::uintptr_t held = 0;  // and nobody has come to wait since; so the end of the stack is null
  static constexpr std::uintptr_t free = 1;

  std::atomic<std::uintptr_t> state_{free};  // or the waiter that came last
  Waiter* first_ = nullptr;                  // of those who wait already in order; the holder's alone
};

}  // namespace cbench
