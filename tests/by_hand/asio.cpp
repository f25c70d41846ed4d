// The bar of `coroutines`: the same closed loop written directly on Boost.Asio and C++20 coroutines, a new coroutine
// for every task. Each mode twice: on a coroutine type of a dozen lines, which is what the model is held against, and
// (MODE-awaitable) on Asio's own awaitable and co_spawn, which shows what those cost.
#include <array>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include "models/waiting/timed_exchange.hpp"
#include "tests/by_hand/common.hpp"

namespace cbench::by_hand {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
template <class Value>
using Awaitable = asio::awaitable<Value, Executor>;
constexpr asio::use_awaitable_t<Executor> awaiting;

struct Detached {
  struct promise_type {
    Detached get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<> handle;
};

// A connection with what its one request in flight needs.
struct Peer {
  std::optional<Socket> socket;
  TimedExchange exchange;
  std::array<std::byte, 4096> buffer;
};

// One thread, one loop, and the slots that belong to it.
struct Worker {
  explicit Worker(Load& l) : load(l) {}

  Load& load;
  asio::io_context io{1};
  std::vector<Peer> peers;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

// --- On a coroutine type of one's own ---

using Coroutine = Detached (*)(Worker&, Task);

template <Coroutine coroutine>
void spawn(Worker& worker, const std::optional<Task>& task) {
  if (!task) return;
  const auto handle = coroutine(worker, *task).handle;
  asio::post(worker.io, [handle] { handle.resume(); });
}

Detached noop(Worker& worker, Task task) {
  worker.load.start(task);
  spawn<noop>(worker, worker.load.finish(task, 0));
  co_return;
}

// A task that waits for its branches, each of which is posted.
struct Fork {
  Worker& worker;
  std::uint32_t left = branches;
  std::uint64_t sum = 0;
  std::coroutine_handle<> task{};

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting);
  std::uint64_t await_resume() const noexcept { return fold(0, sum); }
};

Detached branch(Fork& fork, std::uint32_t index) {
  fork.sum += branch_digest(index);
  if (--fork.left == 0) fork.task.resume();
  co_return;
}

void Fork::await_suspend(std::coroutine_handle<> waiting) {
  task = waiting;
  for (std::uint32_t i = 0; i < branches; ++i) {
    asio::post(worker.io, [handle = branch(*this, i).handle] { handle.resume(); });
  }
}

Detached fork_join(Worker& worker, Task task) {
  worker.load.start(task);
  const std::uint64_t digest = co_await Fork{worker};
  spawn<fork_join>(worker, worker.load.finish(task, digest));
}

struct Sleep {
  Timer timer;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> sleeper) {
    timer.async_wait([sleeper](error_code) { sleeper.resume(); });
  }
  void await_resume() const noexcept {}
};

Detached sleep(Worker& worker, Task task) {
  worker.load.start(task);
  if (task.script.empty()) co_return;  // the load is over
  const auto time = task.script.front().time;
  co_await Sleep{Timer(worker.io.get_executor(), time)};
  spawn<sleep>(worker, worker.load.finish(task, fold(0, static_cast<std::uint64_t>(time.count()))));
}

std::array<asio::const_buffer, 2> frame_of(const TimedExchange& exchange) {
  const auto pieces = exchange.to_send();
  return {asio::buffer(pieces[0].data(), pieces[0].size()), asio::buffer(pieces[1].data(), pieces[1].size())};
}

struct ReadSome {
  Peer& peer;
  error_code error{};
  std::size_t bytes = 0;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    peer.socket->async_read_some(asio::buffer(peer.buffer), [this, waiting](error_code e, std::size_t b) {
      error = e;
      bytes = b;
      waiting.resume();
    });
  }
  std::span<const std::byte> await_resume() const {
    if (error) throw boost::system::system_error(error);
    return {peer.buffer.data(), bytes};
  }
};

Detached request(Worker& worker, Task task) {
  worker.load.start(task);
  if (task.script.empty()) co_return;  // the load is over
  Peer& peer = worker.peers[task.slot - worker.first];
  peer.exchange.begin(task.script.front(), task.slot);
  asio::write(*peer.socket, frame_of(peer.exchange));  // goes at once: a frame is smaller than a socket's buffer
  while (!peer.exchange.receive(co_await ReadSome{peer})) {
  }
  spawn<request>(worker, worker.load.finish(task, fold(0, peer.exchange.value())));
}

