// One worker thread that takes tasks out of a queue and runs each by calls that block it.
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/threads/blocking_steps.hpp"
#include "models/walks/run_blocking.hpp"

namespace cbench {
namespace {

class Mine final : public Model {
 public:
  explicit Mine(const Environment& environment)
      : load_(environment.load),
        lanes_(environment.lanes),
        steps_(environment.connections, environment.locks),
        worker_([this] { work(); }) {}
  ~Mine() override {
    queue(std::nullopt);
    worker_.join();
  }

  // From any thread.
  void submit(Task task) override {
    in_flight_.add();
    queue(task);
  }
  void drain() override { in_flight_.wait(); }
  std::uint64_t units_created() const override { return 1; }
  std::uint32_t most_waiting() const override { return 1; }

 private:
  // Waits, requests and locks block the thread. It has nobody to share the branches of a fan-out with.
  struct BlockingAlone : BlockingSteps {
    using BlockingSteps::BlockingSteps;
    std::uint64_t fan_out(std::uint32_t width, const Branch& branch) {
      Join join;
      for (std::uint32_t index = 0; index < width; ++index) join.run(branch, index);
      return join.result();
    }
  };

  // Nothing in place of a task: the worker is to end.
  void queue(const std::optional<Task>& task) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(task);
    something_to_do_.notify_one();
  }
  std::optional<Task> take() {
    std::unique_lock lock(mutex_);
    something_to_do_.wait(lock, [&] { return !queue_.empty(); });
    const std::optional<Task> task = queue_.front();
    queue_.pop_front();
    return task;
  }

  // Calls Load::start, walks the script and calls Load::finish, which gives the task that takes this one's place.
  void work() {
    while (const auto task = take()) {
      if (const auto next = run_task(steps_, load_, lanes_, *task)) {
        queue(next);
      } else {
        in_flight_.remove();
      }
    }
  }

  Load& load_;
  const std::uint32_t lanes_;
  BlockingAlone steps_;
  InFlight in_flight_;
  std::mutex mutex_;  // guards queue_
  std::condition_variable something_to_do_;
  std::deque<std::optional<Task>> queue_;
  std::thread worker_;
};

}  // namespace

extern const ModelInfo mine_model;
const ModelInfo mine_model{
    .name = "mine",
    .idiom = "what it stands for, in a line",
    .library = "standard C++",
    .unit = "threads",
    .cannot = "runs one task, and one branch of a fan-out, at a time",
    .own = "all of it: the standard library has threads, and no queue between them",
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<Mine>(environment);
    },
    .most_workers = 1,
};

}  // namespace cbench
