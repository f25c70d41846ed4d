#include "models/waiting/readiness.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace cbench {
namespace {

constexpr int most_events = 256;
constexpr std::uint64_t stop_sign = UINT64_MAX;

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

epoll_event once(std::uint32_t group) { return {.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = group}}; }

}  // namespace

Readiness::Readiness(const Connections& connections, std::uint32_t lanes, std::uint32_t groups,
                     const std::function<std::uint32_t(std::uint32_t)>& group_of,
                     std::function<void(std::uint32_t)> tell)
    : requests_(connections),
      tell_(std::move(tell)),
      all_(epoll_create1(EPOLL_CLOEXEC)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  check(static_cast<bool>(all_), "no epoll descriptor for the connections");
  check(static_cast<bool>(stop_), "no event descriptor for the connections");
  epoll_event interest{.events = EPOLLIN, .data = {.u64 = stop_sign}};
  check(epoll_ctl(all_.get(), EPOLL_CTL_ADD, stop_.get(), &interest) == 0, "the event cannot be watched");
  for (std::uint32_t group = 0; group < groups; ++group) {
    groups_.emplace_back(epoll_create1(EPOLL_CLOEXEC));
    check(static_cast<bool>(groups_.back()), "no epoll descriptor for the connections");
  }
  for (std::uint32_t i = 0; i < connections.size(); ++i) requests_.watch(i, groups_[group_of(i / lanes)].get());
  for (std::uint32_t group = 0; group < groups; ++group) {
    interest = once(group);
    check(epoll_ctl(all_.get(), EPOLL_CTL_ADD, groups_[group].get(), &interest) == 0, "a group cannot be watched");
  }
}

void Readiness::begin() {
  thread_ = std::thread([this] { run(); });
}

void Readiness::end() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t wrote = write(stop_.get(), &one, sizeof(one));
  thread_.join();
}

bool Readiness::collect(std::uint32_t group, std::vector<Waiter>& ready) {
  std::array<epoll_event, most_events> events;
  const int count = epoll_wait(groups_[group].get(), events.data(), most_events, 0);
  for (int i = 0; i < count; ++i) {
    if (const Waiter waiter = PeerRequests::take_ready(events[static_cast<std::size_t>(i)].data.ptr)) {
      ready.push_back(waiter);
    }
  }
  if (count > 0) return true;
  epoll_event interest = once(group);
  epoll_ctl(all_.get(), EPOLL_CTL_MOD, groups_[group].get(), &interest);
  return false;
}

void Readiness::run() {
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = epoll_wait(all_.get(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t group = events[static_cast<std::size_t>(i)].data.u64;
      if (group == stop_sign) return;
      tell_(static_cast<std::uint32_t>(group));
    }
  }
}

}  // namespace cbench
