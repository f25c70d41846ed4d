// A loop of Asio's on which coroutines of Asio's own types run: awaitable and co_spawn, its timers and asynchronous
// reads and writes; a lock, and the end of a fan-out, are channels of its experimental part.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "models/asio/coroutine_tasks.hpp"
#include "models/walks/run_awaiting.hpp"
#include "system/cache_lines.hpp"

namespace cbench {

// Apart from what another loop's thread writes to.
class alignas(lines_apart) StockLoop {
 public:
  template <class Value>
  using Awaitable = boost::asio::awaitable<Value, LoopExecutor>;
  using Coroutine = Awaitable<void>;
  // Messages without content. Loops on several threads use one at once.
  using Channel = boost::asio::experimental::concurrent_channel<LoopExecutor, void(boost::system::error_code)>;
  // Whoever could send the one message for which there is room holds the lock.
  using Lock = Channel;

  StockLoop(Loops<StockLoop>& all, std::uint32_t number, int threads)
      : all_(all), number_(number), io_(threads), work_(boost::asio::make_work_guard(io_)) {}

  void run() { io_.run(); }
  void stop() { work_.reset(); }
  boost::asio::io_context& io() { return io_; }
  std::unique_ptr<Lock> make_lock() { return std::make_unique<Lock>(io_.get_executor(), 1); }
  void start(const Task& task) {
    count_coroutine();
    boost::asio::co_spawn(io_, run_task(*this, all_.load, all_.lanes, task), boost::asio::detached);
  }

  // The idiom of run_awaiting.
  Awaitable<void> wait(std::chrono::nanoseconds time) {
    count_coroutine();
    Timer timer(io_.get_executor(), time);
    co_await timer.async_wait(awaiting);
  }
  Awaitable<std::uint64_t> request(const Step& step, std::uint32_t connection) {
    count_coroutine();
    PeerSocket& peer = all_.peers[connection];
    LoopSocket& socket = peer.at(io_, all_.connections[connection]);
    peer.exchange.begin(step, connection);
    boost::system::error_code error;
    const auto buffers = peer.to_send();
    peer.exchange.sent(
        co_await boost::asio::async_write(socket, buffers, boost::asio::redirect_error(awaiting, error)));
    PeerSocket::check_sent(error);
    for (;;) {
      const std::span<std::byte> room = peer.room();
      const auto buffer = boost::asio::buffer(room.data(), room.size());
      const std::size_t got = co_await socket.async_read_some(buffer, boost::asio::redirect_error(awaiting, error));
      PeerSocket::check_received(error);
      if (peer.exchange.receive(room.first(got))) co_return peer.exchange.value();
    }
  }
  Awaitable<void> lock(std::uint32_t number) {
    count_coroutine();
    Lock& lock = *all_.locks[number];
    if (!lock.try_send(boost::system::error_code())) {
      co_await lock.async_send(boost::system::error_code(), awaiting);
    }
  }
  void unlock(std::uint32_t number) {
    all_.locks[number]->try_receive([](boost::system::error_code) {});
  }
  // Branches stay on this loop, or go to all in turn; those of this one come last, since co_spawn begins them at once.
  // A branch sends a message when it is over; it owns the channel too, in which it is still at work when the last
  // message is read.
  Awaitable<std::uint64_t> all_of(FanOut<StockLoop>& fan_out) {
    count_coroutine();
    const auto ended = std::make_shared<Channel>(io_.get_executor(), fan_out.width());
    const std::uint32_t loops = all_.loops_for(fan_out.body());
    for (std::uint32_t further = 1; further <= loops; ++further) {
      const std::uint32_t first = further % loops;
      StockLoop& place = *all_.loops[(number_ + first) % loops];
      for (std::uint32_t index = first; index < fan_out.width(); index += loops) {
        count_coroutine();
        boost::asio::co_spawn(place.io_, fan_out.branch(place, index),
                              [ended](const std::exception_ptr&) { ended->try_send(boost::system::error_code()); });
      }
    }
    for (std::uint32_t over = 0; over < fan_out.width(); ++over) {
      const bool is_there = ended->try_receive([](boost::system::error_code) {});
      if (!is_there) co_await ended->async_receive(awaiting);
    }
    co_return fan_out.result();
  }
  static void branch_over(FanOut<StockLoop>&) {}
  // Posted: co_spawn would begin the next task within the end of this one.
  void task_over(const std::optional<Task>& next) {
    if (!next) return all_.in_flight.remove();
    boost::asio::post(io_, [this, task = *next] { start(task); });
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, LoopExecutor>;
  static constexpr boost::asio::use_awaitable_t<LoopExecutor> awaiting{};

  Loops<StockLoop>& all_;
  const std::uint32_t number_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<LoopExecutor> work_;
};

}  // namespace cbench
