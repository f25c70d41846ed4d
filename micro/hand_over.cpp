// How one OS thread wakes another: two threads take turns, by each means that standard C++ has. An operation is one
// hand-over, one way. And what the means cost where nobody waits.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <semaphore>

#include <fmt/format.h>

#include "micro/benchmark.hpp"
#include "micro/team.hpp"

namespace cbench::micro {
namespace {

// Turns count from 0. `wait_for` blocks until the turn is there, `pass` ends it and wakes whoever has the next one;
// party 0 has the even turns, party 1 the odd ones.

class ConditionVariable {
 public:
  explicit ConditionVariable(std::uint64_t) {}
  void wait_for(std::uint64_t turn) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return turn_ == turn; });
  }
  void pass(std::uint64_t turn) {
    {
      const std::lock_guard lock(mutex_);
      turn_ = turn + 1;
    }
    changed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t turn_ = 0;  // guarded by mutex_
};

class Semaphores {
 public:
  explicit Semaphores(std::uint64_t) {}
  void wait_for(std::uint64_t turn) { of(turn).acquire(); }
  void pass(std::uint64_t turn) { of(turn + 1).release(); }

 private:
  std::counting_semaphore<>& of(std::uint64_t turn) { return turn % 2 == 0 ? even_ : odd_; }
  std::counting_semaphore<> even_{1};
  std::counting_semaphore<> odd_{0};
};

class AtomicWait {
 public:
  explicit AtomicWait(std::uint64_t) {}
  void wait_for(std::uint64_t turn) {
    for (std::uint64_t now = turn_.load(); now != turn; now = turn_.load()) turn_.wait(now);
  }
  void pass(std::uint64_t turn) {
    turn_.store(turn + 1);
    turn_.notify_one();
  }

 private:
  std::atomic<std::uint64_t> turn_{0};
};

// A promise for every turn, made beforehand.
class Futures {
 public:
  explicit Futures(std::uint64_t turns) : promises_(turns + 1) {
    for (auto& promise : promises_) futures_.push_back(promise.get_future());
    promises_[0].set_value(0);
  }
  void wait_for(std::uint64_t turn) { check_count("the value of a future", futures_[turn].get(), turn); }
  void pass(std::uint64_t turn) { promises_[turn + 1].set_value(turn + 1); }

 private:
  std::deque<std::promise<std::uint64_t>> promises_;
  std::deque<std::future<std::uint64_t>> futures_;
};

// Without ever going to sleep: what the cache alone takes to carry a line to another CPU.
class Spinning {
 public:
  explicit Spinning(std::uint64_t) {}
  void wait_for(std::uint64_t turn) {
    while (turn_.load(std::memory_order_acquire) != turn) {
    }
  }
  void pass(std::uint64_t turn) { turn_.store(turn + 1, std::memory_order_release); }

 private:
  std::atomic<std::uint64_t> turn_{0};
};

template <class Means>
Measurement take_turns(Placement placement, std::uint64_t operations) {
  Means means(operations);
  std::uint64_t last = UINT64_MAX;  // not atomic: the turns alone order what the two do with it
  std::uint64_t out_of_turn = 0;
  const auto play = [&](std::uint64_t party) {
    for (std::uint64_t turn = party; turn < operations; turn += 2) {
      means.wait_for(turn);
      if (last + 1 != turn) ++out_of_turn;
      last = turn;
      means.pass(turn);
    }
  };
  const Measurement measurement = run_threads({[&] { play(0); }, [&] { play(1); }}, placement);
  check_count("turns out of turn", out_of_turn, 0);
  check_count("turns taken", last + 1, operations);
  return measurement;
}

Measurement notify_nobody(std::uint64_t operations) {
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t changes = 0;
  const Measurement measurement = run_team(1, operations, [&](std::uint32_t, std::uint64_t share) {
    for (std::uint64_t i = 0; i < share; ++i) {
      {
        const std::lock_guard lock(mutex);
        ++changes;
      }
      changed.notify_one();
    }
  });
  check_count("changes", changes, operations);
  return measurement;
}

Measurement set_and_get(std::uint64_t operations) {
  std::uint64_t sum = 0;
  const Measurement measurement = run_team(1, operations, [&](std::uint32_t, std::uint64_t share) {
    for (std::uint64_t i = 0; i < share; ++i) {
      std::promise<std::uint64_t> promise;
      std::future<std::uint64_t> future = promise.get_future();
      promise.set_value(i);
      sum += future.get();
    }
  });
  check_count("the sum of what the futures held", sum, operations * (operations - 1) / 2);
  return measurement;
}

void add(Benchmarks& benchmarks, Counts counts) {
  using Take = Measurement (*)(Placement, std::uint64_t);
  constexpr std::pair<std::string_view, Take> means[] = {{"condition_variable", take_turns<ConditionVariable>},
                                                         {"semaphore", take_turns<Semaphores>},
                                                         {"atomic_wait", take_turns<AtomicWait>},
                                                         {"future", take_turns<Futures>}};
  benchmarks.push_back({"primitive/condition_variable/nobody_waits", 1, notify_nobody});
  benchmarks.push_back({"primitive/future/one_thread", 1, set_and_get});
  for (const auto& [name, take] : means) {
    for (const Placement placement : placements) {
      benchmarks.push_back({fmt::format("primitive/hand_over/{}/{}", name, name_of(placement)), 2,
                            [take, placement](std::uint64_t operations) { return take(placement, operations); }});
    }
  }
  if (counts.back() > 1) {  // on one CPU a hand-over would take a whole time slice
    benchmarks.push_back({"primitive/hand_over/spinning/unpinned", 2, [](std::uint64_t operations) {
                            return take_turns<Spinning>(Placement::unpinned, operations);
                          }});
  }
}

}  // namespace

extern const Family hand_over_family;
const Family hand_over_family{.name = "hand_over", .add = add};

}  // namespace cbench::micro
