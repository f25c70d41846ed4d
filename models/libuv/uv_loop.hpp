// One libuv loop that runs tasks by callbacks: what `eventloop`, `eventloop-offload` and `cluster` are made of.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <uv.h>

#include "models/libuv/loop_locks.hpp"
#include "models/model.hpp"
#include "models/waiting/timed_exchange.hpp"
#include "models/waiting/timer_heap.hpp"
#include "models/walks/run_until_suspended.hpp"
#include "system/cache_lines.hpp"
#include "system/descriptor.hpp"

namespace cbench {

// A walk on a loop, with its place in whichever queue it waits in.
struct LoopWalk : Walk {
  // What it is to do when its turn comes.
  enum class Turn : std::uint8_t { start_task, start_branch, hold_lock, fail };
  LoopWalk* next = nullptr;
  Turn turn = Turn::start_task;
};

// First in, first out, linked through the walks themselves.
class WalkQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  std::uint32_t size() const { return size_; }
  void push_back(LoopWalk& walk) {
    walk.next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = &walk;
    last_ = &walk;
    ++size_;
  }
  void push_front(LoopWalk& walk) {
    if (first_ == nullptr) return push_back(walk);
    walk.next = first_;
    first_ = &walk;
    ++size_;
  }
  // Null where there is none.
  LoopWalk* pop_front() {
    LoopWalk* walk = first_;
    if (walk == nullptr) return nullptr;
    first_ = walk->next;
    --size_;
    return walk;
  }

 private:
  LoopWalk* first_ = nullptr;
  LoopWalk* last_ = nullptr;
  std::uint32_t size_ = 0;
};

// Of `locks.loops()` loops, the one that serves the slots whose number modulo that count is `index`: a slot stays with
// its loop, as its connections do. Made on any thread; run() makes the calling thread the loop's own. Whatever does
// not say otherwise is called on the loop's own thread.
class UvLoop {
 public:
  struct Place {
    std::uint32_t index = 0;
    LoopLocks& locks;  // shared by the loops
    // Computations that take this long go to libuv's thread pool, and those of which nobody knows yet; nothing: none
    // do.
    std::optional<std::chrono::nanoseconds> offload_from;
    std::function<void()> slot_is_over;  // a submitted task and its successors have ended
  };

  UvLoop(const Environment& environment, Place place);
  // From any thread, once run() has returned.
  ~UvLoop();
  UvLoop(const UvLoop&) = delete;
  UvLoop& operator=(const UvLoop&) = delete;

  uv_loop_t* uv() { return &uv_.loop; }

  // Serves until stop().
  void run();
  // From any thread.
  void stop();
  // From any thread: the task runs when its turn comes.
  void submit(const Task& task);
  // Makes the loop look at its inbox and its locks. From any thread.
  void wake();

  // The task runs when its turn comes.
  void begin(const Task& task);
  // Asks again for the locks that walks wait for.
  void look_at_locks();

  // How many chains of callbacks were started, one for each task and each branch, and how many requests were made to
  // the thread pool. From any thread.
  std::uint64_t chains() const { return chains_.load(std::memory_order_relaxed); }
  std::uint64_t pool_requests() const { return pool_requests_.load(std::memory_order_relaxed); }

  // What the walk of a script calls (models/walks/run_until_suspended.hpp).
  static constexpr bool branches_stay = true;
  bool compute(Walk& walk, const Step& step, std::uint64_t& result);
  void begin_wait(Walk& walk, std::chrono::nanoseconds time);
  void begin_request(Walk& walk, const Step& step);
  bool acquire(Walk& walk, std::uint32_t lock);
  void release(std::uint32_t lock);
  Walk* make_branch(Walk& parent);
  void start_branch(Walk& branch);
  void end_branch(Walk& branch);
  void end_task(Walk& walk, std::exception_ptr error);

