#include "sweep/conformance/wrong_peer.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "system/descriptor.hpp"
#include "workloads/frame.hpp"

namespace cbench {
namespace {

bool read_all(int socket, void* data, std::size_t size) {
  return size == 0 || recv(socket, data, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

void answer(int listener, WrongReply reply) {
  const Descriptor connection(accept(listener, nullptr, nullptr));
  if (!connection) return;
  const int on = 1;
  setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  FrameHeader header;
  while (read_all(connection.get(), &header, sizeof header) && header.bytes <= max_request_bytes) {
    std::vector<char> frame(sizeof header + header.bytes);
    if (!read_all(connection.get(), frame.data() + sizeof header, header.bytes)) return;
    const auto asked = std::chrono::nanoseconds(static_cast<std::int64_t>(header.delay_ns));
    std::this_thread::sleep_for(reply == WrongReply::early ? asked / 2 : asked);
    if (reply == WrongReply::other) ++header.nonce;
    header.served = ~header.nonce;
    std::memcpy(frame.data(), &header, sizeof header);
    if (send(connection.get(), frame.data(), frame.size(), MSG_NOSIGNAL) < 0) return;
  }
}

}  // namespace

struct WrongPeer::Serving {
  Descriptor listener;
  std::thread thread;
};

WrongPeer::WrongPeer(WrongReply reply) : serving_(new Serving) {
  serving_->listener = Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const int listener = serving_->listener.get();
  if (bind(listener, any, size) != 0 || listen(listener, 16) != 0 || getsockname(listener, any, &size) != 0) {
    const int error = errno;
    delete serving_;
    throw std::system_error(error, std::generic_category(), "no socket for a peer that answers wrongly");
  }
  port_ = ntohs(address.sin_port);
  serving_->thread = std::thread(answer, listener, reply);
}

WrongPeer::~WrongPeer() {
  shutdown(serving_->listener.get(),
           SHUT_RDWR);  // ends the wait for a connection; one that there is ends with its client
  serving_->thread.join();
  delete serving_;
}

}  // namespace cbench
