// One task at a time on one thread, without a runtime: the baseline of every speedup, and where the demands of a
// script are measured.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/threads/blocking_steps.hpp"
#include "models/walks/run_blocking.hpp"

namespace cbench {
namespace {

class Sequential final : public Model {
 public:
  explicit Sequential(const Environment& environment)
      : load_(environment.load),
        lanes_(environment.lanes),
        steps_(environment.connections, environment.locks),
        worker_([this] { work(); }) {}

  ~Sequential() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    something_to_do_.notify_one();
    worker_.join();
  }

  void submit(Task task) override {
    in_flight_.add();
    enqueue(task);
  }
  void drain() override { in_flight_.wait(); }
  std::uint64_t units_created() const override { return 1; }
  std::uint32_t most_waiting() const override { return 1; }

 private:
  // Branches run one after the other: there is nobody else to run them.
  struct Steps : BlockingSteps {
    using BlockingSteps::BlockingSteps;
    std::uint64_t fan_out(std::uint32_t width, const Branch& branch) {
      Join join(true);
      for (std::uint32_t index = 0; index < width; ++index) join.run(branch, index);
      return join.result();
    }
  };

  void enqueue(const Task& task) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(task);
      queued_.store(queue_.size(), std::memory_order_relaxed);
    }
    something_to_do_.notify_one();
  }

  void work() {
    for (;;) {
      Task task;
      {
        std::unique_lock lock(mutex_);
        something_to_do_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        task = queue_.front();
        queue_.pop_front();
        queued_.store(queue_.size(), std::memory_order_relaxed);
      }
      run(task);
    }
  }

  // Runs the task and its successors for as long as nobody else waits for a turn.
  void run(Task task) {
    while (const auto next = run_task(steps_, load_, lanes_, task)) {
      if (queued_.load(std::memory_order_relaxed) != 0) return enqueue(*next);
      task = *next;
    }
    in_flight_.remove();
  }

  Load& load_;
  std::uint32_t lanes_;
  Steps steps_;
  InFlight in_flight_;
  std::mutex mutex_;  // guards queue_ and stopping_
  std::condition_variable something_to_do_;
  std::deque<Task> queue_;
  bool stopping_ = false;
  std::atomic<std::size_t> queued_{0};
  std::thread worker_;
};

}  // namespace

extern const ModelInfo sequential_model;
const ModelInfo sequential_model{
    .name = "sequential",
    .idiom = "one task at a time: the baseline of every speedup",
    .library = "none",
    .unit = "threads",
    .cannot = "runs one task at a time, whatever is in flight; branches of a fan-out one after the other",
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<Sequential>(environment);
    },
    .most_in_flight = 1,
    .most_workers = 1,
    .baseline = true,
};

}  // namespace cbench
