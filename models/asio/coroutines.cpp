// A C++20 coroutine per task on Asio's loops: stackless async/await, as in Rust, Python, C# and Kotlin.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include "models/asio/asio_alarm.hpp"
#include "models/asio/async_mutex.hpp"
#include "models/asio/coroutine.hpp"
#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/waiting/timed_exchange.hpp"
#include "models/walks/run_awaiting.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

constexpr std::size_t read_bytes = 16 * 1024;

// Awaits an operation of Asio that completes with nothing but an error. `begin(handler)` starts it.
template <class Begin>
class Completion {
 public:
  explicit Completion(Begin begin) : begin_(begin) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    begin_([this, waiting](error_code error) {
      error_ = error;
      waiting.resume();
    });
  }
  void await_resume() const {
    if (error_) throw boost::system::system_error(error_);
  }

 private:
  Begin begin_;
  error_code error_;
};

class Coroutines;

// A place where coroutines run: a loop and the steps that they await there.
class Loop {
 public:
  using Coroutine = Detached;

  Loop(Coroutines& owner, std::uint32_t number, int threads)
      : owner_(owner), number_(number), io_(threads), alarm_(io_), work_(asio::make_work_guard(io_)) {}

  // On each of the loop's threads; returns once stop() was called and nothing is left to run.
  void run() { io_.run(); }
  void stop() { work_.reset(); }
  asio::io_context& io() { return io_; }

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
  AsyncMutex<Loop>::Waiter lock(std::uint32_t number);
  void unlock(std::uint32_t number);
  void start_branches(FanOut<Loop>& fan_out);
  void resume_later(std::coroutine_handle<> suspended) {
    asio::post(io_, [suspended] { suspended.resume(); });
  }
  void start(const Task& task);
  void task_over(const std::optional<Task>& next);

 private:
  void add_branches(FanOut<Loop>& fan_out, std::uint32_t first, std::uint32_t stride);

  Coroutines& owner_;
  const std::uint32_t number_;
  asio::io_context io_;
  AsioAlarm alarm_;
  asio::executor_work_guard<Executor> work_;
};

