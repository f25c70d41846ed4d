#include "models/libuv/uv_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sys/timerfd.h>

namespace cbench {
namespace {

// Well below the 50 us that a wait may be late, and far above what a look at the sockets costs.
constexpr std::chrono::microseconds batch{20};
constexpr std::uint32_t most_turns_unstamped = 16;
constexpr std::uint32_t buffer_bytes = sizeof(FrameHeader) + max_request_bytes;

void check(int result, const char* what) {
  if (result < 0) throw std::runtime_error(fmt::format("{}: {}", what, uv_strerror(result)));
}

LoopWalk& of_loop(Walk& walk) { return static_cast<LoopWalk&>(walk); }

}  // namespace

UvLoop::OwnedLoop::OwnedLoop() { check(uv_loop_init(&loop), "no event loop"); }

UvLoop::OwnedLoop::~OwnedLoop() {
  const auto close = [](uv_handle_t* handle, void*) {
    if (uv_is_closing(handle) == 0) uv_close(handle, nullptr);
  };
  uv_walk(&loop, close, nullptr);
  uv_run(&loop, UV_RUN_DEFAULT);  // until every handle is closed and the thread pool has given back what it was given
  uv_loop_close(&loop);
}

UvLoop::UvLoop(const Environment& environment, Place place)
    : load_(environment.load),
      connections_(environment.connections),
      lanes_(environment.lanes),
      place_(std::move(place)),
      offload_from_(place_.offload_from ? ticks::from_ns(*place_.offload_from) : UINT64_MAX),
      batch_(ticks::from_ns(batch)),
      tasks_((environment.slots + place_.locks.loops() - 1 - place_.index) / place_.locks.loops()),
      lock_waiters_(environment.locks),
      peers_(tasks_.size() * lanes_),
      buffer_(buffer_bytes),
      timer_descriptor_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!timer_descriptor_) throw std::system_error(errno, std::generic_category(), "no timer for an event loop");
  before_poll_.data = wake_.data = timer_.data = this;
  check(uv_prepare_init(uv(), &before_poll_), "no event loop");
  check(uv_idle_init(uv(), &stay_awake_), "no event loop");
  uv_prepare_start(&before_poll_,
                   [](uv_prepare_t* handle) noexcept { static_cast<UvLoop*>(handle->data)->before_poll(); });
  const auto on_wake = [](uv_async_t* handle) noexcept {
    auto& self = *static_cast<UvLoop*>(handle->data);
    if (self.stopping_.load()) uv_stop(self.uv());
    self.drain_inbox();
    self.look_at_locks();
  };
  check(uv_async_init(uv(), &wake_, on_wake), "an event loop cannot be woken");
  check(uv_poll_init(uv(), &timer_, timer_descriptor_.get()), "an event loop cannot watch its timer");
  const auto on_timer = [](uv_poll_t* handle, int, int) noexcept {
    auto& self = *static_cast<UvLoop*>(handle->data);
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t got = read(self.timer_descriptor_.get(), &times, sizeof(times));
    self.timer_due_ = UINT64_MAX;  // before_poll() takes the sleepers
  };
  check(uv_poll_start(&timer_, UV_READABLE, on_timer), "an event loop cannot watch its timer");
}

// Computations that nobody has begun yet are not begun any more.
UvLoop::~UvLoop() {
  stopping_.store(true);
  for (PoolRequest& request : pool_requests_made_) {
    if (request.queued) uv_cancel(reinterpret_cast<uv_req_t*>(&request.work));
  }
}

void UvLoop::run() { uv_run(uv(), UV_RUN_DEFAULT); }

void UvLoop::stop() {
  stopping_.store(true);
  wake();
}

void UvLoop::wake() { uv_async_send(&wake_); }

void UvLoop::submit(const Task& task) {
  LoopWalk& walk = tasks_[task.slot / place_.locks.loops()];
  begin_task(walk, task, lanes_);
  walk.turn = LoopWalk::Turn::start_task;
  LoopWalk* before = inbox_.load(std::memory_order_relaxed);
  do {
    walk.next = before;
  } while (!inbox_.compare_exchange_weak(before, &walk, std::memory_order_release, std::memory_order_relaxed));
  if (before == nullptr) wake();  // otherwise whoever came before has done it
}

void UvLoop::drain_inbox() {
  LoopWalk* latest = inbox_.exchange(nullptr, std::memory_order_acquire);
  LoopWalk* first = nullptr;
  while (latest != nullptr) {
    LoopWalk* before = std::exchange(latest->next, first);
    first = std::exchange(latest, before);
  }
  while (first != nullptr) ready_.push_back(*std::exchange(first, first->next));
}

void UvLoop::begin(const Task& task) { queue_task(tasks_[task.slot / place_.locks.loops()], task); }

void UvLoop::queue_task(LoopWalk& walk, const Task& task) {
  begin_task(walk, task, lanes_);
  walk.turn = LoopWalk::Turn::start_task;
  ready_.push_back(walk);
}

// Once an iteration, before the loop waits for its sockets.
void UvLoop::before_poll() {
  run_batch();
  if (ready_.empty() && !ask_for_locks_ && sleepers_.next_due() > ticks::now()) {
    uv_idle_stop(&stay_awake_);
    set_timer(sleepers_.next_due());
  } else if (uv_is_active(reinterpret_cast<uv_handle_t*>(&stay_awake_)) == 0) {
    uv_idle_start(&stay_awake_, [](uv_idle_t*) noexcept {});
  }
}

