// A fixed pool of OS threads around one queue, running tasks by blocking calls. Measured against Boost.Asio's
// thread_pool it is the faster of the two, and it is small enough to be read here.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "harness/kernel_limits.hpp"
#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/threads/blocking_steps.hpp"
#include "models/walks/run_blocking.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr std::uint64_t most_threads = 32'000;

class Pool final : public Model {
 public:
  Pool(const Environment& environment, std::uint32_t threads)
      : load_(environment.load),
        lanes_(environment.lanes),
        steps_{{environment.connections, environment.locks}, *this} {
    threads_.reserve(threads);
    for (std::uint32_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }

  ~Pool() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    something_to_do_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void submit(Task task) override {
    in_flight_.add();
    std::unique_lock lock(mutex_);
    queue_.push_back(task);
    notify(lock);
  }
  void drain() override { in_flight_.wait(); }
  std::uint64_t units_created() const override { return threads_.size(); }
  std::uint32_t most_waiting() const override { return static_cast<std::uint32_t>(threads_.size()); }

 private:
  // A fan-out in progress. Its task claims branches too, so that it ends even where no other thread is free, and it
  // helps with its own branches only: with another task's it could end up waiting for a lock that it holds itself.
  struct FanOut {
    FanOut(std::uint32_t w, const Branch& b) : width(w), branch(b) {}
    void help() {
      for (std::uint32_t index = next.fetch_add(1); index < width; index = next.fetch_add(1)) {
        join.run(branch, index);
        if (ended.fetch_add(1) + 1 == width) ended.notify_all();
      }
    }
    void wait() {
      for (std::uint32_t now = ended.load(); now != width; now = ended.load()) ended.wait(now);
    }
    const std::uint32_t width;
    const Branch branch;
    std::atomic<std::uint32_t> next{0};
    std::atomic<std::uint32_t> ended{0};
    Join join;
  };

  struct Steps : BlockingSteps {
    Pool& owner;
    std::uint64_t fan_out(std::uint32_t width, const Branch& branch) {
      const auto shared = std::make_shared<FanOut>(width, branch);
      owner.invite(shared, std::min<std::size_t>(width, owner.threads_.size()) - 1);
      shared->help();
      shared->wait();
      return shared->join.result();
    }
  };

  // Wakes a thread only where one waits: a wake-up costs more than an empty task.
  void notify(std::unique_lock<std::mutex>& lock) {
    const bool somebody_waits = waiting_ > 0;
    lock.unlock();
    if (somebody_waits) something_to_do_.notify_one();
  }

  // The fan-out may be over by the time that somebody takes the invitation up.
  void invite(const std::shared_ptr<FanOut>& fan_out, std::size_t helpers) {
    for (std::size_t i = 0; i < helpers; ++i) {
      std::unique_lock lock(mutex_);
      invitations_.push_back(fan_out);
      notify(lock);
    }
  }

  // Queues the successor of a task and takes the next one under one lock.
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      while (queue_.empty() && invitations_.empty()) {
        if (stopping_) return;
        ++waiting_;
        something_to_do_.wait(lock);
        --waiting_;
      }
      if (!invitations_.empty()) [[unlikely]] {
        const std::shared_ptr<FanOut> fan_out = std::move(invitations_.front());
        invitations_.pop_front();
        lock.unlock();
        fan_out->help();
        lock.lock();
        continue;
      }
      const Task task = queue_.front();
      queue_.pop_front();
      lock.unlock();
      const std::optional<Task> successor = run_task(steps_, load_, lanes_, task);
      if (!successor) in_flight_.remove();
      lock.lock();
      if (successor) {
        queue_.push_back(*successor);
        if (waiting_ > 0 && queue_.size() > 1) something_to_do_.notify_one();
      }
    }
  }

  Load& load_;
  std::uint32_t lanes_;
  Steps steps_;
  InFlight in_flight_;
  std::mutex mutex_;  // guards queue_, invitations_, waiting_ and stopping_
  std::condition_variable something_to_do_;
  std::deque<Task> queue_;
  std::deque<std::shared_ptr<FanOut>> invitations_;  // to help with one's branches; they come first
  std::uint32_t waiting_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

constexpr Setting settings[] = {
    {"threads", "count", "--workers", "threads of the pool, where they are to differ from --workers"},
};

std::uint32_t threads_of(const Settings& given, std::uint32_t workers) {
  const auto threads = given.find("threads");
  if (threads == given.end()) return workers;
  const std::uint64_t count = parse_count(threads->second, "threads");
  if (count == 0 || count > most_threads) {
    throw UsageError(fmt::format("threads must lie between 1 and {}", most_threads));
  }
  return static_cast<std::uint32_t>(count);
}

}  // namespace

extern const ModelInfo pool_model;
const ModelInfo pool_model{
    .name = "pool",
    .idiom = "a fixed pool of OS threads, blocking calls",
    .library = "standard C++",
    .unit = "threads",
    .cannot = "runs no more tasks, or branches of a fan-out, at once than it has threads",
    .own = "all of it: the standard library has threads, and no pool of them",
    .settings = settings,
    .check = [](const Settings& given) { threads_of(given, 1); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      const std::uint32_t threads = threads_of(environment.settings, environment.workers);
      if (const auto why = why_not_threads(threads)) throw std::runtime_error(*why);
      return std::make_unique<Pool>(environment, threads);
    },
};

}  // namespace cbench
