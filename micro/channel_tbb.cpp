// oneTBB's bounded queue, which blocks OS threads.
#include <fmt/format.h>
#include <tbb/concurrent_queue.h>

#include "micro/benchmark.hpp"
#include "micro/messages.hpp"

namespace cbench::micro {
namespace {

using Queue = tbb::concurrent_bounded_queue<std::uint64_t>;

std::uint64_t receive_from(Queue& queue) {
  std::uint64_t message = 0;
  queue.pop(message);
  return message;
}

void add(Benchmarks& benchmarks, Counts) {
  for (const std::ptrdiff_t capacity : {1, 64, 1024}) {
    const std::string name = fmt::format("primitive/channel/tbb/capacity:{}", capacity);
    benchmarks.push_back({name + "/one_thread", 1, [capacity](std::uint64_t operations) {
                            Queue queue;
                            queue.set_capacity(capacity);
                            return send_to_oneself(
                                operations, [&](std::uint64_t i) { queue.push(i); },
                                [&] { return receive_from(queue); });
                          }});
    for (const Placement placement : placements) {
      benchmarks.push_back(
          {fmt::format("{}/{}", name, name_of(placement)), 2, [capacity, placement](std::uint64_t operations) {
             Queue queue;
             queue.set_capacity(capacity);
             return send_across(
                 placement, operations, [&](std::uint64_t i) { queue.push(i); }, [&] { return receive_from(queue); });
           }});
    }
  }
}

}  // namespace

extern const Family channel_tbb_family;
const Family channel_tbb_family{.name = "channel_tbb", .add = add};

}  // namespace cbench::micro
