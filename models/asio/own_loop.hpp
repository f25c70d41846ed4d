// A loop of Asio's on which coroutines of cbench's own types run.
#pragma once

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "models/asio/asio_alarm.hpp"
#include "models/asio/async_mutex.hpp"
#include "models/asio/coroutine.hpp"
#include "models/asio/coroutine_tasks.hpp"
#include "models/walks/run_awaiting.hpp"
#include "system/cache_lines.hpp"

namespace cbench {

// Apart from what another loop's thread writes to.
class alignas(lines_apart) OwnLoop {
 public:
  using Coroutine = Detached;
  using Lock = AsyncMutex<OwnLoop>;

  OwnLoop(Loops<OwnLoop>& all, std::uint32_t number, int threads)
      : all_(all), number_(number), io_(threads), alarm_(io_), work_(boost::asio::make_work_guard(io_)) {}

  void run() { io_.run(); }
  void stop() { work_.reset(); }
  boost::asio::io_context& io() { return io_; }
  static std::unique_ptr<Lock> make_lock() { return std::make_unique<Lock>(); }
  void start(const Task& task);

  // For AsyncMutex. From any thread.
  void resume_later(std::coroutine_handle<> suspended) {
    boost::asio::post(io_, [suspended] { suspended.resume(); });
  }

  // The idiom of run_awaiting.
  auto wait(std::chrono::nanoseconds time) {
    struct Sleep {
      AsioAlarm& alarm;
      std::chrono::nanoseconds time;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> sleeper) { alarm.wake(sleeper, time); }
      void await_resume() const noexcept {}
    };
    return Sleep{alarm_, time};
  }
  Awaitable<std::uint64_t> request(const Step& step, std::uint32_t connection);
  Lock::Waiter lock(std::uint32_t number) { return all_.locks[number]->lock(*this); }
  void unlock(std::uint32_t number) { all_.locks[number]->unlock(); }
  auto all_of(FanOut<OwnLoop>& fan_out) {
    // The branches may all end before they are all started: their parent counts as one more of them.
    struct UntilOver {
      OwnLoop& loop;
      FanOut<OwnLoop>& fan_out;
      bool await_ready() const noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> parent) {
        fan_out.parent = parent;
        loop.start_branches(fan_out);
        return !fan_out.one_less();
      }
      std::uint64_t await_resume() const { return fan_out.result(); }
    };
    return UntilOver{*this, fan_out};
  }
  // The last branch goes on with its parent at once, where that is this loop's.
  void branch_over(FanOut<OwnLoop>& fan_out) {
    if (!fan_out.one_less()) return;
    if (&fan_out.home == this) return fan_out.parent.resume();
    fan_out.home.resume_later(fan_out.parent);
  }
  void task_over(const std::optional<Task>& next);

 private:
  // Branches stay on this loop, or go to all in turn, beginning with this one.
  void start_branches(FanOut<OwnLoop>& fan_out) {
    const std::uint32_t loops = all_.loops_for(fan_out.body());
    for (std::uint32_t first = 1; first < std::min(loops, fan_out.width()); ++first) {
      OwnLoop& other = *all_.loops[(number_ + first) % loops];
      boost::asio::post(other.io_, [&other, &fan_out, first, loops] { other.add_branches(fan_out, first, loops); });
    }
    add_branches(fan_out, 0, loops);
  }
  void add_branches(FanOut<OwnLoop>& fan_out, std::uint32_t first, std::uint32_t stride) {
    for (std::uint32_t index = first; index < fan_out.width(); index += stride) {
      resume_later(fan_out.branch(*this, index).handle);
    }
  }

  Loops<OwnLoop>& all_;
  const std::uint32_t number_;
  boost::asio::io_context io_;
  AsioAlarm alarm_;
  boost::asio::executor_work_guard<LoopExecutor> work_;
};

inline void OwnLoop::start(const Task& task) { run_task(*this, all_.load, all_.lanes, task).handle.resume(); }

inline void OwnLoop::task_over(const std::optional<Task>& next) {
  if (!next) return all_.in_flight.remove();
  resume_later(run_task(*this, all_.load, all_.lanes, *next).handle);
}

// Awaits the bytes rather than readiness, for which Asio makes an epoll_ctl each time. Into room for more than is
// missing: after a read that filled less than its room, Asio does not try the next one before the socket is ready.
inline Awaitable<std::uint64_t> OwnLoop::request(const Step& step, std::uint32_t connection) {
  PeerSocket& peer = all_.peers[connection];
  LoopSocket& socket = peer.at(io_, all_.connections[connection]);
  const auto until_writable = [&socket](auto handler) { socket.async_wait(LoopSocket::wait_write, handler); };
  peer.exchange.begin(step, connection);
  for (;;) {
    boost::system::error_code error;
    peer.exchange.sent(socket.write_some(peer.to_send(), error));
    if (peer.exchange.all_sent()) break;
    if (error != boost::asio::error::would_block) PeerSocket::check_sent(error);
    PeerSocket::check_sent((co_await Completion<decltype(until_writable)>(until_writable)).error);
  }
  for (;;) {
    const auto room = peer.room();
    const auto read = [&socket, room](auto handler) {
      socket.async_read_some(boost::asio::buffer(room.data(), room.size()), handler);
    };
    const auto [error, got] = co_await Completion<decltype(read)>(read);
    PeerSocket::check_received(error);
    if (peer.exchange.receive(room.first(got))) co_return peer.exchange.value();
  }
}

}  // namespace cbench
