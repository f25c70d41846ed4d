#include "models/fiber/fiber_scheduler.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/fiber/operations.hpp>

#include "models/waiting/precise_epoll.hpp"
#include "models/waiting/send_some.hpp"
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace cbench {
namespace {

using boost::fibers::context;
using namespace std::chrono_literals;

// While fibers are always ready, sockets and timers are looked at this often: well below the 50 us that a wait may be
// late, and far above what a look costs.
constexpr auto poll_every = 20us;
// After so many turns of other fibers comes the dispatcher's, which frees the stacks of those that have ended: were it
// last in a round of thousands that end and launch others, these would hold twice the stacks that they need.
constexpr std::uint32_t turns_in_a_row = 32;

thread_local FiberScheduler* scheduler_of_thread = nullptr;

// Tells the address sanitizer which stack comes next: what it does when an exception is thrown needs to know, and
// Debian's Boost does not tell it. Fibers keep their context at the top of their stack.
context* next_on_stack(context* fiber) noexcept {
#if defined(__SANITIZE_ADDRESS__)
  constexpr std::size_t most_stack = 256 * 1024;
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, reinterpret_cast<std::byte*>(fiber) - most_stack, most_stack);
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
  return fiber;
}

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

FiberWorkers::FiberWorkers(FiberPolicy policy, std::uint32_t count, const Connections& connections)
    : policy_(policy), connections_(connections), peers_(connections.size()), queues_(count) {
  connections.make_nonblocking();
  for (std::uint32_t worker = 0; worker < count; ++worker) {
    schedulers_.emplace_back(new FiberScheduler(*this, worker));
  }
}

context* FiberWorkers::take_ready(std::uint32_t worker) {
  const auto take = [](ReadyQueue& queue) -> context* {
    if (queue.size.load(std::memory_order_relaxed) == 0) return nullptr;
    const std::lock_guard lock(queue.mutex);
    if (queue.fibers.empty()) return nullptr;
    context* fiber = queue.fibers.front();
    queue.fibers.pop_front();
    queue.size.store(queue.fibers.size(), std::memory_order_relaxed);
    return fiber;
  };
  if (policy_ == FiberPolicy::shared_work) return take(queues_[0]);
  for (std::uint32_t i = 0; i < count(); ++i) {
    if (context* fiber = take(queues_[(worker + i) % count()])) return fiber;
  }
  return nullptr;
}

void FiberWorkers::put_ready(std::uint32_t worker, context* fiber) {
  ReadyQueue& queue = queues_[policy_ == FiberPolicy::shared_work ? 0 : worker];
  std::size_t size = 0;
  {
    const std::lock_guard lock(queue.mutex);
    queue.fibers.push_back(fiber);
    size = queue.fibers.size();
    queue.size.store(size, std::memory_order_seq_cst);
  }
  // One fiber is for this worker itself; from the second on an idle worker is worth waking.
  if (size < 2 || idle_.load() == 0) return;
  for (std::uint32_t i = 1; i < count(); ++i) {
    FiberScheduler& other = *schedulers_[(worker + i) % count()];
    if (other.blocked_.load(std::memory_order_relaxed)) return other.notify();
  }
}

bool FiberWorkers::has_ready(std::uint32_t worker) const {
  if (policy_ == FiberPolicy::shared_work) return queues_[0].size.load() != 0;
  for (std::uint32_t i = 0; i < count(); ++i) {
    if (queues_[(worker + i) % count()].size.load() != 0) return true;
  }
  return false;
}

FiberScheduler::FiberScheduler(FiberWorkers& workers, std::uint32_t worker)
    : workers_(workers),
      worker_(worker),
      poll_interval_(ticks::from_ns(poll_every)),
      epoll_(precise_epoll()),
      event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  check(static_cast<bool>(event_), "no event descriptor for a worker");
  epoll_event interest{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, event_.get(), &interest) == 0, "the event descriptor cannot be watched");
}

