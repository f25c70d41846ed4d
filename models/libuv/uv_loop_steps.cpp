// The steps that leave the loop for a while: computations on libuv's thread pool, and requests to the peer.
#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "models/libuv/uv_loop.hpp"
#include "workloads/kernels.hpp"

namespace cbench {
namespace {

// A frame up to this size is cheaper to send in one piece, copied, than in two.
constexpr std::size_t most_copied = 4096;

std::exception_ptr connection_lost(const char* what) {
  return std::make_exception_ptr(std::system_error(errno, std::generic_category(), what));
}

}  // namespace

bool UvLoop::compute(Walk& walk, const Step& step, std::uint64_t& result) {
  took_long_ = true;
  if (belongs_in_pool(step)) {
    offload(static_cast<LoopWalk&>(walk), false);
    return false;
  }
  result = run_kernel(step.kernel, step.amount);
  return true;
}

bool UvLoop::belongs_in_pool(const Step& step) const {
  if (offload_from_ == UINT64_MAX) return false;
  const auto cost = costs_.find({step.kernel, step.amount});
  return cost == costs_.end() || cost->second >= offload_from_;
}

bool UvLoop::begins_in_pool(const Walk& walk) const {
  return !walk.script.empty() && walk.script[0].kind == StepKind::compute && belongs_in_pool(walk.script[0]);
}

void UvLoop::offload(LoopWalk& walk, bool begins_task) {
  if (free_pool_requests_.empty()) free_pool_requests_.push_back(&pool_requests_made_.emplace_back());
  PoolRequest& request = *free_pool_requests_.back();
  free_pool_requests_.pop_back();
  request.owner = this;
  request.walk = &walk;
  request.begins_task = begins_task;
  request.queued = true;
  request.work.data = &request;
  pool_requests_.store(pool_requests_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  uv_queue_work(
      uv(), &request.work, [](uv_work_t* work) noexcept { static_cast<PoolRequest*>(work->data)->compute(); },
      [](uv_work_t* work, int) noexcept {
        auto& self = *static_cast<PoolRequest*>(work->data);
        self.owner->back_from_pool(self);
      });
}

// On a thread of the pool.
void UvLoop::PoolRequest::compute() noexcept {
  if (begins_task) {
    owner->load_.start(walk->task);
    if (walk->task.script.empty()) return;
  }
  const Step& step = walk->script[walk->at];
  const Ticks begin = ticks::now();
  try {
    result = run_kernel(step.kernel, step.amount);
  } catch (...) {
    error = std::current_exception();
  }
  took = ticks::now() - begin;
}

void UvLoop::back_from_pool(PoolRequest& request) {
  LoopWalk& walk = *request.walk;
  const std::exception_ptr error = std::exchange(request.error, nullptr);
  request.queued = false;
  free_pool_requests_.push_back(&request);
  if (stopping_.load(std::memory_order_relaxed)) return;
  if (error) {
    resume(*this, load_, walk, error);
    return;
  }
  if (request.begins_task && walk.task.script.empty()) {  // the load was over when it began
    walk.script = {};
    resume(*this, load_, walk);
    return;
  }
  const Step& step = walk.script[walk.at];
  Ticks& cost = costs_.try_emplace({step.kernel, step.amount}, UINT64_MAX).first->second;
  cost = std::min(cost, request.took);
  resume_with(*this, load_, walk, request.result);
}

void UvLoop::begin_request(Walk& walk, const Step& step) {
  took_long_ = true;
  const std::uint32_t slot = walk.connection / lanes_;
  Connection& connection = peers_[std::size_t{slot / place_.locks.loops()} * lanes_ + walk.connection % lanes_];
  connection.walk = &static_cast<LoopWalk&>(walk);
  connection.exchange.begin(step, walk.connection);
  if (connection.owner == nullptr) {
    connection.owner = this;
    connection.descriptor = connections_[walk.connection];
    connection.poll.data = &connection;
    if (const int error = uv_poll_init(uv(), &connection.poll, connection.descriptor); error != 0) {
      connection.owner = nullptr;
      const auto text = fmt::format("a connection cannot be watched: {}", uv_strerror(error));
      return fail_later(static_cast<LoopWalk&>(walk), std::make_exception_ptr(std::runtime_error(text)));
    }
  }
  send_request(connection);
}

// Sends what the socket takes; the rest when it has room again.
void UvLoop::send_request(Connection& connection) {
  TimedExchange& exchange = connection.exchange;
  while (!exchange.all_sent()) {
    auto pieces = exchange.to_send();
    if (pieces[0].size() + pieces[1].size() <= most_copied) {
      const auto rest = std::copy(pieces[0].begin(), pieces[0].end(), buffer_.begin());
      const auto end = std::copy(pieces[1].begin(), pieces[1].end(), rest);
      pieces = {std::span<const std::byte>(buffer_.begin(), end), {}};
    }
    iovec parts[2];
    for (std::size_t i = 0; i < 2; ++i) parts[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = pieces[1].empty() ? 1 : 2;
    const ssize_t sent = sendmsg(connection.descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      exchange.sent(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      return watch(connection, UV_READABLE | UV_WRITABLE);
    } else if (errno != EINTR) {
      return lose(connection, connection_lost("the request could not be sent to the peer"));
    }
  }
  watch(connection, UV_READABLE);
}

void UvLoop::read_reply(Connection& connection) {
  const ssize_t got = recv(connection.descriptor, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    return lose(connection, connection_lost("the reply could not be read from the peer"));
  }
  if (got == 0) {
    return lose(connection,
                std::make_exception_ptr(std::runtime_error("the peer closed the connection before it answered")));
  }
  try {
    if (!connection.exchange.receive({buffer_.data(), static_cast<std::size_t>(got)})) return;
  } catch (...) {
    return lose(connection, std::current_exception());
  }
  resume_with(*this, load_, *std::exchange(connection.walk, nullptr), connection.exchange.value());
}

void UvLoop::watch(Connection& connection, int events) {
  if (connection.watched == events) return;
  connection.watched = events;
  if (events == 0) {
    uv_poll_stop(&connection.poll);
    return;
  }
  uv_poll_start(&connection.poll, events, [](uv_poll_t* handle, int status, int happened) noexcept {
    auto& self = *static_cast<Connection*>(handle->data);
    self.owner->on_connection(self, status, happened);
  });
}

void UvLoop::on_connection(Connection& connection, int status, int events) {
  if (status < 0) {  // libuv has stopped watching it: reading says why
    connection.watched = 0;
    events = UV_READABLE;
  }
  if (connection.walk == nullptr) return watch(connection, 0);  // nobody asked: the next request will find out
  if ((events & UV_WRITABLE) != 0 && !connection.exchange.all_sent()) send_request(connection);
  if (connection.walk != nullptr && (events & UV_READABLE) != 0) read_reply(connection);
  if (connection.walk != nullptr && connection.watched == 0) watch(connection, UV_READABLE);
}

void UvLoop::lose(Connection& connection, std::exception_ptr error) {
  watch(connection, 0);
  fail_later(*std::exchange(connection.walk, nullptr), std::move(error));
}

void UvLoop::fail_later(LoopWalk& walk, std::exception_ptr error) {
  walk.error = std::move(error);
  walk.turn = LoopWalk::Turn::fail;
  ready_.push_back(walk);
}

}  // namespace cbench
