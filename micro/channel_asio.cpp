// Boost.Asio's channels (experimental in 1.81) between two coroutines: of one thread, without locks, and of two threads
// with an io_context each.
#include <exception>

#include <fmt/format.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "micro/benchmark.hpp"
#include "micro/messages.hpp"

namespace cbench::micro {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

using Executor = asio::io_context::executor_type;
using LocalChannel = asio::experimental::channel<Executor, void(error_code, std::uint64_t)>;
using SharedChannel = asio::experimental::concurrent_channel<Executor, void(error_code, std::uint64_t)>;

template <class Channel>
asio::awaitable<void> send(Channel& channel, std::uint64_t messages) {
  for (std::uint64_t i = 0; i < messages; ++i) co_await channel.async_send(error_code{}, i, asio::use_awaitable);
}

template <class Channel>
asio::awaitable<void> receive(Channel& channel, std::uint64_t messages, Received& received) {
  for (std::uint64_t i = 0; i < messages; ++i) received.take(co_await channel.async_receive(asio::use_awaitable));
}

void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

Measurement between_coroutines(std::size_t capacity, std::uint64_t operations) {
  Received received;
  const Measurement measurement = run_team(1, operations, [&](std::uint32_t, std::uint64_t share) {
    asio::io_context loop(1);
    LocalChannel channel(loop.get_executor(), capacity);
    asio::co_spawn(loop, send(channel, share), rethrow);
    asio::co_spawn(loop, receive(channel, share, received), rethrow);
    loop.run();
  });
  received.check(operations);
  return measurement;
}

Measurement between_threads(std::size_t capacity, Placement placement, std::uint64_t operations) {
  Received received;
  asio::io_context sending(1);
  asio::io_context receiving(1);
  SharedChannel channel(sending.get_executor(), capacity);
  asio::co_spawn(sending, send(channel, operations), rethrow);
  asio::co_spawn(receiving, receive(channel, operations, received), rethrow);
  const Measurement measurement = run_threads({[&] { sending.run(); }, [&] { receiving.run(); }}, placement);
  received.check(operations);
  return measurement;
}

void add(Benchmarks& benchmarks, Counts) {
  for (const std::size_t capacity : {1U, 64U, 1024U}) {
    const std::string name = fmt::format("primitive/channel/asio/capacity:{}", capacity);
    benchmarks.push_back({name + "/one_thread", 1,
                          [capacity](std::uint64_t operations) { return between_coroutines(capacity, operations); }});
    for (const Placement placement : placements) {
      benchmarks.push_back(
          {fmt::format("{}/{}", name, name_of(placement)), 2, [capacity, placement](std::uint64_t operations) {
             return between_threads(capacity, placement, operations);
           }});
    }
  }
}

}  // namespace

extern const Family channel_asio_family;
const Family channel_asio_family{.name = "channel_asio", .add = add};

}  // namespace cbench::micro
