// The exchange of one frame against the clock. The peer holds each reply for as long as it was asked to, so that one
// which comes earlier was given by somebody else, or by a peer that does other work than the trial thinks.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

#include "harness/clock.hpp"
#include "text/quantity.hpp"
#include "workloads/frame.hpp"

namespace cbench {

// As Exchange, whose I/O stays the caller's. Costs two stamps for each request that has a delay.
class TimedExchange : private Exchange {
 public:
  using Exchange::all_sent;
  using Exchange::missing;
  using Exchange::sent;
  using Exchange::to_send;
  using Exchange::value;

  void begin(const Step& step, std::uint32_t connection) {
    Exchange::begin(step, connection);
    delay_ns_ = static_cast<std::uint64_t>(step.time.count());
    if (delay_ns_ != 0) began_ = ticks::now();
  }

  // Throws std::runtime_error where the reply is wrong, or came too early.
  bool receive(std::span<const std::byte> data) {
    if (!Exchange::receive(data)) return false;
    if (delay_ns_ == 0) return true;
    const std::uint64_t took_ns = ticks::to_ns(began_, ticks::now());
    if (took_ns < delay_ns_ - delay_ns_ / tolerance) [[unlikely]]
      came_early(took_ns);
    return true;
  }

 private:
  // The peer waits by the kernel's clock. The calibration of the one behind the stamps is good for a thousandth.
  static constexpr std::uint64_t tolerance = 500;

  [[noreturn]] void came_early(std::uint64_t took_ns) const {
    const auto text = [](std::uint64_t ns) { return format_duration(std::chrono::nanoseconds(ns)); };
    throw std::runtime_error(
        fmt::format("wrong reply from the peer: it came after {} instead of {}", text(took_ns), text(delay_ns_)));
  }

  std::uint64_t delay_ns_ = 0;
  Ticks began_ = 0;
};

}  // namespace cbench
