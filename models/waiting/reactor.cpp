#include "models/waiting/reactor.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "models/waiting/precise_epoll.hpp"

namespace cbench {
namespace {

constexpr int most_events = 256;

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

void ring(int event) {
  const std::uint64_t once = 1;
  [[maybe_unused]] const ssize_t wrote = write(event, &once, sizeof(once));
}

}  // namespace

Reactor::Reactor(const Connections& connections, std::function<void(std::span<const Waiter>)> go_on)
    : requests_(connections),
      go_on_(std::move(go_on)),
      epoll_(precise_epoll()),
      event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  check(static_cast<bool>(event_), "no event descriptor for the reactor");
  epoll_event interest{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, event_.get(), &interest) == 0, "the event cannot be watched");
  for (std::uint32_t i = 0; i < connections.size(); ++i) requests_.watch(i, epoll_.get());
  thread_ = std::thread([this] { run(); });
}

Reactor::~Reactor() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ring(event_.get());
  thread_.join();
}

void Reactor::sleep(std::chrono::nanoseconds time, Waiter waiter) {
  const Ticks due = ticks::now() + ticks::from_ns(time);
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    arriving_.push_back({due, waiter});
    wake = due < wakes_at_;
    if (wake) wakes_at_ = 0;
  }
  if (wake) ring(event_.get());
}

void Reactor::run() {
  while (set_wake_up_time()) {
    wait_for_events();
    const Ticks now = ticks::now();
    while (const Waiter sleeper = sleepers_.take_due(now)) over_.push_back(sleeper);
    if (!over_.empty()) go_on_(over_);
    over_.clear();
  }
}

// Takes in who went to sleep. False where the reactor is to stop.
bool Reactor::set_wake_up_time() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return false;
      arrived_.swap(arriving_);
      wakes_at_ = arrived_.empty() ? sleepers_.next_due() : 0;
    }
    if (arrived_.empty()) return true;
    for (const auto& [due, waiter] : arrived_) sleepers_.add(due, waiter);
    arrived_.clear();
  }
}

void Reactor::wait_for_events() {
  timespec timeout{};
  if (!sleepers_.empty()) {
    const std::uint64_t ns = ticks::to_ns(ticks::now(), sleepers_.next_due());
    timeout = {.tv_sec = static_cast<time_t>(ns / 1'000'000'000), .tv_nsec = static_cast<long>(ns % 1'000'000'000)};
  }
  std::array<epoll_event, most_events> events;
  const int count =
      epoll_pwait2(epoll_.get(), events.data(), most_events, sleepers_.empty() ? nullptr : &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    void* connection = events[static_cast<std::size_t>(i)].data.ptr;
    if (connection == nullptr) {
      std::uint64_t times = 0;
      [[maybe_unused]] const ssize_t got = read(event_.get(), &times, sizeof(times));
    } else if (const Waiter waiter = PeerRequests::take_ready(connection)) {
      over_.push_back(waiter);
    }
  }
}

}  // namespace cbench
