// One thread that starts and finishes tasks at once, in turn, without doing their steps: what the tests' own models
// share. It shows what the harness alone costs, since nothing can be cheaper than not doing the work.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "models/in_flight.hpp"
#include "models/model.hpp"

namespace cbench {

// `before_task(number)` is called on the worker's thread before each task, counted from 1.
template <class BeforeTask>
class StampingWorker final : public Model {
 public:
  StampingWorker(const Environment& environment, BeforeTask before_task)
      : load_(environment.load), before_task_(before_task), worker_([this] { work(); }) {}

  ~StampingWorker() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    something_new_.notify_one();
    worker_.join();
  }

  void submit(Task task) override {
    in_flight_.add();
    {
      const std::lock_guard lock(mutex_);
      submitted_.push_back(task);
      has_new_.store(true, std::memory_order_relaxed);
    }
    something_new_.notify_one();
  }
  void drain() override { in_flight_.wait(); }
  std::uint64_t units_created() const override { return 1; }

 private:
  void work() {
    std::vector<Task> tasks;  // in flight, each in its place until its slot is over
    while (take_new(tasks)) {
      std::size_t kept = 0;
      for (Task& task : tasks) {
        before_task_(++number_);
        load_.start(task);
        if (const std::optional<Task> next = load_.finish(task, 0)) {
          tasks[kept++] = *next;
        } else {
          in_flight_.remove();
        }
      }
      tasks.resize(kept);
    }
  }

  // Waits only where there is nothing in flight. Returns false when the model is destroyed.
  bool take_new(std::vector<Task>& tasks) {
    if (!tasks.empty() && !has_new_.load(std::memory_order_relaxed)) return true;
    std::unique_lock lock(mutex_);
    if (tasks.empty()) something_new_.wait(lock, [&] { return stopping_ || !submitted_.empty(); });
    tasks.insert(tasks.end(), submitted_.begin(), submitted_.end());
    submitted_.clear();
    has_new_.store(false, std::memory_order_relaxed);
    return !tasks.empty();
  }

  Load& load_;
  BeforeTask before_task_;
  std::uint64_t number_ = 0;
  InFlight in_flight_;
  std::mutex mutex_;  // guards submitted_ and stopping_
  std::condition_variable something_new_;
  std::vector<Task> submitted_;
  std::atomic<bool> has_new_{false};
  bool stopping_ = false;
  std::thread worker_;
};

}  // namespace cbench