// Not inlined: a fiber that migrates must read the variable of the thread that it is on now.
[[gnu::noinline]] FiberScheduler& FiberScheduler::current() { return *scheduler_of_thread; }

void FiberScheduler::install() {
  scheduler_of_thread = this;
  context::active()->get_scheduler()->set_algo(this);
}

void FiberScheduler::sleep(std::chrono::nanoseconds time) {
  context* self = context::active();
  sleepers_.add(ticks::now() + ticks::from_ns(time), self);
  self->suspend();
}

std::uint64_t FiberScheduler::request(const Step& step, std::uint32_t connection) {
  FiberWorkers& workers = workers_;
  FiberWorkers::Peer& peer = workers.peers_[connection];
  const int descriptor = workers.connections_[connection];
  peer.exchange.begin(step, connection);
  watch(connection);
  while (!peer.exchange.all_sent()) {
    const ssize_t sent = send_some(peer.exchange, descriptor);
    if (sent >= 0) continue;
    if (errno == EAGAIN) {
      current().watch(connection);
      current().wait_for(peer);
    } else {
      check(errno == EINTR, "the request could not be sent to the peer");
    }
  }
  if (step.time > 0ns) {  // the reply cannot be there yet: do not ask for it
    current().watch(connection);
    current().wait_for(peer);
  }
  for (;;) {
    auto& buffer = current().buffer_;
    const ssize_t got = recv(descriptor, buffer.data(), buffer.size(), 0);
    if (got > 0) {
      if (peer.exchange.receive({buffer.data(), static_cast<std::size_t>(got)})) return peer.exchange.value();
    } else if (got == 0) {
      throw std::runtime_error("the peer closed the connection before it answered");
    } else if (errno == EAGAIN) {
      current().watch(connection);
      current().wait_for(peer);
    } else {
      check(errno == EINTR, "the reply could not be read from the peer");
    }
  }
}

// Edge-triggered and registered once: it moves only when the fiber that uses the connection has moved.
void FiberScheduler::watch(std::uint32_t connection) {
  FiberWorkers::Peer& peer = workers_.peers_[connection];
  FiberScheduler* before = peer.watched_by.load(std::memory_order_relaxed);
  if (before == this) return;
  const int descriptor = workers_.connections_[connection];
  if (before != nullptr) epoll_ctl(before->epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
  peer.watched_by.store(this, std::memory_order_release);
  epoll_event interest{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &peer}};
  check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &interest) == 0, "a connection cannot be watched");
}

void FiberScheduler::wait_for(FiberWorkers::Peer& peer) {
  context* self = context::active();
  peer.waiting.store(self, std::memory_order_release);
  self->suspend();
}

void FiberScheduler::wait_for_wake() {
  if (wanted_.exchange(false)) return;
  waiting_for_wake_ = context::active();
  waiting_for_wake_->suspend();
}

void FiberScheduler::wake() {
  wanted_.store(true);
  notify();
}

void FiberScheduler::wake_main_fiber() noexcept {
  if (waiting_for_wake_ == nullptr || !wanted_.load(std::memory_order_relaxed)) return;
  wanted_.store(false);
  awakened(std::exchange(waiting_for_wake_, nullptr));
}

void FiberScheduler::awakened(context* fiber) noexcept {
  if (fiber->is_context(boost::fibers::type::dispatcher_context)) {
    dispatcher_ = fiber;
    return;
  }
  if (workers_.policy_ == FiberPolicy::round_robin || fiber->is_context(boost::fibers::type::pinned_context)) {
    fiber->ready_link(pinned_);
    return;
  }
  fiber->detach();
  workers_.put_ready(worker_, fiber);
}

