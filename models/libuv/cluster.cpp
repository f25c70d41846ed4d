// Worker processes with an event loop each, as in PM2's cluster mode or nginx. The parent deals tasks to them over
// sockets; a slot stays with its worker, as a connection stays with the nginx worker that has accepted it.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <uv.h>

#include "models/libuv/uv_loop.hpp"
#include "models/model.hpp"
#include "models/processes/worker_process.hpp"
#include "system/cache_lines.hpp"
#include "system/shared_memory.hpp"

namespace cbench {
namespace {

// A task that comes this long after the last one is sent at once; what comes faster is sent in batches.
constexpr std::chrono::microseconds burst{20};
constexpr std::size_t most_dealt = 256;  // tasks in one message: 12 KiB
static_assert(std::is_trivially_copyable_v<Task>);

Descriptor make_event() {
  Descriptor event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) throw std::system_error(errno, std::generic_category(), "no event descriptor");
  return event;
}
void signal(const Descriptor& event) { eventfd_write(event.get(), 1); }
void take_signal(const Descriptor& event) {
  eventfd_t times = 0;
  eventfd_read(event.get(), &times);
}

class Cluster final : public Model {
 public:
  explicit Cluster(const Environment& environment)
      : environment_(environment),
        burst_(ticks::from_ns(burst)),
        over_(make_event()),
        to_deal_(make_event()),
        ended_(environment.workers),
        locks_(environment.load, environment.locks, environment.workers,
               [this](std::uint32_t worker) { signal(may_ask_again_[worker]); }),
        outboxes_(environment.workers) {
    for (std::uint32_t worker = 0; worker < environment.workers; ++worker) may_ask_again_.push_back(make_event());
    workers_.reserve(environment.workers);
    for (std::uint32_t worker = 0; worker < environment.workers; ++worker) {
      workers_.emplace_back(
          workers_, [this, worker](int socket) { serve(worker, socket); },
          [this, worker](const char* reason) {
            environment_.load.fail(fmt::format("worker process {}: {}", worker + 1, reason));
          });
    }
    dealer_ = std::thread([this] { deal(); });
  }

  ~Cluster() override {
    stopping_.store(true);
    signal(to_deal_);
    dealer_.join();
    for (WorkerProcess& worker : workers_) worker.hang_up();
  }

  void submit(Task task) override {
    const std::uint32_t worker = task.slot % static_cast<std::uint32_t>(workers_.size());
    Outbox& outbox = outboxes_[worker];
    const Ticks now = ticks::now();
    const std::lock_guard lock(mutex_);
    if (broken_) return;  // the trial has failed, and nobody is left to do the task
    ++in_flight_;
    const bool in_burst = now < outbox.last + burst_;
    outbox.last = now;
    outbox.tasks.push_back(task);
    if (outbox.tasks.size() == 1 && !in_burst) {
      send_tasks(worker);
    }
    if (!outbox.tasks.empty() && !std::exchange(dealer_told_, true)) signal(to_deal_);
  }

  void drain() override {
    std::unique_lock lock(mutex_);
    none_left_.wait(lock, [&] { return in_flight_ == 0; });
  }

  std::uint64_t units_created() const override { return workers_.size(); }

 private:
  // What a worker tells the parent: how many slots have come to their end since the parent looked.
  struct alignas(lines_apart) Ended {
    std::atomic<std::uint64_t> slots;
    std::atomic<bool> said;
  };
  // Tasks on their way to a worker.
  struct Outbox {
    std::deque<Task> tasks;
    Ticks last = 0;        // when the last one came
    bool blocked = false;  // until the worker's socket has room again
  };

  // --- In a worker process ---

  // A descriptor that a worker's loop watches beside its own.
  template <class Function>
  struct Watch {
    uv_poll_t poll;
    Function react;
    Watch(UvLoop& loop, int descriptor, Function function) : react(std::move(function)) {
      poll.data = this;
      const auto on_readable = [](uv_poll_t* handle, int, int) noexcept { static_cast<Watch*>(handle->data)->react(); };
      if (uv_poll_init(loop.uv(), &poll, descriptor) != 0 || uv_poll_start(&poll, UV_READABLE, on_readable) != 0) {
        throw std::runtime_error("its event loop cannot watch its sockets");
      }
    }
  };

  void serve(std::uint32_t worker, int socket) {
    const auto slot_is_over = [this, &ended = ended_[worker]] {
      ended.slots.fetch_add(1);
      if (!ended.said.exchange(true)) signal(over_);
    };
    UvLoop loop(environment_, {worker, locks_, std::nullopt, slot_is_over});
    std::array<Task, most_dealt> tasks;
    const Watch take_tasks(loop, socket, [&] {
      const ssize_t got = recv(socket, tasks.data(), sizeof(tasks), 0);
      if (got == 0) loop.stop();
      for (std::size_t i = 0; i * sizeof(Task) < static_cast<std::size_t>(std::max<ssize_t>(got, 0)); ++i) {
        loop.begin(tasks[i]);
      }
    });
    const Watch ask_again(loop, may_ask_again_[worker].get(), [&] {
      take_signal(may_ask_again_[worker]);
      loop.look_at_locks();
    });
    loop.run();
    _exit(0);  // the kernel takes everything back at once
  }

