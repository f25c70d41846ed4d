// Stacks for fibers, carved out of large mappings: a stack costs a few ns from the free list, the kernel sees one
// mapping for many of them (max_map_count allows 65,530), and the smallest lie in huge pages.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include <sanitizer/asan_interface.h>
#include <boost/context/stack_context.hpp>

#include "system/cache_lines.hpp"

namespace cbench {

// Owns stacks of one size. `shared` arenas may be used from several threads at once. Outlives the threads that use it:
// Boost.Fiber frees the last stacks of a thread after the thread's own variables are gone. Those of several threads are
// made one after the other: side by side, each task would take the other's free list out of its CPU's cache.
class alignas(lines_apart) StackArena {
 public:
  // A fiber that ends has touched two pages of its stack: every function of Boost.Fiber's that takes a spin lock has
  // room in its frame for a random device of 5 KB.
  static constexpr std::size_t touched = 8 * 1024;

  // Where that is the whole stack, stacks lie in huge pages, which cost fewer page faults. Larger stacks never do: a
  // huge page is touched whole, and would hold twice the memory for no gain once it is warm.
  StackArena(std::size_t stack_bytes, bool shared);
  ~StackArena();
  StackArena(const StackArena&) = delete;
  StackArena& operator=(const StackArena&) = delete;

  boost::context::stack_context allocate();
  void deallocate(boost::context::stack_context& stack);

 private:
  void add_chunk();

  const std::size_t stack_bytes_;
  const std::size_t chunk_bytes_;  // of one mapping
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

// A stack allocator whose freed stacks mean nothing to the address sanitizer any more. A fiber never returns from its
// outermost frames, so their red zones stay marked, and memory that is mapped there next would seem poisoned.
template <class Allocator>
struct ForgottenStack {
  Allocator allocator;
  boost::context::stack_context allocate() { return allocator.allocate(); }
  void deallocate(boost::context::stack_context& stack) {
    ASAN_UNPOISON_MEMORY_REGION(static_cast<std::byte*>(stack.sp) - stack.size, stack.size);
    allocator.deallocate(stack);
  }
};

}  // namespace cbench
