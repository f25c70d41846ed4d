#include "models/reactor.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace cbench {
namespace {

constexpr std::size_t read_bytes = 16 * 1024;
constexpr int most_events = 256;

char sign_of_readiness;
const Waiter ready_sign = &sign_of_readiness;

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

void ring(int event) {
  const std::uint64_t once = 1;
  [[maybe_unused]] const ssize_t wrote = write(event, &once, sizeof(once));
}

}  // namespace

Reactor::Reactor(const Connections& connections, std::function<void(std::span<const Waiter>)> go_on)
    : connections_(connections),
      go_on_(std::move(go_on)),
      peers_(connections.size()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  check(static_cast<bool>(epoll_), "no epoll descriptor for the reactor");
  check(static_cast<bool>(event_), "no event descriptor for the reactor");
  epoll_event interest{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, event_.get(), &interest) == 0, "the event cannot be watched");
  connections.make_nonblocking();
  for (std::uint32_t i = 0; i < connections.size(); ++i) {
    interest = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &peers_[i]}};
    check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connections[i], &interest) == 0, "a connection cannot be watched");
  }
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

void Reactor::begin_request(const Step& step, std::uint32_t connection) {
  Peer& peer = peers_[connection];
  peer.exchange.begin(step, connection);
  peer.reply_is_due = step.time == std::chrono::nanoseconds{};
}

bool Reactor::attempt(std::uint32_t connection) {
  Peer& peer = peers_[connection];
  while (!peer.exchange.all_sent()) {
    auto pieces = peer.exchange.to_send();
    iovec parts[2];
    for (std::size_t i = 0; i < 2; ++i) parts[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const ssize_t sent = sendmsg(connections_[connection], &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return false;
    check(sent >= 0 || errno == EINTR, "the request could not be sent to the peer");
    if (sent > 0) peer.exchange.sent(static_cast<std::size_t>(sent));
  }
  if (!std::exchange(peer.reply_is_due, true)) return false;
  std::array<std::byte, read_bytes> buffer;
  for (;;) {
    const ssize_t got = recv(connections_[connection], buffer.data(), buffer.size(), 0);
    if (got == 0) throw std::runtime_error("the peer closed the connection before it answered");
    if (got < 0 && errno == EAGAIN) return false;
    check(got > 0 || errno == EINTR, "the reply could not be read from the peer");
    if (got > 0 && peer.exchange.receive({buffer.data(), static_cast<std::size_t>(got)})) return true;
  }
}

bool Reactor::wait_for(std::uint32_t connection, Waiter waiter) {
  std::atomic<Waiter>& waiting = peers_[connection].waiting;
  Waiter nobody = nullptr;
  if (waiting.compare_exchange_strong(nobody, waiter)) return true;
  waiting.store(nullptr);  // before the next attempt: what becomes ready from now on is either seen by it or signed
  return false;
}

Waiter Reactor::take_ready(Peer& peer) {
  // A waiter stays until it is taken here, so that only where there was none yet somebody may come in between.
  Waiter waiter = peer.waiting.load();
  if (waiter == nullptr || waiter == ready_sign) waiter = peer.waiting.exchange(ready_sign);
  if (waiter == nullptr || waiter == ready_sign) return nullptr;
  peer.waiting.store(nullptr);
  return waiter;
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
    auto* peer = static_cast<Peer*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (peer == nullptr) {
      std::uint64_t times = 0;
      [[maybe_unused]] const ssize_t got = read(event_.get(), &times, sizeof(times));
    } else if (const Waiter waiter = take_ready(*peer)) {
      over_.push_back(waiter);
    }
  }
}

}  // namespace cbench
