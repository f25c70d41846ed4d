// A connection of the trial as a socket of Asio's.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>

#include "models/waiting/timed_exchange.hpp"
#include "system/cache_lines.hpp"

namespace cbench {

using LoopExecutor = boost::asio::io_context::executor_type;
using LoopSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor>;

// Its descriptor is the harness's, and is never closed here. Gone before the loop that watches it.
class alignas(lines_apart) PeerSocket {
 public:
  PeerSocket() = default;
  ~PeerSocket() { release(); }
  PeerSocket(const PeerSocket&) = delete;
  PeerSocket& operator=(const PeerSocket&) = delete;

  // The socket, watched by the loop of the coroutine that uses it now.
  LoopSocket& at(boost::asio::io_context& loop, int descriptor) {
    if (loop_ != &loop) {
      release();
      socket_.emplace(loop);
      socket_->assign(boost::asio::ip::tcp::v4(), descriptor);
      socket_->non_blocking(true);
      loop_ = &loop;
    }
    return *socket_;
  }

  // Where a reply is read to while the coroutine waits for it: room for what is missing, and for a byte too many.
  std::span<std::byte> room() {
    if (buffer_.size() <= exchange.missing()) buffer_.resize(exchange.missing() + 1);
    return buffer_;
  }

  // What is still to be sent, as Asio takes it.
  std::array<boost::asio::const_buffer, 2> to_send() const {
    const auto pieces = exchange.to_send();
    return {boost::asio::buffer(pieces[0].data(), pieces[0].size()),
            boost::asio::buffer(pieces[1].data(), pieces[1].size())};
  }
  // Throw where that, or reading the reply, failed.
  static void check_sent(const boost::system::error_code& error) {
    if (error) throw boost::system::system_error(error, "the request could not be sent to the peer");
  }
  static void check_received(const boost::system::error_code& error) {
    if (error == boost::asio::error::eof) {
      throw std::runtime_error("the peer closed the connection before it answered");
    }
    if (error) throw boost::system::system_error(error, "the reply could not be read from the peer");
  }

  TimedExchange exchange;

 private:
  void release() {
    boost::system::error_code ignored;  // there is nothing to be done about it, and a destructor must not throw
    if (socket_) socket_->release(ignored);
  }

  std::optional<LoopSocket> socket_;
  boost::asio::io_context* loop_ = nullptr;
  std::vector<std::byte> buffer_;
};

}  // namespace cbench
