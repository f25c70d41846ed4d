// The workers of the model `tbb`, and the locks between its tasks.
#pragma once

// A task may return the one to run next. Include this file before any of TBB's.
#define TBB_PREVIEW_TASK_GROUP_EXTENSIONS 1

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include <tbb/global_control.h>
#include <tbb/spin_mutex.h>
#include <tbb/task.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#include <tbb/task_scheduler_observer.h>

#include "system/cache_lines.hpp"

namespace cbench {

// Numbers the threads that are at work in an arena, from 0 to the number of workers less 1. The library's own number
// is that of a slot of the arena, of which there may be more than workers: what a worker queued under one slot would
// be left lying when it comes back to another.
class WorkerNumbers : public tbb::task_scheduler_observer {
 public:
  WorkerNumbers(tbb::task_arena& arena, std::uint32_t workers) : task_scheduler_observer(arena) {
    for (std::uint32_t number = workers; number > 0; --number) free_.push_back(number - 1);
    observe(true);
  }
  ~WorkerNumbers() override { observe(false); }
  WorkerNumbers(const WorkerNumbers&) = delete;
  WorkerNumbers& operator=(const WorkerNumbers&) = delete;

  // Of the calling worker. Not inlined: a task that was suspended goes on on another one.
  [[gnu::noinline]] static std::uint32_t here() { return number_; }

  void on_scheduler_entry(bool) override {
    const tbb::spin_mutex::scoped_lock lock(mutex_);
    number_ = free_.back();
    free_.pop_back();
  }
  void on_scheduler_exit(bool) override {
    const tbb::spin_mutex::scoped_lock lock(mutex_);
    free_.push_back(number_);
  }

 private:
  static inline thread_local std::uint32_t number_ = 0;
  tbb::spin_mutex mutex_;
  std::vector<std::uint32_t> free_;  // guarded by mutex_
};

// n workers: an arena, and what they are to run. Tasks are spawned, which is far cheaper than enqueueing them; but a
// worker runs first what it spawned last, and would go on with one slot for ever. So what is to run waits in a queue,
// the oldest first, and a TBB task is a turn for whatever has waited longest: that is how the oneTBB guide gives tasks
// priorities. There is a queue for each worker; now and then a turn is enqueued instead of spawned, so that the worker
// looks for others' turns too.
template <class Item>
class TurnTakers {
 public:
  // How many suspended tasks' stacks an arena keeps for reuse, for each of its slots. Any further one is mapped and
  // unmapped again with every use, which costs 30 us.
  static constexpr std::uint32_t stacks_kept_per_slot = 4;

  // `stacks`: that many are kept, of `stack_bytes` each; 0: the library's defaults.
  TurnTakers(std::uint32_t workers, std::uint32_t stacks, std::size_t stack_bytes)
      : queues_(workers),
        arena_(static_cast<int>(std::max({workers, 2U, (stacks + stacks_kept_per_slot - 1) / stacks_kept_per_slot})),
               0) {
    if (stack_bytes != 0) stack_size_.emplace(tbb::global_control::thread_stack_size, stack_bytes);
    // An arena wider than the workers allowed would be warned of on standard error: they are allowed while it is made.
    const auto wide_enough = static_cast<std::size_t>(arena_.max_concurrency()) + 1;
    const tbb::global_control wide(tbb::global_control::max_allowed_parallelism, wide_enough);
    arena_.initialize();
    only_workers_.emplace(tbb::global_control::max_allowed_parallelism, workers + 1);
    numbers_.emplace(arena_, workers);
  }

  // Every turn is to be over.
  ~TurnTakers() {
    finish();
    numbers_.reset();
    arena_.terminate();
    only_workers_.reset();
    tbb::finalize(scheduler_, std::nothrow);
  }

  // Until nothing of the turns given is at work any more. From outside.
  void finish() {
    for (Queue& queue : queues_) queue.group.wait();
  }

  // `run(item)` in a turn to come. From one of the workers.
  template <class Run>
  void queue(Item item, Run run) {
    Queue& queue = here();
    if (const auto oldest = exchange(queue, item)) return queue.group.run(turn(*oldest, run));
    enqueue_turn(queue, run);
  }

  // The same, where the calling turn does nothing any more: what is next then runs in its place.
  template <class Run>
  void queue_last(Item item, Run run) {
    Queue& queue = here();
    if (const auto oldest = exchange(queue, item)) {
      queue.next = queue.group.defer(turn(*oldest, run));
    } else {
      enqueue_turn(queue, run);
    }
  }

