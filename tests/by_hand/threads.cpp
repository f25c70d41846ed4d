// OS threads and processes by hand: `sequential`, a loop; `threads`, a thread per task and per branch; `pool`, a queue
// of tasks and branches with a mutex and a condition variable; `processes`, pre-forked workers that are sent tasks over
// a socketpair, eight at a time.
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/threads/blocking_steps.hpp"
#include "system/cpus.hpp"
#include "tests/by_hand/common.hpp"

namespace cbench::by_hand {
namespace {

// The sum of the branches' digests, which all run here.
std::uint64_t run_branches() {
  std::uint64_t sum = 0;
  for (std::uint32_t index = 0; index < branches; ++index) sum += branch_digest(index);
  return sum;
}

// The one step that a mode's script has, by blocking calls.
class OneStep {
 public:
  explicit OneStep(Trial& trial, std::function<std::uint64_t()> fork_join = run_branches)
      : load_(trial.load()), requests_(trial.connections()), fork_join_(std::move(fork_join)) {}

  std::optional<Task> operator()(Task task) {
    load_.start(task);
    std::uint64_t digest = 0;
    if (!task.script.empty()) {
      const Step& step = task.script.front();
      if (step.kind == StepKind::wait) {
        sleep_thread(step.time);
        digest = fold(0, static_cast<std::uint64_t>(step.time.count()));
      } else if (step.kind == StepKind::fan_out) {
        digest = fold(0, fork_join_());
      } else {
        digest = fold(0, requests_(step, task.slot));
      }
    }
    return load_.finish(task, digest);
  }

 private:
  Load& load_;
  BlockingRequests requests_;
  std::function<std::uint64_t()> fork_join_;
};

void sequential(Trial& trial) {
  OneStep step(trial);
  trial.begin();
  std::deque<Task> tasks;
  for (std::uint32_t slot = 0; slot < trial.arguments().concurrency; ++slot) {
    if (const auto task = trial.load().first(slot)) tasks.push_back(*task);
  }
  while (!tasks.empty()) {
    const Task task = tasks.front();
    tasks.pop_front();
    if (const auto next = step(task)) tasks.push_back(*next);
  }
}

// Every thread starts the next one of its slot, which joins it.
class Threads {
 public:
  explicit Threads(Trial& trial) : trial_(trial), step_(trial, [this] { return fork_join(); }) {
    pthread_attr_init(&attributes_);
    pthread_attr_setstacksize(&attributes_, std::size_t{64} * 1024);
    // As the model: its threads have as many CPUs as there are workers.
    const std::vector<std::uint32_t> allowed = allowed_cpus();
    const std::size_t workers = trial.arguments().workers;
    if (allowed.size() > workers) {
      const CpuMask chosen{std::span(allowed).first(workers)};
      pthread_attr_setaffinity_np(&attributes_, chosen.bytes(), chosen.get());
    }
  }
  void run() {
    trial_.begin();
    trial_.load().fill();
    while (fill_slot()) {
    }
    end_of_slot(std::nullopt);
    for (std::uint32_t now = left_.load(); now != 0; now = left_.load()) left_.wait(now);
    const std::lock_guard lock(mutex_);
    for (const pthread_t thread : ended_) pthread_join(thread, nullptr);
  }

