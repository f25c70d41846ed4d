#include "micro/team.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <sched.h>

#include "system/cpu_clock.hpp"
#include "system/cpus.hpp"

namespace cbench::micro {
namespace {

using Clock = std::chrono::steady_clock;

// To the first CPU that this process may use.
void pin_this_thread() {
  const std::uint32_t first = allowed_cpus().front();
  const CpuMask one({&first, 1});
  if (sched_setaffinity(0, one.bytes(), one.get()) != 0) {
    throw std::runtime_error("a thread cannot be pinned to a CPU");
  }
}

// What one thread leaves behind.
struct Seat {
  Clock::time_point begin;
  Clock::time_point end;
  std::chrono::nanoseconds cpu{};
  std::exception_ptr error;
};

void take(Seat& seat, const Body& body, std::latch& start) {
  start.arrive_and_wait();
  const auto cpu = cpu_time_of_this_thread();
  seat.begin = Clock::now();
  try {
    body();
  } catch (...) {
    seat.error = std::current_exception();
  }
  seat.end = Clock::now();
  seat.cpu = cpu_time_of_this_thread() - cpu;
}

}  // namespace

std::string_view name_of(Placement placement) { return placement == Placement::pinned ? "pinned" : "unpinned"; }

Measurement run_threads(std::span<const Body> bodies, Placement placement) {
  std::vector<Seat> seats(bodies.size());
  std::latch start(static_cast<std::ptrdiff_t>(bodies.size()));
  if (placement == Placement::pinned) pin_this_thread();  // its threads inherit that; the process is this run's own
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      threads.emplace_back([&, i] { take(seats[i], bodies[i], start); });
    }
  }
  Measurement measurement;
  auto begin = seats.front().begin;
  auto end = seats.front().end;
  for (const Seat& seat : seats) {
    if (seat.error) std::rethrow_exception(seat.error);
    begin = std::min(begin, seat.begin);
    end = std::max(end, seat.end);
    measurement.cpu += seat.cpu;
  }
  measurement.wall = end - begin;
  return measurement;
}

Measurement run_threads(std::initializer_list<Body> bodies, Placement placement) {
  return run_threads(std::span(bodies.begin(), bodies.size()), placement);
}

Measurement run_team(std::uint32_t threads, std::uint64_t operations, const Share& work) {
  std::vector<Body> bodies;
  for (std::uint32_t thread = 0; thread < threads; ++thread) {
    const std::uint64_t share = operations / threads + (thread < operations % threads ? 1 : 0);
    bodies.emplace_back([&work, thread, share] { work(thread, share); });
  }
  return run_threads(bodies, Placement::unpinned);
}

void check_count(std::string_view what, std::uint64_t is, std::uint64_t must_be) {
  if (is != must_be) throw Defect(fmt::format("{}: {} instead of {}", what, is, must_be));
}

}  // namespace cbench::micro
