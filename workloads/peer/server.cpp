// Edge-triggered epoll over all connections, and the replies that are not yet due. A request costs one recv, one send
// and its share of an epoll_pwait2; nothing else of the kernel's. What the peer touches for it in memory is little: the
// connection's cache line and the frame, which is sent from where it waits.
#include "workloads/peer/server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <latch>
#include <memory>
#include <span>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/descriptor.hpp"
#include "system/pipe.hpp"
#include "workloads/frame.hpp"
#include "workloads/peer/client_connection.hpp"
#include "workloads/peer/listener.hpp"
#include "workloads/peer/waiting_replies.hpp"

namespace cbench {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;
constexpr std::size_t few_orphans = 1024;  // replies to connections that are gone, not worth a clean-up
constexpr int rounds_in_a_row = 16;        // for one connection, before the others have their turn
constexpr int accepts_in_a_row = 256;
constexpr std::uint64_t never = WaitingReplies::never;
constexpr std::uint64_t accept_pause_ns = 100'000'000;  // when there is no room for a further connection

// Replies that are due and requests that came take turns. Were all due replies sent first, the requests that follow on
// them would be read together and be due together: all connections would move as one wave. 1,000 of them with a delay
// of 20 ms would make 37,000 requests a second, with the machine half idle, instead of 49,000.
constexpr std::size_t answers_in_a_row = 8;  // connections answered before new requests are looked for
constexpr std::size_t answers_per_event = 2;

std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

std::system_error system_failure(const char* what) { return {errno, std::generic_category(), what}; }

// One thread of it.
class Peer {
 public:
  // `page`: where it counts; nullptr: nobody looks.
  Peer(Descriptor listener, int stop_at_eof_of, PeerPage* page);
  // Until stop_at_eof_of ends.
  void run();

 private:
  void look_at_clock();
  int wait();
  void accept_some();
  void take_turn(PeerConnection& connection);
  bool read_some(PeerConnection& connection);
  bool take_frames(PeerConnection& connection, std::span<std::byte> data);
  void answer_due(std::size_t most);
  void part_from(PeerConnection& connection);
  void watch(int descriptor, std::uint32_t events);
  PeerConnection* receiver_of(const WaitingReply& reply) const {
    return connections_.find(reply.descriptor, reply.serial);
  }

  PeerPage own_page_{};
  Witness witness_;
  Descriptor listener_;
  Descriptor epoll_;
  int stop_;
  bool stopped_ = false;
  PeerConnections connections_;
  WaitingReplies waiting_;
  std::size_t orphans_ = 0;  // of those, to connections that are gone
  std::uint64_t accept_again_ns_ = never;
  std::uint64_t now_ = 0;  // as of the last read or wait
  std::array<epoll_event, 512> events_;
  std::unique_ptr<std::byte[]> buffer_;
};

Peer::Peer(Descriptor listener, int stop_at_eof_of, PeerPage* page)
    : witness_(page != nullptr ? *page : own_page_),
      listener_(std::move(listener)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      stop_(stop_at_eof_of),
      buffer_(new std::byte[sizeof(FrameHeader) + max_request_bytes + read_bytes]) {
  if (epoll_.get() < 0) throw system_failure("the peer got no epoll instance");
  prctl(PR_SET_TIMERSLACK, 1UL);  // else the kernel answers up to 50 us late
  watch(listener_.get(), EPOLLIN | EPOLLET);
  if (stop_ >= 0) watch(stop_, EPOLLIN);
}

void Peer::watch(int descriptor, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.fd = descriptor}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0) return;
  if (errno == EPERM) throw std::runtime_error("the peer can watch a pipe or a terminal for its end, but no file");
  throw system_failure("the peer cannot watch a descriptor");
}

