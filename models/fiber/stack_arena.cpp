#include "models/fiber/stack_arena.hpp"

#include <algorithm>
#include <new>

#include <sys/mman.h>

namespace cbench {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20U;
constexpr std::size_t usual_chunk = 16 * huge_page;
// Stacks of one size would begin at the same place of every page, and so share a few sets of the cache: each begins
// some lines further on than the one before.
constexpr std::size_t cache_line = 64;
constexpr std::size_t colours = 8;

}  // namespace

StackArena::StackArena(std::size_t stack_bytes, bool shared)
    : stack_bytes_(stack_bytes),
      chunk_bytes_(std::max(usual_chunk, stack_bytes)),
      shared_(shared),
      huge_pages_(stack_bytes <= touched) {}

StackArena::~StackArena() {
  for (void* chunk : chunks_) munmap(chunk, chunk_bytes_);
}

void StackArena::add_chunk() {
  void* chunk = mmap(nullptr, chunk_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (chunk == MAP_FAILED) throw std::bad_alloc();
  madvise(chunk, chunk_bytes_, huge_pages_ ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  chunks_.push_back(chunk);
  const std::size_t stacks = chunk_bytes_ / stack_bytes_;
  free_.reserve(free_.size() + stacks);
  // The lowest address is used first, so that little work touches little memory.
  for (std::size_t i = stacks; i > 0; --i) free_.push_back(static_cast<std::byte*>(chunk) + (i - 1) * stack_bytes_);
}

boost::context::stack_context StackArena::allocate() {
  std::unique_lock lock(mutex_, std::defer_lock);
  if (shared_) lock.lock();
  if (free_.empty()) add_chunk();
  std::byte* bottom = free_.back();
  free_.pop_back();
  const std::size_t colour = (reinterpret_cast<std::uintptr_t>(bottom) / stack_bytes_) % colours;
  boost::context::stack_context stack;
  stack.size = stack_bytes_ - colour * cache_line;
  stack.sp = bottom + stack.size;  // stacks grow down
  return stack;
}

void StackArena::deallocate(boost::context::stack_context& stack) {
  std::unique_lock lock(mutex_, std::defer_lock);
  if (shared_) lock.lock();
  free_.push_back(static_cast<std::byte*>(stack.sp) - stack.size);
}

}  // namespace cbench
