// A stack without locks against one with a mutex. An operation takes two nodes off and puts them back, the upper one
// first: that is how ABA strikes. While a thread holds a node it alone counts on it, so a node that two of them got at
// once loses counts.
#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "micro/benchmark.hpp"
#include "micro/team.hpp"
#include "system/cache_lines.hpp"

namespace cbench::micro {
namespace {

using Index = std::uint32_t;  // of a node; nodes live as long as the stack
constexpr Index none = UINT32_MAX;

// Treiber's stack. The head carries a tag beside the node's index, which every change makes another: a head that was
// taken off and put back meanwhile (ABA) is not the head that was read. After 2^32 changes within one operation's time
// the tag would come round.
class LockFreeStack {
 public:
  explicit LockFreeStack(Index nodes) : next_(nodes) {}

  void push(Index node) {
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    do {
      next_[node].store(index_of(head), std::memory_order_relaxed);
    } while (!head_.compare_exchange_weak(head, successor(head, node), std::memory_order_release,
                                          std::memory_order_relaxed));
  }
  std::optional<Index> pop() {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const Index node = index_of(head);
      if (node == none) return std::nullopt;
      // The node may be another thread's by now: then what is read here is not used.
      const Index next = next_[node].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, successor(head, next), std::memory_order_acquire)) return node;
    }
  }

 private:
  static Index index_of(std::uint64_t head) { return static_cast<Index>(head); }
  static std::uint64_t successor(std::uint64_t head, Index node) { return (((head >> 32U) + 1) << 32U) | node; }

  alignas(lines_apart) std::atomic<std::uint64_t> head_{none};
  alignas(lines_apart) std::vector<std::atomic<Index>> next_;
};

class LockedStack {
 public:
  explicit LockedStack(Index nodes) { nodes_.reserve(nodes); }
  void push(Index node) {
    const std::lock_guard lock(mutex_);
    nodes_.push_back(node);
  }
  std::optional<Index> pop() {
    const std::lock_guard lock(mutex_);
    if (nodes_.empty()) return std::nullopt;
    const Index node = nodes_.back();
    nodes_.pop_back();
    return node;
  }

 private:
  std::mutex mutex_;
  std::vector<Index> nodes_;  // guarded by mutex_
};

template <class Stack>
Measurement take_and_put_back(std::uint32_t threads, std::uint64_t operations) {
  struct alignas(lines_apart) Node {
    std::uint64_t uses = 0;  // of whoever holds the node
  };
  const Index count = 3 * threads;
  Stack stack(count);
  std::vector<Node> nodes(count);
  for (Index node = 0; node < count; ++node) stack.push(node);
  std::atomic<std::uint64_t> found_empty{0};
  const Measurement measurement = run_team(threads, operations, [&](std::uint32_t, std::uint64_t share) {
    for (std::uint64_t i = 0; i < share; ++i) {
      const std::optional<Index> upper = stack.pop();
      const std::optional<Index> lower = stack.pop();
      if (!upper || !lower) found_empty.fetch_add(1);
      for (const std::optional<Index> node : {upper, lower}) {
        if (!node) continue;
        ++nodes[*node].uses;
        stack.push(*node);
      }
    }
  });
  check_count("times that the stack was empty, with more nodes than threads", found_empty, 0);
  std::vector<bool> seen(count);
  std::uint64_t uses = 0;
  for (Index left = 0; left < count; ++left) {
    const std::optional<Index> node = stack.pop();
    if (!node || seen[*node]) throw Defect("the stack has lost a node, or holds one twice");
    seen[*node] = true;
    uses += nodes[*node].uses;
  }
  if (stack.pop()) throw Defect("the stack has more nodes than were put on it");
  check_count("uses counted on the nodes", uses, 2 * operations);
  return measurement;
}

void add(Benchmarks& benchmarks, Counts counts) {
  using Take = Measurement (*)(std::uint32_t, std::uint64_t);
  constexpr std::pair<std::string_view, Take> stacks[] = {{"lock_free", take_and_put_back<LockFreeStack>},
                                                          {"locked", take_and_put_back<LockedStack>}};
  for (const auto& [name, take] : stacks) {
    for (const std::uint32_t threads : counts) {
      benchmarks.push_back({fmt::format("primitive/stack/{}/threads:{}", name, threads), threads,
                            [take, threads](std::uint64_t operations) { return take(threads, operations); }});
    }
  }
}

}  // namespace

extern const Family stacks_family;
const Family stacks_family{.name = "stacks", .add = add};

}  // namespace cbench::micro