void Peer::run() {
  while (!stopped_) {
    const int ready = wait();
    for (int i = 0; i < ready; ++i) {
      const auto [events, data] = events_[static_cast<std::size_t>(i)];
      if (data.fd == listener_.get()) {
        accept_again_ns_ = 0;
      } else if (data.fd == stop_) {
        std::array<std::byte, 256> dropped;
        const ssize_t got = read(stop_, dropped.data(), dropped.size());
        stopped_ = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
      } else if (PeerConnection* connection = connections_.find(data.fd)) {
        if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) connection->readable = true;
        if ((events & EPOLLRDHUP) != 0) connection->ending = true;
        if ((events & EPOLLOUT) != 0) connection->writable = true;
        (events & (EPOLLHUP | EPOLLERR)) != 0 ? part_from(*connection) : take_turn(*connection);
      }
      answer_due(answers_per_event);
    }
    answer_due(answers_in_a_row);
    if (accept_again_ns_ <= now_) accept_some();
  }
}

// What was sent since the last look was sent now, for the witness.
void Peer::look_at_clock() {
  now_ = now_ns();
  witness_.note(now_);
}

// Sleeps until something comes or a reply is due. Returns how many events there are.
int Peer::wait() {
  look_at_clock();
  const std::uint64_t until = std::min(waiting_.earliest_ns(), accept_again_ns_);
  timespec timeout{};
  if (until != never && until > now_) {
    std::uint64_t left = until - now_;
    // The kernel may come a thousandth of the timeout late: a long one is slept in parts.
    if (left > 10'000'000) left -= left / 500;
    timeout.tv_sec = static_cast<time_t>(left / 1'000'000'000U);
    timeout.tv_nsec = static_cast<long>(left % 1'000'000'000U);
  }
  const int ready = epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                                 until == never ? nullptr : &timeout, nullptr);
  if (ready < 0 && errno != EINTR) throw system_failure("the peer cannot wait (epoll_pwait2, Linux 5.11 and later)");
  if (ready <= 0) look_at_clock();  // else a read will
  return std::max(ready, 0);
}

void Peer::accept_some() {
  accept_again_ns_ = never;
  for (int i = 0; i < accepts_in_a_row; ++i) {
    Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EAGAIN) return;  // the next one is an event
      if (errno == ECONNABORTED || errno == EINTR) continue;
      // Descriptors or memory are used up. Asking again at once would take the CPU from the connections there are.
      accept_again_ns_ = now_ + accept_pause_ns;
      return;
    }
    PeerConnection& connection = connections_.add(std::move(socket));
    witness_.accepted();
    try {
      watch(connection.socket.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    } catch (const std::system_error&) {
      part_from(connection);
    }
  }
  accept_again_ns_ = 0;
}

// Sends and reads as far as both go without waiting.
void Peer::take_turn(PeerConnection& connection) {
  for (int round = 0; round < rounds_in_a_row; ++round) {
    if (!connection.send_what_goes(witness_)) return part_from(connection);
    if (!connection.may_read()) return;
    if (!read_some(connection)) return part_from(connection);
  }
  // Others wait. Setting the events anew makes epoll report what is still there.
  const int descriptor = connection.socket.get();
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.fd = descriptor}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event);
}

// One recv. Returns false where the connection is to be closed.
bool Peer::read_some(PeerConnection& connection) {
  const std::size_t before = connection.backlog ? connection.backlog->half_frame.size() : 0;
  if (before != 0) std::memcpy(buffer_.get(), connection.backlog->half_frame.data(), before);
  const ssize_t got = recv(connection.socket.get(), buffer_.get() + before, read_bytes, 0);
  if (got == 0) return false;
  if (got < 0) {
    if (errno == EAGAIN) connection.readable = false;
    return errno == EAGAIN || errno == EINTR;
  }
  if (static_cast<std::size_t>(got) < read_bytes && !connection.ending) connection.readable = false;
  look_at_clock();
  return take_frames(connection, {buffer_.get(), before + static_cast<std::size_t>(got)});
}