  // The same from any other thread.
  template <class Run>
  void queue_from_outside(Item item, Run run) {
    Queue& queue = queues_[next_queue_.fetch_add(1, std::memory_order_relaxed) % queues_.size()];
    {
      const tbb::spin_mutex::scoped_lock lock(queue.mutex);
      queue.items.push_back(item);
      ++queue.turns;
    }
    enqueue_turn(queue, run);
  }

  // Next on this worker, or on one that steals it. From one of the workers.
  template <class Function>
  void spawn(Function function) {
    Queue& queue = here();
    queue.spawned.fetch_add(1, std::memory_order_relaxed);
    queue.group.run([this, function] {
      function();
      return std::exchange(here().next, {});
    });
  }

  // Something of the arena's that is in none of these queues is ready: until it runs, turns are enqueued, since a
  // worker that has turns of its own would not look for it. From any thread.
  void add_stranger() { strangers_.fetch_add(1, std::memory_order_relaxed); }
  void remove_stranger() { strangers_.fetch_sub(1, std::memory_order_relaxed); }

  // Tasks that somebody else spawned.
  void count(std::uint32_t tasks) { here().spawned.fetch_add(tasks, std::memory_order_relaxed); }
  // How many tasks there were until now. From any thread.
  std::uint64_t created() const {
    std::uint64_t total = 0;
    for (const Queue& queue : queues_) {
      const tbb::spin_mutex::scoped_lock lock(queue.mutex);
      total += queue.turns + queue.spawned.load(std::memory_order_relaxed);
    }
    return total;
  }

 private:
  static constexpr std::uint32_t turns_between_strangers = 128;

  struct alignas(lines_apart) Queue {
    mutable tbb::spin_mutex mutex;  // guards items and turns
    std::deque<Item> items;
    std::uint64_t turns = 0;
    std::atomic<std::uint64_t> spawned{0};
    tbb::task_handle next;  // what runs in place of the turn that now ends; the worker's alone
    tbb::task_group group;  // one for each queue: every task writes to its group when it begins and ends
  };

  Queue& here() { return queues_[WorkerNumbers::here()]; }

  // Takes in the item, and takes out the oldest; nothing where this turn is to be enqueued.
  std::optional<Item> exchange(Queue& queue, Item item) {
    const tbb::spin_mutex::scoped_lock lock(queue.mutex);
    queue.items.push_back(item);
    if (++queue.turns % turns_between_strangers == 0 || strangers_.load(std::memory_order_relaxed) != 0) {
      return std::nullopt;
    }
    return take(queue);
  }
  static Item take(Queue& queue) {
    const Item oldest = queue.items.front();
    queue.items.pop_front();
    return oldest;
  }

  // Which worker it is must be asked again at the end: whoever was suspended goes on on another one.
  template <class Run>
  auto turn(Item item, Run run) {
    return [this, item, run] {
      run(item);
      return std::exchange(here().next, {});
    };
  }
  template <class Run>
  void enqueue_turn(Queue& queue, Run run) {
    arena_.enqueue(queue.group.defer([this, &queue, run] {
      queue.mutex.lock();
      const Item oldest = take(queue);
      queue.mutex.unlock();
      return turn(oldest, run)();
    }));
  }

  tbb::task_scheduler_handle scheduler_{tbb::attach{}};
  std::vector<Queue> queues_;
  std::optional<tbb::global_control> stack_size_;
  tbb::task_arena arena_;
  std::optional<tbb::global_control> only_workers_;
  std::optional<WorkerNumbers> numbers_;
  std::atomic<std::uint32_t> next_queue_{0};
  std::atomic<std::uint32_t> strangers_{0};
};

// A lock that nobody blocks on: it is handed to whoever waits longest.
template <class Waiter>
class alignas(lines_apart) HandedLock {
 public:
  bool try_acquire() {
    const tbb::spin_mutex::scoped_lock lock(mutex_);
    return !std::exchange(held_, true);
  }
  // False where the waiter gets it later, from release().
  bool acquire(Waiter waiter) {
    const tbb::spin_mutex::scoped_lock lock(mutex_);
    if (!std::exchange(held_, true)) return true;
    waiting_.push_back(waiter);
    return false;
  }
  // Who holds the lock now and is to go on; nothing where nobody waited.
  std::optional<Waiter> release() {
    const tbb::spin_mutex::scoped_lock lock(mutex_);
    held_ = !waiting_.empty();
    if (!held_) return std::nullopt;
    const Waiter next = waiting_.front();
    waiting_.pop_front();
    return next;
  }

 private:
  tbb::spin_mutex mutex_;  // guards the rest
  std::deque<Waiter> waiting_;
  bool held_ = false;
};

}  // namespace cbench
