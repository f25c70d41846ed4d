// Stacks for fibers, carved out of large mappings: a stack costs a few ns from the free list, the kernel sees one
// mapping for many of them (max_map_count allows 65,530), and they may lie in huge pages.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include <boost/context/stack_context.hpp>

namespace cbench {

// Owns stacks of one size. `shared` arenas may be used from several threads at once. Outlives the threads that use it:
// Boost.Fiber frees the last stacks of a thread after the thread's own variables are gone.
class StackArena {
 public:
  // Huge pages pay where stacks are so small that most of them is touched anyway: larger ones never lie in them.
  static constexpr std::size_t most_in_huge_pages = 16 * 1024;

  // Huge pages are touched whole: without them a stack takes only the pages that are used of it.
  StackArena(std::size_t stack_bytes, bool shared, bool huge_pages = true);
  ~StackArena();
  StackArena(const StackArena&) = delete;
  StackArena& operator=(const StackArena&) = delete;

  boost::context::stack_context allocate();
  void deallocate(boost::context::stack_context& stack);

 private:
  void add_chunk();

  const std::size_t stack_bytes_;
  const bool shared_;
  const bool huge_pages_;
  std::mutex mutex_;  // guards the rest where the arena is shared
  std::vector<void*> chunks_;
  std::vector<std::byte*> free_;
};

// What Boost.Fiber takes as a stack allocator: a handle of an arena.
struct ArenaStack {
  StackArena* arena;
  boost::context::stack_context allocate() { return arena->allocate(); }
  void deallocate(boost::context::stack_context& stack) { arena->deallocate(stack); }
};

}  // namespace cbench