context* FiberScheduler::pick_next() noexcept {
  if (dispatcher_ == nullptr) {  // it is the one that asks
    // Nobody else looks: a fiber that suspends itself is still on its stack, and if polling woke that one, another
    // worker would resume it too early.
    poll_if_due();
    turns_ = 0;
  } else if (++turns_ >= turns_in_a_row || is_poll_due()) {
    return next_on_stack(std::exchange(dispatcher_, nullptr));
  }
  // With migrating fibers, the worker's main one is the only one among its own: after the dispatcher comes its turn.
  const bool migrating = workers_.policy_ != FiberPolicy::round_robin;
  if (migrating && (pinned_.empty() || turns_ != 0)) {
    if (context* fiber = workers_.take_ready(worker_)) {
      context::active()->attach(fiber);
      return next_on_stack(fiber);
    }
  }
  if (!pinned_.empty()) {
    context* fiber = &pinned_.front();
    pinned_.pop_front();
    return next_on_stack(fiber);
  }
  return dispatcher_ == nullptr ? nullptr : next_on_stack(std::exchange(dispatcher_, nullptr));
}

bool FiberScheduler::has_ready_fibers() const noexcept {
  if (!pinned_.empty() || dispatcher_ != nullptr) return true;
  return workers_.policy_ != FiberPolicy::round_robin && workers_.has_ready(worker_);
}

// Turns may take long: not every one brings a stamp, and a stamp of each would be a twentieth of an empty task.
bool FiberScheduler::is_poll_due() noexcept {
  constexpr std::uint32_t most_unstamped = 4;
  if (++unstamped_ > most_unstamped) note(ticks::now());
  return known_now_ >= next_poll_;
}

void FiberScheduler::poll_if_due() noexcept {
  wake_main_fiber();
  const Ticks now = ticks::now();
  if (now < next_poll_) return;
  next_poll_ = now + poll_interval_;
  poll(0);
}

void FiberScheduler::suspend_until(const std::chrono::steady_clock::time_point& until) noexcept {
  std::int64_t timeout_ns = -1;
  if (until != std::chrono::steady_clock::time_point::max()) {
    const auto left = until - std::chrono::steady_clock::now();
    timeout_ns = std::max<std::int64_t>(0, std::chrono::nanoseconds(left).count());
  }
  if (!sleepers_.empty()) {
    const auto left = static_cast<std::int64_t>(ticks::to_ns(ticks::now(), sleepers_.next_due()));
    timeout_ns = timeout_ns < 0 ? left : std::min(timeout_ns, left);
  }
  blocked_.store(true);
  workers_.idle_.fetch_add(1);
  // Whatever was made ready or said before `blocked_` was set has notified nobody: look once more.
  if (notified_.load() || wanted_.load() ||
      (workers_.policy_ != FiberPolicy::round_robin && workers_.has_ready(worker_))) {
    timeout_ns = 0;
  }
  poll(timeout_ns);
  workers_.idle_.fetch_sub(1);
  blocked_.store(false, std::memory_order_relaxed);
  notified_.store(false);
  wake_main_fiber();
}

void FiberScheduler::poll(std::int64_t timeout_ns) noexcept {
  const timespec timeout{.tv_sec = timeout_ns / 1'000'000'000, .tv_nsec = timeout_ns % 1'000'000'000};
  const int count = epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                                 timeout_ns < 0 ? nullptr : &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    auto* peer = static_cast<FiberWorkers::Peer*>(events_[static_cast<std::size_t>(i)].data.ptr);
    if (peer == nullptr) {
      std::uint64_t times = 0;
      [[maybe_unused]] const ssize_t got = read(event_.get(), &times, sizeof(times));
    } else if (context* fiber = peer->waiting.load(std::memory_order_acquire);
               fiber != nullptr && peer->watched_by.load(std::memory_order_relaxed) == this) {
      peer->waiting.store(nullptr, std::memory_order_relaxed);
      awakened(fiber);
    }
  }
  const Ticks now = ticks::now();
  while (context* sleeper = sleepers_.take_due(now)) awakened(sleeper);
}

void FiberScheduler::notify() noexcept {
  notified_.store(true);
  if (!blocked_.load()) return;
  const std::uint64_t once = 1;
  [[maybe_unused]] const ssize_t wrote = write(event_.get(), &once, sizeof(once));
}

}  // namespace cbench