void UvLoop::run_batch() {
  now_ = ticks::now();
  const Ticks until = now_ + batch_;
  do {
    LoopWalk* sleeper = sleepers_.take_due(now_);
    if (sleeper != nullptr) {
      const Step& step = sleeper->script[sleeper->at];
      resume_with(*this, load_, *sleeper, static_cast<std::uint64_t>(step.time.count()));
      now_ = ticks::now();
    }
    if (ask_for_locks_) look_at_locks();
    LoopWalk* walk = ready_.pop_front();
    if (walk != nullptr) run_turn(*walk);
    if (sleeper == nullptr && walk == nullptr) return;
  } while (now_ < until);
}

// Leaves in now_ a time since which nothing took long. One piece of code from the queue to Load::finish: the calls
// between them would be a twentieth of an empty task.
[[gnu::flatten]] void UvLoop::run_turn(LoopWalk& walk) {
  if (walk.turn == LoopWalk::Turn::start_task) {
    add_chain();
    if (begins_in_pool(walk)) {
      offload(walk, true);
      now_ = ticks::now();
      return;
    }
    load_.start(walk.task);
    walk.script = walk.task.script;  // start() takes it away where the load is over
    now_ = walk.task.started;        // a stamp fewer for each task
    turns_since_stamp_ = 0;
    resume(*this, load_, walk);
    return stamp_turn();
  }
  switch (walk.turn) {
    case LoopWalk::Turn::start_task:
    case LoopWalk::Turn::start_branch: resume(*this, load_, walk); break;
    case LoopWalk::Turn::hold_lock: resume_holding(*this, load_, walk); break;
    case LoopWalk::Turn::fail: resume(*this, load_, walk, std::exchange(walk.error, nullptr)); break;
  }
  stamp_turn();
}

// After a turn that may have taken long, and after some that did not.
void UvLoop::stamp_turn() {
  if (!std::exchange(took_long_, false) && ++turns_since_stamp_ < most_turns_unstamped) return;
  turns_since_stamp_ = 0;
  now_ = ticks::now();
}

void UvLoop::end_task(Walk& walk, std::exception_ptr error) {
  if (!error) {
    if (const auto next = load_.finish(walk.task, walk.digest)) return queue_task(of_loop(walk), *next);
  } else {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& thrown) {
      load_.fail(walk.task, thrown.what());
    }
  }
  place_.slot_is_over();
}

Walk* UvLoop::make_branch(Walk&) {
  LoopWalk* branch = free_branches_.pop_front();
  if (branch == nullptr) return &branches_.emplace_back();
  branch->at = 0;  // all else is as a walk leaves it that is over, or set by the walk
  return branch;
}

void UvLoop::start_branch(Walk& branch) {
  add_chain();
  of_loop(branch).turn = LoopWalk::Turn::start_branch;
  ready_.push_back(of_loop(branch));
}

void UvLoop::end_branch(Walk& branch) { free_branches_.push_front(of_loop(branch)); }

void UvLoop::begin_wait(Walk& walk, std::chrono::nanoseconds time) {
  sleepers_.add(ticks::now() + ticks::from_ns(time), &of_loop(walk));
}

// libuv's own timers count milliseconds: the kernel's timer behind this descriptor counts nanoseconds.
void UvLoop::set_timer(Ticks due) {
  if (due == timer_due_) return;
  timer_due_ = due;
  itimerspec time{};
  if (due != UINT64_MAX) {
    const std::uint64_t ns = std::max<std::uint64_t>(ticks::to_ns(ticks::now(), due), 1);  // 0 would stop the timer
    time.it_value = {.tv_sec = static_cast<std::time_t>(ns / 1'000'000'000),
                     .tv_nsec = static_cast<long>(ns % 1'000'000'000)};
  }
  timerfd_settime(timer_descriptor_.get(), 0, &time, nullptr);
}

bool UvLoop::acquire(Walk& walk, std::uint32_t lock) {
  WalkQueue& waiters = lock_waiters_[lock];
  if (waiters.empty()) {
    if (place_.locks.take(lock, place_.index, false)) return true;
    contended_.push_back(lock);
  }
  waiters.push_back(of_loop(walk));
  return false;
}

// Not from here to the next walk: this one may compute for long before it returns, and another loop need not wait.
void UvLoop::release(std::uint32_t lock) {
  if (place_.locks.give_back(lock, place_.index)) ask_for_locks_ = true;
}

void UvLoop::look_at_locks() {
  ask_for_locks_ = false;
  for (std::size_t i = contended_.size(); i > 0; --i) {
    const std::uint32_t lock = contended_[i - 1];
    if (place_.locks.take(lock, place_.index, lock_waiters_[lock].size() > 1)) hold_lock_next(lock);
  }
}

// The walk that gets the lock goes before all others, who might want it too.
void UvLoop::hold_lock_next(std::uint32_t lock) {
  LoopWalk& walk = *lock_waiters_[lock].pop_front();
  if (lock_waiters_[lock].empty()) contended_.erase(std::find(contended_.begin(), contended_.end(), lock));
  walk.turn = LoopWalk::Turn::hold_lock;
  ready_.push_front(walk);
}

}  // namespace cbench
