#include "models/threads/blocking_steps.hpp"

#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <system_error>

#include <sys/socket.h>

#include "models/waiting/send_some.hpp"

namespace cbench {
namespace {

constexpr std::size_t read_bytes = 16 * 1024;

[[noreturn]] void connection_lost(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

void sleep_thread(std::chrono::nanoseconds time) {
  constexpr std::int64_t second = 1'000'000'000;
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  const std::int64_t ns = until.tv_nsec + time.count();
  until.tv_sec += ns / second;
  until.tv_nsec = ns % second;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

std::uint64_t BlockingRequests::operator()(const Step& step, std::uint32_t connection) {
  TimedExchange& exchange = exchanges_[connection].exchange;
  const int descriptor = connections_[connection];
  exchange.begin(step, connection);
  while (!exchange.all_sent()) {
    const ssize_t sent = send_some(exchange, descriptor);
    if (sent < 0 && errno != EINTR) connection_lost("the request could not be sent to the peer");
  }
  std::byte buffer[read_bytes];
  for (;;) {
    const ssize_t got = recv(descriptor, buffer, sizeof(buffer), 0);
    if (got == 0) throw std::runtime_error("the peer closed the connection before it answered");
    if (got < 0 && errno != EINTR) connection_lost("the reply could not be read from the peer");
    if (got > 0 && exchange.receive({buffer, static_cast<std::size_t>(got)})) return exchange.value();
  }
}

}  // namespace cbench