 private:
  struct Start {
    Threads* owner;
    Task task;
    std::optional<pthread_t> before;
  };
  struct Branch {
    std::uint32_t index = 0;
    std::uint64_t digest = 0;
    pthread_t thread{};
    static void* work(void* argument) {
      auto& self = *static_cast<Branch*>(argument);
      self.digest = branch_digest(self.index);
      return nullptr;
    }
  };
  // Threads that end help, too: they start hundreds at once, and would leave whoever fills the slots alone behind.
  bool fill_slot() {
    const auto first = trial_.load().next_first();
    if (!first) return false;
    left_.fetch_add(1);
    launch(new Start{this, *first, std::nullopt});
    return true;
  }
  void launch(Start* start) {
    pthread_t thread{};
    make_thread(thread, &Threads::work, start);
  }
  static void* work(void* argument) {
    const std::unique_ptr<Start> start(static_cast<Start*>(argument));
    const auto next = start->owner->step_(start->task);
    if (start->before) pthread_join(*start->before, nullptr);
    if (next) {
      start->owner->fill_slot();
      start->owner->launch(new Start{start->owner, *next, pthread_self()});
    } else {
      start->owner->end_of_slot(pthread_self());
    }
    return nullptr;
  }
  std::uint64_t fork_join() {
    std::array<Branch, branches> all;
    for (std::uint32_t index = 0; index < branches; ++index) {
      all[index].index = index;
      make_thread(all[index].thread, &Branch::work, &all[index]);
    }
    std::uint64_t sum = 0;
    for (Branch& branch : all) {
      pthread_join(branch.thread, nullptr);
      sum += branch.digest;
    }
    return sum;
  }
  void make_thread(pthread_t& thread, void* (*what)(void*), void* argument) {
    const int error = pthread_create(&thread, &attributes_, what, argument);
    if (error != 0) throw std::system_error(error, std::generic_category(), "pthread_create");
  }
  void end_of_slot(std::optional<pthread_t> last) {
    const std::lock_guard lock(mutex_);
    if (last) ended_.push_back(*last);
    if (left_.fetch_sub(1) == 1) left_.notify_all();
  }

  Trial& trial_;
  OneStep step_;
  pthread_attr_t attributes_{};
  std::atomic<std::uint32_t> left_{1};  // slots at work, and whoever fills them
  std::mutex mutex_;                    // guards ended_
  std::vector<pthread_t> ended_;
};

void threads(Trial& trial) { Threads(trial).run(); }

// A task that waits for its branches. It keeps no thread meanwhile: the last of them goes on with it.
struct Fork {
  Task task;
  std::atomic<std::uint32_t> left{0};
  std::atomic<std::uint64_t> sum{0};
};
struct Job {
  Task task;
  Fork* fork = nullptr;  // of a branch
  std::uint32_t index = 0;
};

void pool(Trial& trial) {
  OneStep step(trial);
  std::vector<Fork> forks(trial.arguments().concurrency);  // by slot
  std::mutex mutex;                                        // guards the next three
  std::condition_variable changed;
  std::deque<Job> queue;
  std::uint32_t left = 0;
  std::uint32_t waiting = 0;
  const bool forks_into_branches = trial.arguments().mode.starts_with("fork-join");
  for (std::uint32_t slot = 0; slot < trial.arguments().concurrency; ++slot) {
    if (const auto task = trial.load().first(slot)) queue.push_back({.task = *task});
  }
  left = static_cast<std::uint32_t>(queue.size());
  trial.begin();
  const auto work = [&] {
    std::unique_lock lock(mutex);
    for (;;) {
      while (queue.empty() && left > 0) {
        ++waiting;
        changed.wait(lock);
        --waiting;
      }
      if (queue.empty()) return;
      const Job job = queue.front();
      queue.pop_front();
      lock.unlock();
      std::optional<Task> next;
      if (job.fork != nullptr) {
        Fork& fork = *job.fork;
        fork.sum.fetch_add(branch_digest(job.index), std::memory_order_relaxed);
        if (fork.left.fetch_sub(1) != 1) {
          lock.lock();
          continue;
        }
        next = trial.load().finish(fork.task, fold(0, fork.sum.load()));
      } else if (forks_into_branches) {
        Fork& fork = forks[job.task.slot];
        fork.task = job.task;
        fork.left = branches;
        fork.sum = 0;
        trial.load().start(fork.task);
        lock.lock();
        for (std::uint32_t index = 0; index < branches; ++index) queue.push_front({.fork = &fork, .index = index});
        if (waiting > 0) changed.notify_one();
        continue;
      } else {
        next = step(job.task);
      }
      lock.lock();
      if (next) {
        queue.push_back({.task = *next});
        if (waiting > 0 && queue.size() > 1) changed.notify_one();
      } else if (--left == 0) {
        changed.notify_all();
      }
    }
  };
  std::vector<std::jthread> workers;
  for (std::uint32_t i = 0; i < trial.arguments().workers; ++i) workers.emplace_back(work);
}

constexpr std::size_t at_a_time = 8;
using Batch = std::array<Task, at_a_time>;

// A worker answers every batch with the tasks that come next.
[[noreturn]] void serve(Trial& trial, int socket) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  OneStep step(trial);
  Batch tasks;
  for (;;) {
    const ssize_t got = recv(socket, tasks.data(), sizeof(tasks), 0);
    if (got <= 0) _exit(0);
    std::size_t next_count = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof(Task); ++i) {
      if (const auto next = step(tasks[i])) tasks[next_count++] = *next;
    }
    // An answer without tasks still is one: a worker has done its batch.
    Task none{};
    const Task* answer = next_count == 0 ? &none : tasks.data();
    const std::size_t count = next_count == 0 ? 1 : next_count;
    none.id = UINT64_MAX;
    if (send(socket, answer, count * sizeof(Task), MSG_NOSIGNAL) < 0) _exit(0);
  }
}