  // --- In the parent ---

  // Sends what the worker's socket takes. mutex_ is held.
  void send_tasks(std::uint32_t worker) {
    Outbox& outbox = outboxes_[worker];
    while (!outbox.tasks.empty()) {
      const auto count = std::min(outbox.tasks.size(), batch_.size());
      std::copy_n(outbox.tasks.begin(), count, batch_.begin());
      const ssize_t sent = send(workers_[worker].socket(), batch_.data(), count * sizeof(Task), MSG_NOSIGNAL);
      outbox.blocked = sent < 0 && errno == EAGAIN;
      if (sent < 0) return;  // no room; or the worker is gone, which the dealer finds out
      outbox.tasks.erase(outbox.tasks.begin(), outbox.tasks.begin() + static_cast<std::ptrdiff_t>(count));
    }
  }

  // The dealer's thread: sends batches, counts what is over, and notices when a worker dies.
  void deal() {
    std::vector<pollfd> watched = {{over_.get(), POLLIN, 0}, {to_deal_.get(), POLLIN, 0}};
    for (const WorkerProcess& worker : workers_) watched.push_back({worker.socket(), POLLIN, 0});
    while (!stopping_.load()) {
      poll(watched.data(), watched.size(), -1);
      if (watched[0].revents != 0) count_ended();
      if (watched[1].revents != 0) take_signal(to_deal_);
      for (std::uint32_t worker = 0; worker < workers_.size(); ++worker) {
        // Workers say nothing: what can be read is the end.
        if ((watched[2 + worker].revents & (POLLIN | POLLHUP | POLLERR)) != 0) return end_trial(worker);
      }
      const std::lock_guard lock(mutex_);
      dealer_told_ = false;
      for (std::uint32_t worker = 0; worker < workers_.size(); ++worker) {
        send_tasks(worker);
        watched[2 + worker].events = static_cast<short>(outboxes_[worker].blocked ? POLLIN | POLLOUT : POLLIN);
      }
    }
  }

  void count_ended() {
    take_signal(over_);
    std::uint64_t slots = 0;
    for (Ended& ended : ended_) {
      ended.said.store(false);
      slots += ended.slots.exchange(0);
    }
    const std::lock_guard lock(mutex_);
    in_flight_ -= slots;
    if (in_flight_ == 0) none_left_.notify_all();
  }

  // One worker has died. Others may wait for a lock that it held, and its tasks are lost: no task is finished any more.
  void end_trial(std::uint32_t worker) {
    std::string reason = fmt::format("worker process {} {}", worker + 1, workers_[worker].wait());
    if (const int lock = locks_.held_by(worker); lock >= 0) reason += fmt::format(" while it held lock {}", lock);
    environment_.load.fail(reason);
    for (const WorkerProcess& other : workers_) other.kill();
    for (WorkerProcess& other : workers_) other.wait();
    const std::lock_guard lock(mutex_);
    broken_ = true;
    in_flight_ = 0;
    none_left_.notify_all();
  }

  const Environment& environment_;
  const Ticks burst_;
  Descriptor over_;                        // slots have come to their end
  Descriptor to_deal_;                     // there are tasks to send, or the dealer is to stop
  std::vector<Descriptor> may_ask_again_;  // for a lock; one a worker
  SharedArray<Ended> ended_;
  LoopLocks locks_;
  std::vector<WorkerProcess> workers_;

  std::mutex mutex_;  // guards what follows, up to broken_
  std::condition_variable none_left_;
  std::vector<Outbox> outboxes_;
  std::vector<Task> batch_ = std::vector<Task>(most_dealt);  // what is being sent
  std::uint64_t in_flight_ = 0;  // submitted tasks that are not over; successors count as the task that they follow
  bool dealer_told_ = false;
  bool broken_ = false;  // a worker has died

  std::atomic<bool> stopping_{false};
  std::thread dealer_;
};

}  // namespace

extern const ModelInfo cluster_model;
const ModelInfo cluster_model{
    .name = "cluster",
    .idiom = "worker processes with an event loop each, as in PM2's cluster mode or nginx",
    .library = "libuv",
    .version = CBENCH_LIBRARY_VERSION,
    .unit = "processes",
    .cannot =
        "a computation keeps its loop from everything else; branches of a fan-out share the loop of their task, "
        "so that they wait at the same time but compute one after the other",
    .own = "what `eventloop` has of its own, the worker processes, and the thread that deals tasks to them",
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<Cluster>(environment);
    },
    .forks = true,
};

}  // namespace cbench
