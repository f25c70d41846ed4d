// What excludes others: uncontended (one thread) and contended. An operation is one entry: take the lock, add one to a
// counter, give the lock back. The counters tell where two were inside at once.
#include <atomic>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <thread>

#include <fmt/format.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "micro/benchmark.hpp"
#include "micro/team.hpp"
#include "system/cache_lines.hpp"

namespace cbench::micro {
namespace {

// Test and test-and-set. Gives the CPU away after a while: its owner may not be running.
class SpinLock {
 public:
  void lock() {
    while (taken_.exchange(true, std::memory_order_acquire)) {
      for (int tries = 0; taken_.load(std::memory_order_relaxed); ++tries) {
        if (tries < most_tries) {
          pause();
        } else {
          std::this_thread::yield();
        }
      }
    }
  }
  void unlock() { taken_.store(false, std::memory_order_release); }

 private:
  static constexpr int most_tries = 1000;
  static void pause() {
#if defined(__x86_64__)
    _mm_pause();
#endif
  }
  std::atomic<bool> taken_{false};
};

// A semaphore of one permit.
class Permit {
 public:
  void lock() { semaphore_.acquire(); }
  void unlock() { semaphore_.release(); }

 private:
  std::counting_semaphore<> semaphore_{1};
};

template <class Lock>
Measurement enter(std::uint32_t threads, std::uint64_t operations) {
  struct alignas(lines_apart) Shared {
    Lock lock;
    std::uint64_t entries = 0;  // guarded by lock
  } shared;
  const Measurement measurement = run_team(threads, operations, [&](std::uint32_t, std::uint64_t share) {
    for (std::uint64_t i = 0; i < share; ++i) {
      const std::lock_guard inside(shared.lock);
      ++shared.entries;
    }
  });
  check_count("entries counted inside the lock", shared.entries, operations);
  return measurement;
}

// Every hundred operations have so many writes among them, evenly spread. Writers keep two counters equal.
Measurement read_and_write(std::uint32_t threads, std::uint64_t operations, std::uint32_t writes_percent) {
  struct alignas(lines_apart) Shared {
    std::shared_mutex mutex;
    std::uint64_t first = 0;   // guarded by mutex
    std::uint64_t second = 0;  // guarded by mutex
  } shared;
  std::atomic<std::uint64_t> writes{0};
  std::atomic<std::uint64_t> torn{0};
  const Measurement measurement = run_team(threads, operations, [&](std::uint32_t, std::uint64_t share) {
    std::uint64_t written = 0;
    std::uint64_t differing = 0;
    std::uint32_t due = 0;
    for (std::uint64_t i = 0; i < share; ++i) {
      due += writes_percent;
      if (due >= 100) {
        due -= 100;
        const std::lock_guard alone(shared.mutex);
        ++shared.first;
        ++shared.second;
        ++written;
      } else {
        const std::shared_lock together(shared.mutex);
        differing += shared.first != shared.second ? 1 : 0;
      }
    }
    writes.fetch_add(written);
    torn.fetch_add(differing);
  });
  check_count("reads that saw a write half done", torn, 0);
  check_count("writes counted inside the lock", shared.first, writes);
  check_count("writes counted a second time", shared.second, writes);
  return measurement;
}

Measurement add_atomically(std::uint32_t threads, std::uint64_t operations) {
  struct alignas(lines_apart) Shared {
    std::atomic<std::uint64_t> count{0};
  } shared;
  const Measurement measurement = run_team(threads, operations, [&](std::uint32_t, std::uint64_t share) {
    for (std::uint64_t i = 0; i < share; ++i) shared.count.fetch_add(1, std::memory_order_relaxed);
  });
  check_count("the counter", shared.count, operations);
  return measurement;
}

void add(Benchmarks& benchmarks, Counts counts) {
  using Contend = Measurement (*)(std::uint32_t, std::uint64_t);
  constexpr std::pair<std::string_view, Contend> primitives[] = {{"mutex", enter<std::mutex>},
                                                                 {"spin_lock", enter<SpinLock>},
                                                                 {"semaphore", enter<Permit>},
                                                                 {"atomic_add", add_atomically}};
  for (const auto& [name, contend] : primitives) {
    for (const std::uint32_t threads : counts) {
      benchmarks.push_back({fmt::format("primitive/{}/threads:{}", name, threads), threads,
                            [contend, threads](std::uint64_t operations) { return contend(threads, operations); }});
    }
  }
  for (const std::uint32_t writes : {0U, 10U, 50U}) {
    for (const std::uint32_t threads : counts) {
      benchmarks.push_back(
          {fmt::format("primitive/shared_mutex/writes:{}%/threads:{}", writes, threads), threads,
           [writes, threads](std::uint64_t operations) { return read_and_write(threads, operations, writes); }});
    }
  }
}

}  // namespace

extern const Family locks_family;
const Family locks_family{.name = "locks", .add = add};

}  // namespace cbench::micro