// One of the trial's connections. Its descriptor is the harness's, and is never closed here.
class Peer {
 public:
  Peer() = default;
  ~Peer() { release(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // The socket, watched by the loop of the coroutine that uses it now.
  Socket& socket_at(Loop& loop, int descriptor) {
    if (loop_ != &loop) {
      release();
      socket_.emplace(loop.io());
      socket_->assign(asio::ip::tcp::v4(), descriptor);
      socket_->non_blocking(true);
      loop_ = &loop;
    }
    return *socket_;
  }

  TimedExchange exchange;

 private:
  void release() {
    error_code ignored;  // there is nothing to be done about it, and a destructor must not throw
    if (socket_) socket_->release(ignored);
  }
  std::optional<Socket> socket_;
  Loop* loop_ = nullptr;
};

class Coroutines final : public Model {
 public:
  Coroutines(const Environment& environment, bool shared)
      : load_(environment.load),
        lanes_(environment.lanes),
        connections_(environment.connections),
        locks_(environment.locks),
        frames_(environment.workers),
        peers_(connections_.size()) {
    const std::uint32_t threads_each = shared ? environment.workers : 1;
    for (std::uint32_t i = 0; i < environment.workers / threads_each; ++i) {
      loops_.push_back(std::make_unique<Loop>(*this, i, static_cast<int>(threads_each)));
    }
    for (std::uint32_t i = 0; i < environment.workers; ++i) {
      threads_.emplace_back([this, i] {
        frames_made = &frames_[i].made;
        loops_[i % loops_.size()]->run();
      });
    }
  }

  ~Coroutines() override {
    for (const auto& loop : loops_) loop->stop();
    for (std::thread& thread : threads_) thread.join();
  }

  void submit(Task task) override {
    in_flight_.add();
    Loop& loop = *loops_[next_loop_.fetch_add(1, std::memory_order_relaxed) % loops_.size()];
    asio::post(loop.io(), [&loop, task] { loop.start(task); });
  }
  void drain() override { in_flight_.wait(); }
  std::uint64_t units_created() const override {
    std::uint64_t total = 0;
    for (const Frames& frames : frames_) total += frames.made.load(std::memory_order_relaxed);
    return total;
  }

 private:
  friend class Loop;
  struct alignas(128) Frames {
    std::atomic<std::uint64_t> made{0};
  };

  Load& load_;
  const std::uint32_t lanes_;
  const Connections& connections_;
  std::vector<AsyncMutex<Loop>> locks_;
  InFlight in_flight_;
  std::atomic<std::uint32_t> next_loop_{0};
  std::vector<Frames> frames_;  // one a thread
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<Peer> peers_;  // gone before the loops that watch their sockets
  std::vector<std::thread> threads_;
};

// Reads what is there. Returns true when the reply is complete.
bool receive(Socket& socket, TimedExchange& exchange) {
  std::array<std::byte, read_bytes> buffer;
  for (;;) {
    error_code error;
    const std::size_t got = socket.read_some(asio::buffer(buffer), error);
    if (error == asio::error::would_block) return false;
    if (error == asio::error::eof) throw std::runtime_error("the peer closed the connection before it answered");
    if (error) throw boost::system::system_error(error, "the reply could not be read from the peer");
    if (exchange.receive({buffer.data(), got})) return true;
  }
}

// Waits for readiness and then moves the bytes through a buffer on the thread's stack: a request holds no buffer while
// it waits for its reply.
Awaitable<std::uint64_t> Loop::request(const Step& step, std::uint32_t connection) {
  Peer& peer = owner_.peers_[connection];
  Socket& socket = peer.socket_at(*this, owner_.connections_[connection]);
  TimedExchange& exchange = peer.exchange;
  const auto until_ready = [&socket](Socket::wait_type what) {
    const auto begin = [&socket, what](auto handler) { socket.async_wait(what, handler); };
    return Completion<decltype(begin)>(begin);
  };
  exchange.begin(step, connection);
  for (;;) {
    const auto pieces = exchange.to_send();
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(pieces[0].data(), pieces[0].size()),
                                                    asio::buffer(pieces[1].data(), pieces[1].size())};
    error_code error;
    exchange.sent(socket.write_some(buffers, error));
    if (exchange.all_sent()) break;
    if (error && error != asio::error::would_block) {
      throw boost::system::system_error(error, "the request could not be sent to the peer");
    }
    co_await until_ready(Socket::wait_write);
  }
  for (;;) {
    co_await until_ready(Socket::wait_read);
    if (receive(socket, exchange)) co_return exchange.value();
  }
}

AsyncMutex<Loop>::Waiter Loop::lock(std::uint32_t number) { return owner_.locks_[number].lock(*this); }
void Loop::unlock(std::uint32_t number) { owner_.locks_[number].unlock(); }

// Branches go to all loops in turn, beginning with this one.
void Loop::start_branches(FanOut<Loop>& fan_out) {
  const auto loops = static_cast<std::uint32_t>(owner_.loops_.size());
  for (std::uint32_t first = 1; first < std::min(loops, fan_out.width()); ++first) {
    Loop& other = *owner_.loops_[(number_ + first) % loops];
    asio::post(other.io_, [&other, &fan_out, first, loops] { other.add_branches(fan_out, first, loops); });
  }
  add_branches(fan_out, 0, loops);
}

void Loop::add_branches(FanOut<Loop>& fan_out, std::uint32_t first, std::uint32_t stride) {
  for (std::uint32_t index = first; index < fan_out.width(); index += stride) {
    resume_later(fan_out.branch(*this, index).handle);
  }
}

void Loop::start(const Task& task) { run_task(*this, owner_.load_, owner_.lanes_, task).handle.resume(); }

void Loop::task_over(const std::optional<Task>& next) {
  if (next) {
    resume_later(run_task(*this, owner_.load_, owner_.lanes_, *next).handle);
  } else {
    owner_.in_flight_.remove();
  }
}

constexpr Setting settings[] = {
    {"context", "per-thread or shared", "per-thread",
     "a loop for each worker, on which its coroutines stay; or one loop that all workers run"},
};

bool is_shared(const Settings& settings_given) {
  const auto given = settings_given.find("context");
  if (given == settings_given.end() || given->second == "per-thread") return false;
  if (given->second != "shared") throw unknown("context", given->second, {"per-thread", "shared"});
  return true;
}

}  // namespace

extern const ModelInfo coroutines_model;
const ModelInfo coroutines_model{
    .name = "coroutines",
    .idiom = "stackless async/await, as in Rust, Python, C# and Kotlin",
    .library = "C++20, Boost.Asio",
    .version = BOOST_LIB_VERSION,
    .unit = "coroutine frames",
    .settings = settings,
    .check = [](const Settings& given) { is_shared(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<Coroutines>(environment, is_shared(environment.settings));
    },
};

}  // namespace cbench
