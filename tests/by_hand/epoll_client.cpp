// The `io` workload by hand on plain epoll: what the kernel's interface itself costs, against which the CPU time per
// request of every model is held. Per worker one epoll instance, edge-triggered; per request one send, one recv and a
// share of a wait. Modes and arguments: common.hpp.
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "models/waiting/timed_exchange.hpp"
#include "system/descriptor.hpp"
#include "tests/by_hand/common.hpp"

namespace cbench::by_hand {
namespace {

[[noreturn]] void system_failure(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// The connections of one worker, each with one request in flight.
class Requests {
 public:
  Requests(Trial& trial, std::uint32_t first, std::uint32_t end)
      : load_(trial.load()),
        connections_(trial.connections()),
        first_(first),
        slots_(end - first),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u32 = i}};
      if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connections_[first + i], &event) != 0) system_failure("epoll_ctl");
    }
  }

  void run() {
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      if (const auto task = load_.first(first_ + i)) {
        ++in_flight_;
        begin(i, *task);
      }
    }
    std::array<epoll_event, 512> events;
    while (in_flight_ > 0) {
      const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        const auto [what, data] = events[static_cast<std::size_t>(i)];
        if ((what & EPOLLOUT) != 0 && !slots_[data.u32].exchange.all_sent()) send_some(data.u32);
        if ((what & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) receive(data.u32);
      }
    }
  }

 private:
  struct Slot {
    Task task;
    TimedExchange exchange;
  };

  void begin(std::uint32_t index, const Task& task) {
    Slot& slot = slots_[index];
    slot.task = task;
    load_.start(slot.task);
    slot.exchange.begin(task.script.front(), first_ + index);
    send_some(index);
  }

  // What does not go now is sent when the next edge comes.
  void send_some(std::uint32_t index) {
    TimedExchange& exchange = slots_[index].exchange;
    std::size_t size = 0;
    for (const auto piece : exchange.to_send()) {
      if (!piece.empty()) std::memcpy(buffer_.data() + size, piece.data(), piece.size());
      size += piece.size();
    }
    const ssize_t sent = send(connections_[first_ + index], buffer_.data(), size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) system_failure("send");
    if (sent > 0) exchange.sent(static_cast<std::size_t>(sent));
  }

  void receive(std::uint32_t index) {
    Slot& slot = slots_[index];
    const ssize_t got = recv(connections_[first_ + index], buffer_.data(), buffer_.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0) system_failure("recv");
    if (got == 0) throw std::runtime_error("the peer closed a connection");
    if (!slot.exchange.receive({buffer_.data(), static_cast<std::size_t>(got)})) return;
    if (const auto next = load_.finish(slot.task, fold(0, slot.exchange.value()))) {
      begin(index, *next);
    } else {
      --in_flight_;
    }
  }

  Load& load_;
  const Connections& connections_;
  std::uint32_t first_;
  std::vector<Slot> slots_;
  Descriptor epoll_;
  std::uint32_t in_flight_ = 0;
  std::array<std::byte, sizeof(FrameHeader) + max_request_bytes> buffer_;  // longer than any reply: one recv takes all
};

void run_requests(Trial& trial) {
  trial.connections().make_nonblocking();
  const std::uint32_t slots = trial.arguments().concurrency;
  const std::uint32_t workers = trial.arguments().workers;
  trial.begin();
  std::vector<std::jthread> threads;
  for (std::uint32_t i = 0; i < workers; ++i) {
    const auto border = [&](std::uint32_t worker) {
      return static_cast<std::uint32_t>(std::uint64_t{slots} * worker / workers);
    };
    threads.emplace_back([&trial, first = border(i), end = border(i + 1)] {
      try {
        Requests(trial, first, end).run();
      } catch (const std::exception& error) {
        trial.load().fail(error.what());
      }
    });
  }
}

}  // namespace
}  // namespace cbench::by_hand

int main(int count, char** arguments) {
  using namespace cbench::by_hand;
  return run(count, arguments, {{"io", {io_script, run_requests}}});
}
