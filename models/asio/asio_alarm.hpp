// The sleeping coroutines of one of Asio's loops.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <mutex>
#include <optional>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "harness/clock.hpp"
#include "models/waiting/timer_heap.hpp"

namespace cbench {

// The sleepers of one loop, woken by a single timer of Asio's, whose timerfd is good for a microsecond. A timer each
// costs a million sleepers 150 MB and a sixth of the CPU time more.
class AsioAlarm {
 public:
  explicit AsioAlarm(boost::asio::io_context& io) : io_(io) {}

  // On one of the loop's threads: resumes the sleeper there when the time is over.
  void wake(std::coroutine_handle<> sleeper, std::chrono::nanoseconds time) {
    const std::lock_guard lock(mutex_);
    const Ticks due = ticks::now() + ticks::from_ns(time);
    sleepers_.add(due, sleeper.address());
    if (due < set_to_) set(due);
  }

 private:
  void set(Ticks due) {
    set_to_ = due;
    if (!timer_) timer_.emplace(io_);
    // Asio counts microseconds: one more, or it would ring before the time.
    timer_->expires_after(std::chrono::nanoseconds(ticks::to_ns(ticks::now(), due)) + std::chrono::microseconds(1));
    timer_->async_wait([this](boost::system::error_code error) {
      if (!error) ring();
    });
  }

  void ring() {
    const std::lock_guard lock(mutex_);
    const Ticks now = ticks::now();
    for (int woken = 0; woken < most_woken; ++woken) {
      void* sleeper = sleepers_.take_due(now);
      if (sleeper == nullptr) {
        set_to_ = UINT64_MAX;
        if (!sleepers_.empty()) set(sleepers_.next_due());
        return;
      }
      boost::asio::post(io_, [sleeper] { std::coroutine_handle<>::from_address(sleeper).resume(); });
    }
    boost::asio::post(io_, [this] { ring(); });
  }

  using Clock = std::chrono::steady_clock;
  using Timer =
      boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, boost::asio::io_context::executor_type>;
  static constexpr int most_woken = 256;  // at once: sockets and other tasks get their turn in between

  boost::asio::io_context& io_;
  std::mutex mutex_;            // guards the rest: several threads share the alarm of a shared loop
  std::optional<Timer> timer_;  // made when it is needed: a loop that has neither timer nor socket never polls
  TimerHeap<void*> sleepers_;
  Ticks set_to_ = UINT64_MAX;
};

}  // namespace cbench
