// A thread per task: what a thread-per-request server does. The kernel is the scheduler.
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <pthread.h>

#include "harness/kernel_limits.hpp"
#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/threads/blocking_steps.hpp"
#include "models/walks/run_blocking.hpp"
#include "system/cpus.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr std::uint64_t default_stack = 64 * 1024;
constexpr std::uint64_t least_stack = 32 * 1024;  // a blocking request keeps 16 KiB of buffer on it

// POSIX threads rather than std::jthread, which cannot be given a stack size: 10,000 of the default 8 MiB are refused.
class Threads final : public Model {
 public:
  Threads(const Environment& environment, std::uint64_t stack_bytes)
      : load_(environment.load),
        lanes_(environment.lanes),
        steps_{{environment.connections, environment.locks}, *this} {
    pthread_attr_init(&attributes_);
    pthread_attr_setstacksize(&attributes_, stack_bytes);
    keep_to_cpus(environment.workers);
  }

  ~Threads() override {
    join_ended();
    pthread_attr_destroy(&attributes_);
  }

  void submit(Task task) override {
    in_flight_.add();
    launch(task, std::nullopt);
  }

  void drain() override {
    in_flight_.wait();
    join_ended();
  }

  std::uint64_t units_created() const override { return created_.load(); }

 private:
  // The threads of one slot form a chain: each joins the one before it, which is over by then.
  struct TaskThread {
    Threads& owner;
    Task task;
    std::optional<pthread_t> before;
  };
  struct BranchThread {
    Threads& owner;
    const Branch& branch;
    Join& join;
    std::uint32_t index;
    pthread_t thread;
  };

  struct Steps : BlockingSteps {
    Threads& owner;
    // A thread for each branch. Those that cannot be made are an error, once the others have ended.
    std::uint64_t fan_out(std::uint32_t width, const Branch& branch) {
      Join join;
      std::vector<BranchThread> threads;
      threads.reserve(width);
      int error = 0;
      for (std::uint32_t index = 0; index < width && error == 0; ++index) {
        threads.push_back({owner, branch, join, index, {}});
        error = owner.make_thread(threads.back().thread, &run_branch, &threads.back());
        if (error != 0) threads.pop_back();
      }
      for (const BranchThread& made : threads) pthread_join(made.thread, nullptr);
      if (error != 0) throw std::runtime_error(no_thread(error));
      return join.result();
    }
  };

  // On the first `count` of those that this process may use. Nothing is said where that is all of them: an affinity
  // costs each thread a system call and a start on another CPU.
  void keep_to_cpus(std::uint32_t count) {
    const std::vector<std::uint32_t> allowed = allowed_cpus();
    if (allowed.size() <= count) return;
    const CpuMask chosen{std::span(allowed).first(count)};
    pthread_attr_setaffinity_np(&attributes_, chosen.bytes(), chosen.get());
  }

  static std::string no_thread(int error) {
    return fmt::format(
        "the kernel made no more threads ({}): see ulimit -u, /proc/sys/kernel/threads-max, /proc/sys/kernel/pid_max "
        "and /proc/sys/vm/max_map_count (2 mappings a thread)",
        strerrordesc_np(error));
  }

  int make_thread(pthread_t& thread, void* (*run)(void*), void* argument) {
    const int error = pthread_create(&thread, &attributes_, run, argument);
    if (error == 0) created_.fetch_add(1, std::memory_order_relaxed);
    return error;
  }

  void launch(const Task& task, std::optional<pthread_t> before) {
    auto start = std::make_unique<TaskThread>(TaskThread{*this, task, before});
    pthread_t thread{};
    if (const int error = make_thread(thread, &run_task_thread, start.get()); error != 0) {
      load_.fail(task, no_thread(error));
      end_of_slot(before);
      return;
    }
    start.release();  // NOLINT(bugprone-unused-return-value): the new thread owns it
  }

  static void* run_task_thread(void* argument) {
    const std::unique_ptr<TaskThread> self(static_cast<TaskThread*>(argument));
    Threads& owner = self->owner;
    const auto next = run_task(owner.steps_, owner.load_, owner.lanes_, self->task);
    if (self->before) pthread_join(*self->before, nullptr);
    if (next) {
      if (const auto first = owner.load_.next_first()) owner.submit(*first);
      owner.launch(*next, pthread_self());
    } else {
      owner.end_of_slot(pthread_self());
    }
    return nullptr;
  }

  static void* run_branch(void* argument) {
    const auto& self = *static_cast<BranchThread*>(argument);
    self.join.run(self.branch, self.index);
    return nullptr;
  }

  // The last thread of a slot is left to the next one that is its slot's last to join, or to drain(): where every task
  // arrives by itself each of them is one.
  void end_of_slot(std::optional<pthread_t> last) {
    if (last) join(last);
    in_flight_.remove();
  }
  void join_ended() { join(std::nullopt); }
  // Joins the thread that ended before, and leaves this one.
  void join(std::optional<pthread_t> ended) {
    {
      const std::lock_guard lock(mutex_);
      ended_.swap(ended);
    }
    if (ended) pthread_join(*ended, nullptr);
  }

  Load& load_;
  std::uint32_t lanes_;
  Steps steps_;
  pthread_attr_t attributes_{};
  InFlight in_flight_;
  std::atomic<std::uint64_t> created_{0};
  std::mutex mutex_;  // guards ended_
  std::optional<pthread_t> ended_;
};

constexpr Setting settings[] = {
    {"stack", "bytes", "64k", "stack of each thread; address space, of which the kernel backs what is touched"},
};

std::uint64_t stack_bytes(const Settings& given) {
  const auto stack = given.find("stack");
  const std::uint64_t bytes = stack == given.end() ? default_stack : parse_size(stack->second, "stack");
  if (bytes < least_stack) throw UsageError(fmt::format("stack must be at least {} bytes", least_stack));
  return bytes;
}

}  // namespace

extern const ModelInfo threads_model;
const ModelInfo threads_model{
    .name = "threads",
    .idiom = "a thread per task, as in thread-per-request servers",
    .library = "POSIX threads",
    .unit = "threads",
    .cannot =
        "holds about 30,000 tasks in flight: the kernel's limits on threads and mappings; workers are the CPUs "
        "that its threads may use; in an open loop whoever brings a task makes its thread, which takes 10 us and more",
    .settings = settings,
    .check = [](const Settings& given) { stack_bytes(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      if (const auto why = why_not_threads(environment.slots)) throw std::runtime_error(*why);
      return std::make_unique<Threads>(environment, stack_bytes(environment.settings));
    },
    .shares_cpus = true,
};

}  // namespace cbench