 private:
  // Closes whatever was opened on the loop, and the loop.
  struct OwnedLoop {
    OwnedLoop();
    ~OwnedLoop();
    OwnedLoop(const OwnedLoop&) = delete;
    OwnedLoop& operator=(const OwnedLoop&) = delete;
    uv_loop_t loop;
  };

  // A connection to the peer. uv_poll_t rather than uv_tcp_t: the socket stays its owner's.
  struct Connection {
    uv_poll_t poll;
    UvLoop* owner = nullptr;   // null until its first request
    LoopWalk* walk = nullptr;  // that waits for a reply
    TimedExchange exchange;
    int descriptor = -1;
    int watched = 0;  // UV_READABLE, UV_WRITABLE
  };

  // A compute step on its way through libuv's thread pool.
  struct PoolRequest {
    uv_work_t work;
    UvLoop* owner;
    LoopWalk* walk;
    bool begins_task;  // it is the first step: the task waits in the pool's queue, and starts there
    bool queued;
    std::uint64_t result;
    Ticks took;
    std::exception_ptr error;
    void compute() noexcept;
  };
  // The shortest time that each computation took so far.
  using Costs = std::map<std::pair<Kernel, std::uint64_t>, Ticks>;

  void before_poll();
  void run_batch();
  void run_turn(LoopWalk& walk);
  void stamp_turn();
  void queue_task(LoopWalk& walk, const Task& task);
  void set_timer(Ticks due);
  void drain_inbox();

  bool belongs_in_pool(const Step& step) const;
  // Whether the first thing that the walk of a task does happens in the thread pool.
  bool begins_in_pool(const Walk& walk) const;
  void offload(LoopWalk& walk, bool begins_task);
  void back_from_pool(PoolRequest& request);

  void send_request(Connection& connection);
  void read_reply(Connection& connection);
  void watch(Connection& connection, int events);
  void on_connection(Connection& connection, int status, int events);
  void lose(Connection& connection, std::exception_ptr error);
  void fail_later(LoopWalk& walk, std::exception_ptr error);

  void hold_lock_next(std::uint32_t lock);
  void add_chain() { chains_.store(chains_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }

  Load& load_;
  const Connections& connections_;
  const std::uint32_t lanes_;
  const Place place_;
  const Ticks offload_from_;
  const Ticks batch_;  // how long walks run before the loop looks at its sockets again

  std::vector<LoopWalk> tasks_;  // one for each slot of this loop
  std::deque<LoopWalk> branches_;
  WalkQueue free_branches_;
  WalkQueue ready_;
  TimerHeap<LoopWalk*> sleepers_;
  Ticks timer_due_ = UINT64_MAX;          // what the timer is set to
  Ticks now_ = 0;                         // while a batch runs
  bool took_long_ = false;                // or may have: this turn
  std::uint32_t turns_since_stamp_ = 0;   // now_
  std::vector<WalkQueue> lock_waiters_;   // by lock
  std::vector<std::uint32_t> contended_;  // the locks that have waiters
  bool ask_for_locks_ = false;            // one of them may be free
  std::vector<Connection> peers_;         // of this loop's slots, lane by lane
  std::vector<std::byte> buffer_;
  Costs costs_;  // of what went to the pool before
  std::deque<PoolRequest> pool_requests_made_;
  std::vector<PoolRequest*> free_pool_requests_;
  std::atomic<std::uint64_t> chains_{0};         // written by the loop alone
  std::atomic<std::uint64_t> pool_requests_{0};  // likewise

  alignas(lines_apart) std::atomic<LoopWalk*> inbox_{nullptr};  // linked through the walks, the latest first
  std::atomic<bool> stopping_{false};

  uv_prepare_t before_poll_;
  uv_idle_t stay_awake_;  // active while walks are ready: then polling does not block
  uv_async_t wake_;
  uv_poll_t timer_;
  Descriptor timer_descriptor_;
  OwnedLoop uv_;  // destroyed before what its handles lie in
};

}  // namespace cbench
