// How many submitted tasks are not over yet, for drain(). A task and its successors count as one, so that the count
// is touched only where a slot begins or ends.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace cbench {

class InFlight {
 public:
  // From any thread.
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void remove() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_left_.notify_all();
  }
  // Blocks until every task is over.
  void wait() {
    std::unique_lock lock(mutex_);
    none_left_.wait(lock, [&] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_left_;
  std::uint64_t count_ = 0;  // guarded by mutex_
};

}  // namespace cbench