void processes(Trial& trial) {
  const std::uint32_t count = trial.arguments().workers;
  std::vector<pollfd> sockets;
  std::vector<pid_t> pids;
  for (std::uint32_t i = 0; i < count; ++i) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
      throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    const pid_t pid = fork();
    if (pid == 0) {
      close(ends[0]);
      for (const pollfd& other : sockets) close(other.fd);
      serve(trial, ends[1]);
    }
    close(ends[1]);
    sockets.push_back({.fd = ends[0], .events = POLLIN, .revents = 0});
    pids.push_back(pid);
    trial.add_process(pid);
  }
  trial.begin();
  std::deque<Task> queue;
  for (std::uint32_t slot = 0; slot < trial.arguments().concurrency; ++slot) {
    if (const auto task = trial.load().first(slot)) queue.push_back(*task);
  }
  std::vector<bool> busy(count);
  Batch batch;
  for (;;) {
    bool all_idle = true;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!busy[i] && !queue.empty()) {
        // A fair share, so that no worker is left without while there is little to do.
        const std::size_t size = std::min({at_a_time, queue.size(), std::max<std::size_t>(1, queue.size() / count)});
        for (std::size_t k = 0; k < size; ++k) {
          batch[k] = queue.front();
          queue.pop_front();
        }
        if (send(sockets[i].fd, batch.data(), size * sizeof(Task), MSG_NOSIGNAL) < 0) {
          throw std::system_error(errno, std::generic_category(), "send to a worker");
        }
        busy[i] = true;
      }
      all_idle = all_idle && !busy[i];
    }
    if (all_idle) break;
    poll(sockets.data(), sockets.size(), -1);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (sockets[i].revents == 0) continue;
      const ssize_t got = recv(sockets[i].fd, batch.data(), sizeof(batch), 0);
      if (got <= 0) throw std::runtime_error("a worker is gone");
      busy[i] = false;
      for (std::size_t k = 0; k < static_cast<std::size_t>(got) / sizeof(Task); ++k) {
        if (batch[k].id != UINT64_MAX) queue.push_back(batch[k]);
      }
    }
  }
  trial.end();
  for (const pollfd& socket : sockets) close(socket.fd);
  for (const pid_t pid : pids) waitpid(pid, nullptr, 0);
}

Modes modes() {
  Modes all;
  for (const auto& [name, run] : std::map<std::string, void (*)(Trial&)>{
           {"sequential", sequential}, {"threads", threads}, {"pool", pool}, {"processes", processes}}) {
    all["noop-" + name] = {noop_script, run};
    all["fork-join-" + name] = {fork_join_script, run};
    all["sleep-" + name] = {sleep_script, run};
    all["io-" + name] = {io_script, run};
  }
  return all;
}

}  // namespace
}  // namespace cbench::by_hand

int main(int count, char** arguments) { return cbench::by_hand::run(count, arguments, cbench::by_hand::modes()); }
