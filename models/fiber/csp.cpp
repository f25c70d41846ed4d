// Communicating sequential processes: long-lived fibers, the processes, that share nothing but channels. A task is a
// message; so are its successor, the branches of its fan-outs, their results, and the right to be inside a lock.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>

#include "harness/kernel_limits.hpp"
#include "models/fiber/fiber_scheduler.hpp"
#include "models/fiber/stack_arena.hpp"
#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/walks/branch_placement.hpp"
#include "models/walks/run_blocking.hpp"
#include "system/cache_lines.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

namespace bf = boost::fibers;

constexpr std::uint64_t least_stack = 12 * 1024;  // of which Boost.Fiber's spin lock and the loader take 8 at times
// How long a process goes on with jobs that are there already before it lets the others on its thread have a turn.
constexpr std::chrono::microseconds turn{10};
constexpr std::uint64_t most_capacity = std::uint64_t{1} << 24U;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t stack_factor = 8;  // instrumented frames are larger
#else
constexpr std::uint64_t stack_factor = 1;
#endif

struct Options {
  std::uint64_t stack_bytes = 16 * 1024;
  std::uint64_t capacity = 0;  // 0: what share of the slots a worker has, and not less than the default
};
constexpr std::uint64_t least_default_capacity = 1024;

// Room for at least so many messages: Boost.Fiber takes powers of two, and leaves one place empty.
template <class Message>
struct Channel : bf::buffered_channel<Message> {
  explicit Channel(std::uint64_t messages) : bf::buffered_channel<Message>(std::bit_ceil(messages + 1)) {}
};

class Csp final : public Model {
 public:
  Csp(const Environment& environment, const Options& options)
      : load_(environment.load),
        lanes_(environment.lanes),
        turn_(ticks::from_ns(turn)),
        placement_(environment.load.work()),
        schedulers_(FiberPolicy::round_robin, environment.workers, environment.connections) {
    for (std::uint32_t lock = 0; lock < environment.locks; ++lock) {
      locks_.push_back(std::make_unique<Channel<Token>>(1));
      locks_.back()->push({});
    }
    for (std::uint32_t i = 0; i < environment.workers; ++i) workers_.push_back(std::make_unique<Worker>(options));
    for (std::uint32_t i = 0; i < environment.workers; ++i) {
      threads_.emplace_back([this, i] { work(i); });
    }
  }

  ~Csp() override {
    for (const auto& worker : workers_) worker->jobs.close();
    for (std::thread& thread : threads_) thread.join();
  }

  // Nobody waits for room in a channel here: the worker's own main fiber does, for all that found none.
  void submit(Task task) override {
    in_flight_.add();
    const std::uint32_t number = next_worker_.fetch_add(1, std::memory_order_relaxed) % workers_.size();
    Worker& worker = *workers_[number];
    const std::lock_guard lock(worker.mutex);
    if (worker.outside.empty() && worker.jobs.try_push({.task = task}) == bf::channel_op_status::success) return;
    worker.outside.push_back(task);
    if (worker.outside.size() == 1) schedulers_[number].wake();
  }
  void drain() override { in_flight_.wait(); }
  std::uint64_t units_created() const override {
    std::uint64_t total = 0;
    for (const auto& worker : workers_) total += worker->received.load(std::memory_order_relaxed);
    return total;
  }

 private:
  struct Token {};
  // What came of a branch.
  struct Result {
    std::uint64_t digest = 0;
    std::exception_ptr error;
  };
  // A task, or one branch of a fan-out.
  struct Job {
    Task task;
    const Branch* branch = nullptr;
    std::uint32_t index = 0;
    Channel<Result>* results = nullptr;
  };

  // The processes of one thread. There is always one of them that waits for the next job, or is about to: whoever takes
  // a job leaves another one behind. So there are as many as jobs were ever in progress at once.
  struct alignas(lines_apart) Worker {
    explicit Worker(const Options& options)
        : stacks(options.stack_bytes * stack_factor, false), jobs(options.capacity) {}
    StackArena stacks;
    Channel<Job> jobs;
    std::mutex mutex;           // guards outside
    std::vector<Task> outside;  // submitted, and not in the channel yet
    std::uint32_t idle = 0;     // the thread's own, as are the next three
    std::uint64_t alive = 0;
    Ticks turn_began = 0;
    std::atomic<std::uint64_t> received{0};  // messages

