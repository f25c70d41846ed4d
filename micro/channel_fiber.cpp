// Boost.Fiber's channels: between two fibers of one thread, where a hand-over is a switch of stacks, and between two
// threads.
#include <fmt/format.h>
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/unbuffered_channel.hpp>

#include "micro/benchmark.hpp"
#include "micro/messages.hpp"

namespace cbench::micro {
namespace {

namespace bf = boost::fibers;

// A ring of a power of two slots, one of which stays empty: it holds one message less than it is made for.
struct Buffered : bf::buffered_channel<std::uint64_t> {
  explicit Buffered(std::size_t capacity) : bf::buffered_channel<std::uint64_t>(capacity + 1) {}
};
struct Unbuffered : bf::unbuffered_channel<std::uint64_t> {
  explicit Unbuffered(std::size_t) {}
};

template <class Channel>
Measurement between_fibers(std::size_t capacity, std::uint64_t operations) {
  Received received;
  const Measurement measurement = run_team(1, operations, [&](std::uint32_t, std::uint64_t share) {
    Channel channel(capacity);
    bf::fiber sender([&] {
      for (std::uint64_t i = 0; i < share; ++i) channel.push(i);
    });
    bf::fiber receiver([&] {
      for (std::uint64_t i = 0; i < share; ++i) received.take(channel.value_pop());
    });
    sender.join();
    receiver.join();
  });
  received.check(operations);
  return measurement;
}

template <class Channel>
Measurement between_threads(std::size_t capacity, Placement placement, std::uint64_t operations) {
  Channel channel(capacity);
  return send_across(
      placement, operations, [&](std::uint64_t i) { channel.push(i); }, [&] { return channel.value_pop(); });
}

template <class Channel>
void add_channel(Benchmarks& benchmarks, const std::string& name, std::size_t capacity) {
  benchmarks.push_back({name + "/one_thread", 1, [capacity](std::uint64_t operations) {
                          return between_fibers<Channel>(capacity, operations);
                        }});
  for (const Placement placement : placements) {
    benchmarks.push_back(
        {fmt::format("{}/{}", name, name_of(placement)), 2, [capacity, placement](std::uint64_t operations) {
           return between_threads<Channel>(capacity, placement, operations);
         }});
  }
}

void add(Benchmarks& benchmarks, Counts) {
  add_channel<Unbuffered>(benchmarks, "primitive/channel/fiber/capacity:0", 0);
  for (const std::size_t capacity : {1U, 63U, 1023U}) {
    add_channel<Buffered>(benchmarks, fmt::format("primitive/channel/fiber/capacity:{}", capacity), capacity);
  }
}

}  // namespace

extern const Family channel_fiber_family;
const Family channel_fiber_family{.name = "channel_fiber", .add = add};

}  // namespace cbench::micro
