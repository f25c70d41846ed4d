// The peer by hand: what answering frames costs on plain epoll where nothing else is asked for, against which the CPU
// time per request of `cbench serve` is held. One request at a time on a connection, of few bytes; no counts, no
// limits, no word about what goes wrong. Prints where it listens, and serves until it is killed.
//
//   by_hand_peer [PORT]
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <memory>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "system/descriptor.hpp"
#include "workloads/frame.hpp"

namespace cbench::by_hand {
namespace {

constexpr std::uint64_t never = UINT64_MAX;

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

// A frame is read to where it waits and sent from there.
struct Client {
  Descriptor socket;
  std::uint32_t received = 0;
  FrameHeader header;
  std::array<std::byte, 88> payload;
  std::byte* frame() { return reinterpret_cast<std::byte*>(&header); }
  static constexpr std::size_t room = sizeof(FrameHeader) + sizeof(payload);
};
static_assert(offsetof(Client, payload) == offsetof(Client, header) + sizeof(FrameHeader));

struct Due {
  std::uint64_t at_ns;
  int descriptor;
  static bool later(const Due& a, const Due& b) { return a.at_ns > b.at_ns; }
};

class Peer {
 public:
  explicit Peer(std::uint16_t port)
      : listener_(checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket")), epoll_(epoll_create1(0)) {
    const int on = 1;
    setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(listener_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    checked(bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size), "bind");
    checked(listen(listener_.get(), 65535), "listen");
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    watch(listener_.get());
    std::printf("listening on 127.0.0.1:%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 512> events;
    for (;;) {
      const std::uint64_t until = earliest();
      now_ = now_ns();
      timespec timeout{};
      if (until > now_) {
        timeout.tv_sec = static_cast<time_t>((until - now_) / 1'000'000'000U);
        timeout.tv_nsec = static_cast<long>((until - now_) % 1'000'000'000U);
      }
      const int ready = epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     until == never ? nullptr : &timeout, nullptr);
      if (ready <= 0) now_ = now_ns();
      for (int i = 0; i < ready; ++i) {
        const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
        descriptor == listener_.get() ? accept_all() : receive(descriptor);
        answer(2);  // replies and requests take turns: cbench's own peer says why
      }
      answer(8);
    }
  }

 private:
  void watch(int descriptor) {
    epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data = {.fd = descriptor}};
    checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
  }

  void accept_all() {
    for (;;) {
      const int socket = accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK);
      if (socket < 0) return;
      if (static_cast<std::size_t>(socket) >= clients_.size()) clients_.resize(static_cast<std::size_t>(socket) + 1);
      clients_[static_cast<std::size_t>(socket)] = std::make_unique<Client>();
      clients_[static_cast<std::size_t>(socket)]->socket = Descriptor(socket);
      watch(socket);
    }
  }

  void receive(int descriptor) {
    auto& client = clients_[static_cast<std::size_t>(descriptor)];
    const ssize_t got = recv(descriptor, client->frame() + client->received, Client::room - client->received, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return client.reset();
    client->received += static_cast<std::uint32_t>(got);
    if (client->received < sizeof(FrameHeader) || client->received < sizeof(FrameHeader) + client->header.bytes) return;
    now_ = now_ns();
    const Due due{now_ + client->header.delay_ns, descriptor};
    if (row_.empty() || row_.back().at_ns <= due.at_ns) {
      row_.push_back(due);
    } else {
      heap_.push_back(due);
      std::push_heap(heap_.begin(), heap_.end(), Due::later);
    }
  }

  std::uint64_t earliest() const {
    return std::min(row_.empty() ? never : row_.front().at_ns, heap_.empty() ? never : heap_.front().at_ns);
  }

  Due take() {
    Due due{};
    if (heap_.empty() || (!row_.empty() && row_.front().at_ns <= heap_.front().at_ns)) {
      due = row_.front();
      row_.pop_front();
    } else {
      std::pop_heap(heap_.begin(), heap_.end(), Due::later);
      due = heap_.back();
      heap_.pop_back();
    }
    return due;
  }

  void answer(int most) {
    for (; most > 0 && earliest() <= now_; --most) {
      const auto& client = clients_[static_cast<std::size_t>(take().descriptor)];
      if (!client) continue;
      client->header.served = ~client->header.nonce;
      client->received = 0;
      send(client->socket.get(), client->frame(), sizeof(FrameHeader) + client->header.bytes, MSG_NOSIGNAL);
    }
  }

  Descriptor listener_;
  Descriptor epoll_;
  std::vector<std::unique_ptr<Client>> clients_;  // by descriptor
  std::deque<Due> row_;                           // each no earlier than the one before it; others are in the heap
  std::vector<Due> heap_;
  std::uint64_t now_ = 0;
};

}  // namespace
}  // namespace cbench::by_hand

int main(int count, char** arguments) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  prctl(PR_SET_TIMERSLACK, 1UL);
  try {
    cbench::by_hand::Peer(static_cast<std::uint16_t>(count > 1 ? std::atoi(arguments[1]) : 0)).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