// Returns false where there is no request among them, or the connection is broken.
bool Peer::take_frames(PeerConnection& connection, std::span<std::byte> data) {
  std::size_t due = 0;  // bytes in front of `data`: replies that are due at once, which are sent in one piece
  std::uint64_t replies = 0;
  const auto answer = [&] {
    const std::size_t bytes = std::exchange(due, 0);
    return bytes == 0 || connection.reply({data.data() - bytes, bytes}, std::exchange(replies, 0), witness_);
  };
  while (data.size() >= sizeof(FrameHeader)) {
    FrameHeader header;
    std::memcpy(&header, data.data(), sizeof(header));
    if (header.magic != FrameHeader::magic_value || header.bytes > max_request_bytes || header.served != 0) {
      witness_.refused();
      return false;
    }
    const std::size_t size = sizeof(header) + header.bytes;
    if (data.size() < size) break;
    witness_.asked(connection.owes_replies() || replies != 0);
    header.served = ~header.nonce;
    std::memcpy(data.data(), &header, sizeof(header));  // the frame becomes its own reply
    if (header.delay_ns == 0) {
      due += size;
      ++replies;
    } else {
      if (!answer()) return false;
      const std::uint64_t due_ns = header.delay_ns < never - now_ ? now_ + header.delay_ns : never - 1;
      const auto& reply = waiting_.add(due_ns, connection.socket.get(), connection.serial, data.first(size));
      ++connection.waiting;
      connection.waiting_bytes += reply.cost();
    }
    data = data.subspan(size);
  }
  if (!answer()) return false;
  connection.keep_half(data);
  return true;
}

// Sends replies whose time has come.
void Peer::answer_due(std::size_t most) {
  for (; most > 0 && waiting_.earliest_ns() <= now_; --most) {
    const auto reply = waiting_.take();
    PeerConnection* connection = receiver_of(*reply);
    if (connection == nullptr) {
      --orphans_;
      continue;
    }
    --connection->waiting;
    connection->waiting_bytes -= reply->cost();
    if (!connection->reply(reply->frame(), 1, witness_)) {
      part_from(*connection);
    } else if (connection->may_read()) {
      take_turn(*connection);
    }
  }
}

void Peer::part_from(PeerConnection& connection) {
  witness_.parted();
  orphans_ += connection.waiting;
  connections_.remove(connection);
  if (orphans_ > few_orphans && orphans_ > waiting_.size() / 2) {
    waiting_.forget_if([this](const WaitingReply& reply) { return receiver_of(reply) == nullptr; });
    orphans_ = 0;
  }
  if (accept_again_ns_ != never) accept_again_ns_ = 0;  // there may be room now
}

void allow_all_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // where it fails the peer holds fewer connections
}

}  // namespace

void serve(const PeerOptions& options) {
  allow_all_descriptors();
  const bool shared = options.threads > 1;
  // Who shares a port would also share it with a peer that somebody else has there.
  if (shared && options.port != 0) listen_on(options.port, false);
  const auto page_of = [&](std::uint32_t thread) {
    return thread < options.pages.size() ? &options.pages[thread] : nullptr;
  };
  Descriptor listener = listen_on(options.port, shared);
  const std::uint16_t port = port_of(listener);
  Peer first(std::move(listener), options.stop_at_eof_of, page_of(0));
  Pipe stop;  // the others end when the first one does: their end of file is the end of this
  if (shared) stop = make_pipe();
  std::latch listening(options.threads);
  std::vector<std::jthread> others;
  const Descriptor ends = std::move(stop.write_end);  // closed before they are waited for
  for (std::uint32_t thread = 1; thread < options.threads; ++thread) {
    others.emplace_back([&, thread]() noexcept {
      Peer peer(listen_on(port, shared), stop.read_end.get(), page_of(thread));
      listening.count_down();
      peer.run();
    });
  }
  listening.arrive_and_wait();
  if (options.ready) options.ready(port);
  first.run();
}

}  // namespace cbench