    void count() { received.store(received.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
  };

  // The steps of a process.
  struct Steps {
    Csp& owner;
    void wait(std::chrono::nanoseconds time) { FiberScheduler::current().sleep(time); }
    std::uint64_t request(const Step& step, std::uint32_t connection) {
      return FiberScheduler::current().request(step, connection);
    }
    void lock(std::uint32_t number) {
      Token token;
      owner.locks_[number]->pop(token);
      owner.here().count();
    }
    void unlock(std::uint32_t number) { owner.locks_[number]->push({}); }
    // Branches stay with this worker, or go to all in turn, beginning with this one.
    std::uint64_t fan_out(std::uint32_t width, const Branch& branch) {
      Channel<Result> results(width);
      const std::uint32_t here = FiberScheduler::current().worker();
      const std::size_t count = owner.placement_.spreads(branch.body) ? owner.workers_.size() : 1;
      for (std::uint32_t index = 0; index < width; ++index) {
        Worker& worker = *owner.workers_[(here + index % count) % owner.workers_.size()];
        worker.jobs.push({.branch = &branch, .index = index, .results = &results});
      }
      std::uint64_t sum = 0;
      std::exception_ptr error;
      for (std::uint32_t ended = 0; ended < width; ++ended) {
        Result result;
        results.pop(result);
        owner.here().count();
        sum += result.digest;
        if (!error) error = std::move(result.error);
      }
      if (error) std::rethrow_exception(error);
      return sum;
    }
  };

  Worker& here() { return *workers_[FiberScheduler::current().worker()]; }

  void work(std::uint32_t number) {
    FiberScheduler& scheduler = schedulers_[number];
    scheduler.install();
    launch(number);
    while (workers_[number]->alive > 0) {
      take_in(*workers_[number]);
      scheduler.wait_for_wake();
    }
  }

  // Puts into the channel what found no room there, and blocks the main fiber, which nobody else waits for, meanwhile.
  void take_in(Worker& worker) {
    std::vector<Task> tasks;
    {
      const std::lock_guard lock(worker.mutex);
      tasks.swap(worker.outside);
    }
    for (const Task& task : tasks) worker.jobs.push({.task = task});
  }

  void launch(std::uint32_t number) {
    Worker& worker = *workers_[number];
    ++worker.idle;
    ++worker.alive;
    bf::fiber(bf::launch::post, std::allocator_arg, ForgottenStack<ArenaStack>{{&worker.stacks}}, [this, number] {
      process(number);
    }).detach();
  }

  // One process: from job to job, until the channel is closed.
  void process(std::uint32_t number) {
    Worker& worker = *workers_[number];
    Job job;
    while (worker.jobs.pop(job) == bf::channel_op_status::success) {
      worker.count();
      if (--worker.idle == 0) launch(number);
      const Ticks now = run(number, job);
      schedulers_[number].note(now);
      ++worker.idle;
      if (now - worker.turn_began >= turn_) {
        boost::this_fiber::yield();
        worker.turn_began = ticks::now();
      }
    }
    if (--worker.alive == 0) schedulers_[number].wake();
  }

  // Returns when that was over, as far as it is known without a look at the clock.
  Ticks run(std::uint32_t number, const Job& job) {
    if (job.branch != nullptr) {
      run_branch(job);
      return ticks::now();
    }
    Steps steps{*this};
    const auto next = run_task(steps, load_, lanes_, job.task);
    if (!next) {
      in_flight_.remove();
      return ticks::now();
    }
    workers_[number]->jobs.push({.task = *next});
    return next->scheduled;
  }

  void run_branch(const Job& job) {
    Result result;
    try {
      result.digest = (*job.branch)(job.index);
    } catch (...) {
      result.error = std::current_exception();
    }
    job.results->push(std::move(result));
  }

  Load& load_;
  const std::uint32_t lanes_;
  const Ticks turn_;
  const BranchPlacement placement_;
  std::vector<std::unique_ptr<Worker>> workers_;
  FiberWorkers schedulers_;
  std::vector<std::unique_ptr<Channel<Token>>> locks_;
  InFlight in_flight_;
  std::atomic<std::uint32_t> next_worker_{0};
  std::vector<std::thread> threads_;
};

constexpr Setting settings[] = {
    {"stack", "bytes", "16k", "stack of each process, at least 12k"},
    {"capacity", "count", "in flight / workers",
     "messages that a worker's channel of tasks and branches has room for; by default at least 1,024"},
};

Options read_options(const Settings& given) {
  Options options;
  if (const auto stack = given.find("stack"); stack != given.end()) {
    options.stack_bytes = parse_size(stack->second, "stack");
    if (options.stack_bytes < least_stack) {
      throw UsageError("stack must be at least 12k: Boost.Fiber's own locks need 8 of them");
    }
    options.stack_bytes = (options.stack_bytes + 4095) / 4096 * 4096;
  }
  if (const auto capacity = given.find("capacity"); capacity != given.end()) {
    options.capacity = parse_count(capacity->second, "capacity");
    if (options.capacity == 0 || options.capacity > most_capacity) {
      throw UsageError(fmt::format("capacity must be 1 to {}", most_capacity));
    }
  }
  return options;
}

}  // namespace

extern const ModelInfo csp_model;
const ModelInfo csp_model{
    .name = "csp",
    .idiom = "communicating sequential processes: fibers that share nothing but channels",
    .library = "Boost.Fiber",
    .version = CBENCH_LIBRARY_VERSION,
    .unit = "messages",
    .own =
        "a scheduler on each worker that waits for sockets (epoll) and timers (a heap) too, and an arena from which "
        "stacks come; the channels are the library's",
    .settings = settings,
    .check = [](const Settings& given) { read_options(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      Options options = read_options(environment.settings);
      if (options.capacity == 0) {
        options.capacity = std::max<std::uint64_t>(environment.slots / environment.workers + 1, least_default_capacity);
      }
      const std::string stacks = fmt::format("{} stacks, of which a page of 4 KiB each is touched,", environment.slots);
      if (const auto why = why_not_memory(std::uint64_t{environment.slots} * 4096, stacks)) {
        throw std::runtime_error(*why);
      }
      return std::make_unique<Csp>(environment, options);
    },
};

}  // namespace cbench
