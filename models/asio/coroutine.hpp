// What C++20 leaves to its users: the types that make a function a coroutine. Asio's own, `awaitable` and `co_spawn`,
// cost 225 ns a task where these cost 25 (post, frame, resume), because they carry cancellation and type-erased
// executors that no step of a script needs.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include <boost/system/error_code.hpp>

#include "models/asio/coroutine_tasks.hpp"

namespace cbench {

// Frames of coroutines that ended on this thread, for those that begin on it next. malloc keeps seven of a size at hand
// and Asio two of any, where a worker has tasks and branches by the hundred: 30 % of a fork-join of empty branches.
class FrameCache {
 public:
  FrameCache() = default;
  FrameCache(const FrameCache&) = delete;
  FrameCache& operator=(const FrameCache&) = delete;
  ~FrameCache() {
    for (List& list : lists_) {
      while (list.first != nullptr) ::operator delete(std::exchange(list.first, list.first->next));
    }
  }

  void* allocate(std::size_t bytes) {
    const std::size_t size = size_class(bytes);
    if (size >= sizes) return ::operator new(bytes);
    List& list = lists_[size];
    if (list.first == nullptr) return ::operator new((size + 1) * step);
    --list.kept;
    return std::exchange(list.first, list.first->next);
  }
  // What was allocated on whichever thread: those that mostly end coroutines keep no more than `most_kept` of them.
  void deallocate(void* frame, std::size_t bytes) {
    const std::size_t size = size_class(bytes);
    if (size >= sizes || lists_[size].kept == most_kept) return ::operator delete(frame);
    List& list = lists_[size];
    list.first = new (frame) Free{list.first};
    ++list.kept;
  }

 private:
  static constexpr std::size_t step = 64;
  static constexpr std::size_t sizes = 32;
#if defined(__SANITIZE_ADDRESS__)
  static constexpr std::uint32_t most_kept = 0;  // it is to see who uses a frame that is gone
#else
  static constexpr std::uint32_t most_kept = 4096;  // of a size
#endif

  struct Free {
    Free* next;
  };
  struct List {
    Free* first = nullptr;
    std::uint32_t kept = 0;
  };
  static std::size_t size_class(std::size_t bytes) { return (bytes - 1) / step; }

  std::array<List, sizes> lists_;
};

struct FrameMemory {
  static FrameCache& cache() {
    static thread_local FrameCache of_thread;
    return of_thread;
  }
  static void* operator new(std::size_t bytes) {
    count_coroutine();
    return cache().allocate(bytes);
  }
  static void operator delete(void* frame, std::size_t bytes) { cache().deallocate(frame, bytes); }
};

// A coroutine that nobody awaits: a task, or a branch of a fan-out. Made suspended, for somebody to resume; its frame
// goes when it ends. It must not throw.
struct Detached {
  struct promise_type : FrameMemory {
    Detached get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() { std::terminate(); }
  };

  std::coroutine_handle<> handle;
};

// A coroutine that is run by awaiting it, and gives a value or throws.
template <class Value>
class [[nodiscard]] Awaitable {
 public:
  struct promise_type : FrameMemory {
    Awaitable get_return_object() { return Awaitable(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct ToAwaiter {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
          return self.promise().awaiter;
        }
        void await_resume() noexcept {}
      };
      return ToAwaiter{};
    }
    void return_value(Value v) { value = std::move(v); }
    void unhandled_exception() { error = std::current_exception(); }

    std::coroutine_handle<> awaiter;
    std::optional<Value> value;
    std::exception_ptr error;
  };

  Awaitable(Awaitable&& other) noexcept : self_(std::exchange(other.self_, nullptr)) {}
  Awaitable& operator=(Awaitable&&) = delete;
  ~Awaitable() {
    if (self_) self_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    self_.promise().awaiter = awaiter;
    return self_;
  }
  Value await_resume() {
    if (self_.promise().error) std::rethrow_exception(std::move(self_.promise().error));
    return *std::move(self_.promise().value);
  }

 private:
  explicit Awaitable(std::coroutine_handle<promise_type> self) : self_(self) {}

  std::coroutine_handle<promise_type> self_;
};

// Awaits an operation of Asio. `begin(handler)` starts it.
template <class Begin>
class Completion {
 public:
  struct Result {
    boost::system::error_code error;
    std::size_t bytes = 0;  // that were moved
  };

  explicit Completion(Begin begin) : begin_(begin) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    begin_([this, waiting](boost::system::error_code error, std::size_t bytes = 0) {
      result_ = {error, bytes};
      waiting.resume();
    });
  }
  Result await_resume() const { return result_; }

 private:
  Begin begin_;
  Result result_;
};

}  // namespace cbench