// --- On Asio's ---

using AsioCoroutine = Awaitable<void> (*)(Worker&, Task);

// co_spawn runs the coroutine at once where it is called on its own executor: without the post, stacks would grow.
template <AsioCoroutine coroutine>
void co_spawn_later(Worker& worker, const std::optional<Task>& task) {
  if (!task) return;
  asio::post(worker.io,
             [&worker, task] { asio::co_spawn(worker.io.get_executor(), coroutine(worker, *task), asio::detached); });
}

Awaitable<void> noop_awaitable(Worker& worker, Task task) {
  worker.load.start(task);
  co_spawn_later<noop_awaitable>(worker, worker.load.finish(task, 0));
  co_return;
}

Awaitable<void> sleep_awaitable(Worker& worker, Task task) {
  worker.load.start(task);
  if (task.script.empty()) co_return;  // the load is over
  const auto time = task.script.front().time;
  Timer timer(worker.io.get_executor(), time);
  co_await timer.async_wait(awaiting);
  const std::uint64_t digest = fold(0, static_cast<std::uint64_t>(time.count()));
  co_spawn_later<sleep_awaitable>(worker, worker.load.finish(task, digest));
}

Awaitable<void> request_awaitable(Worker& worker, Task task) {
  worker.load.start(task);
  if (task.script.empty()) co_return;  // the load is over
  Peer& peer = worker.peers[task.slot - worker.first];
  peer.exchange.begin(task.script.front(), task.slot);
  co_await asio::async_write(*peer.socket, frame_of(peer.exchange), awaiting);
  for (;;) {
    const std::size_t got = co_await peer.socket->async_read_some(asio::buffer(peer.buffer), awaiting);
    if (peer.exchange.receive({peer.buffer.data(), got})) break;
  }
  co_spawn_later<request_awaitable>(worker, worker.load.finish(task, fold(0, peer.exchange.value())));
}

// Gives every thread its part of the slots, and runs until the load is over.
template <auto spawn_one>
void run_all(Trial& trial) {
  const auto [count, slots] = std::pair(trial.arguments().workers, trial.arguments().concurrency);
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::uint32_t i = 0; i < count; ++i) {
    Worker& worker = *workers.emplace_back(std::make_unique<Worker>(trial.load()));
    worker.first = slots * i / count;
    worker.count = slots * (i + 1) / count - worker.first;
    if (trial.connections().size() != 0) worker.peers.resize(worker.count);
    for (std::uint32_t slot = 0; slot < worker.peers.size(); ++slot) {
      Peer& peer = worker.peers[slot];
      peer.socket.emplace(worker.io);
      peer.socket->assign(asio::ip::tcp::v4(), trial.connections()[worker.first + slot]);
    }
  }
  trial.begin();
  std::vector<std::jthread> threads;
  for (const auto& worker : workers) {
    threads.emplace_back([&worker = *worker] {
      for (std::uint32_t i = 0; i < worker.count; ++i) spawn_one(worker, worker.load.first(worker.first + i));
      worker.io.run();
    });
  }
  threads.clear();
  for (const auto& worker : workers) {
    for (Peer& peer : worker->peers) peer.socket->release();  // the trial closes them
  }
}

}  // namespace
}  // namespace cbench::by_hand

int main(int count, char** arguments) {
  using namespace cbench::by_hand;
  const Modes modes{
      {"noop", {noop_script, run_all<spawn<noop>>}},
      {"fork-join", {fork_join_script, run_all<spawn<fork_join>>}},
      {"sleep", {sleep_script, run_all<spawn<sleep>>}},
      {"io", {io_script, run_all<spawn<request>>}},
      {"noop-awaitable", {noop_script, run_all<co_spawn_later<noop_awaitable>>}},
      {"sleep-awaitable", {sleep_script, run_all<co_spawn_later<sleep_awaitable>>}},
      {"io-awaitable", {io_script, run_all<co_spawn_later<request_awaitable>>}},
  };
  return run(count, arguments, modes);
}
