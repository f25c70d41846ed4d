// The model `coroutines`, over loops on which coroutines run: with coroutine types of cbench's own, or with Asio's.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/post.hpp>

#include "models/asio/peer_socket.hpp"
#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/walks/branch_placement.hpp"
#include "system/cache_lines.hpp"

namespace cbench {

// Where the calling thread counts the coroutines that it begins: a counter that only this thread writes.
inline thread_local std::atomic<std::uint64_t>* coroutines_begun = nullptr;

inline void count_coroutine() {
  coroutines_begun->store(coroutines_begun->load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

// What the loops of one model know of each other; complete before the first task.
template <class Loop>
struct Loops {
  Load& load;
  const std::uint32_t lanes;
  const Connections& connections;
  const BranchPlacement placement;
  InFlight in_flight;
  std::vector<std::unique_ptr<Loop>> loops;
  std::vector<std::unique_ptr<typename Loop::Lock>> locks;  // gone before the loops, as are the sockets
  std::vector<PeerSocket> peers;

  // On how many loops, from that of the task on, the branches with this body run.
  std::uint32_t loops_for(Script body) const {
    return placement.spreads(body) ? static_cast<std::uint32_t>(loops.size()) : 1;
  }
};

// `Loop` is a place where coroutines run, and the idiom of run_awaiting. It is made from the Loops, its number and the
// number of its threads, and has, besides: Lock and make_lock(); io(); run(), on each of its threads until stop() was
// called and nothing is left to run; start(task), on one of them.
template <class Loop>
class CoroutineTasks final : public Model {
 public:
  // `shared`: one loop that all workers run, in place of one for each.
  CoroutineTasks(const Environment& environment, bool shared)
      : all_{.load = environment.load,
             .lanes = environment.lanes,
             .connections = environment.connections,
             .placement = BranchPlacement(environment.load.work()),
             .in_flight = {},
             .loops = {},
             .locks = {},
             .peers = std::vector<PeerSocket>(environment.connections.size())},
        counters_(environment.workers) {
    const std::uint32_t threads_each = shared ? environment.workers : 1;
    for (std::uint32_t i = 0; i < environment.workers / threads_each; ++i) {
      all_.loops.push_back(std::make_unique<Loop>(all_, i, static_cast<int>(threads_each)));
    }
    for (std::uint32_t i = 0; i < environment.locks; ++i) all_.locks.push_back(all_.loops.front()->make_lock());
    for (std::uint32_t i = 0; i < environment.workers; ++i) {
      threads_.emplace_back([this, i] {
        coroutines_begun = &counters_[i].begun;
        all_.loops[i % all_.loops.size()]->run();
      });
    }
  }

  ~CoroutineTasks() override {
    for (const auto& loop : all_.loops) loop->stop();
    for (std::thread& thread : threads_) thread.join();
  }

  void submit(Task task) override {
    all_.in_flight.add();
    Loop& loop = *all_.loops[next_loop_.fetch_add(1, std::memory_order_relaxed) % all_.loops.size()];
    boost::asio::post(loop.io(), [&loop, task] { loop.start(task); });
  }
  void drain() override { all_.in_flight.wait(); }
  std::uint64_t units_created() const override {
    std::uint64_t total = 0;
    for (const Counter& counter : counters_) total += counter.begun.load(std::memory_order_relaxed);
    return total;
  }

 private:
  struct alignas(lines_apart) Counter {
    std::atomic<std::uint64_t> begun{0};
  };

  Loops<Loop> all_;
  std::atomic<std::uint32_t> next_loop_{0};
  std::vector<Counter> counters_;  // one a thread
  std::vector<std::thread> threads_;
};

}  // namespace cbench
