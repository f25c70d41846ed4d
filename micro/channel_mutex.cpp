// A bounded channel as one writes it by hand: a ring, a mutex and two condition variables.
#include <condition_variable>
#include <mutex>
#include <vector>

#include <fmt/format.h>

#include "micro/benchmark.hpp"
#include "micro/messages.hpp"

namespace cbench::micro {
namespace {

class Channel {
 public:
  explicit Channel(std::size_t capacity) : ring_(capacity) {}

  // Blocks while there is no room.
  void send(std::uint64_t message) {
    std::unique_lock lock(mutex_);
    wait(room_, lock, senders_waiting_, [&] { return count_ < ring_.size(); });
    ring_[(first_ + count_++) % ring_.size()] = message;
    const bool somebody_waits = receivers_waiting_ > 0;
    lock.unlock();
    if (somebody_waits) something_.notify_one();
  }
  // Blocks while there is nothing.
  std::uint64_t receive() {
    std::unique_lock lock(mutex_);
    wait(something_, lock, receivers_waiting_, [&] { return count_ > 0; });
    const std::uint64_t message = ring_[first_];
    first_ = (first_ + 1) % ring_.size();
    --count_;
    const bool somebody_waits = senders_waiting_ > 0;
    lock.unlock();
    if (somebody_waits) room_.notify_one();
    return message;
  }

 private:
  template <class Condition>
  static void wait(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, int& waiting, Condition met) {
    ++waiting;
    changed.wait(lock, met);
    --waiting;
  }

  std::mutex mutex_;  // guards the rest
  std::condition_variable room_;
  std::condition_variable something_;
  std::vector<std::uint64_t> ring_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  int senders_waiting_ = 0;
  int receivers_waiting_ = 0;
};

void add(Benchmarks& benchmarks, Counts) {
  for (const std::size_t capacity : {1U, 64U, 1024U}) {
    const std::string name = fmt::format("primitive/channel/mutex/capacity:{}", capacity);
    benchmarks.push_back({name + "/one_thread", 1, [capacity](std::uint64_t operations) {
                            Channel channel(capacity);
                            return send_to_oneself(
                                operations, [&](std::uint64_t i) { channel.send(i); },
                                [&] { return channel.receive(); });
                          }});
    for (const Placement placement : placements) {
      benchmarks.push_back(
          {fmt::format("{}/{}", name, name_of(placement)), 2, [capacity, placement](std::uint64_t operations) {
             Channel channel(capacity);
             return send_across(
                 placement, operations, [&](std::uint64_t i) { channel.send(i); }, [&] { return channel.receive(); });
           }});
    }
  }
}

}  // namespace

extern const Family channel_mutex_family;
const Family channel_mutex_family{.name = "channel_mutex", .add = add};

}  // namespace cbench::micro
