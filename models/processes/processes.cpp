// Worker processes, forked ahead of the first task, that run one task after the other by blocking calls: a
// multiprocessing pool. Tasks go to them, and word of their end comes back, over sockets.
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
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "models/model.hpp"
#include "models/processes/process_steps.hpp"
#include "models/processes/worker_process.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr std::uint64_t default_depth = 12;
constexpr std::uint64_t most_depth = 1024;
constexpr std::size_t most_in_packet = 64;
constexpr std::size_t worth_a_packet = 8;  // a worker that has so much to say does not look for more to do first

// What the parent and a worker say to each other. A packet holds several of them.
struct Message {
  enum class Kind : std::uint32_t {
    run,     // to a worker: run the task
    over,    // from it: a task is over, and `task` comes after it
    last,    // from it: a task is over, and nothing comes after it
    help,    // to it: help with the fan-out; from it: so many others may help
    helped,  // from it: there was nothing left to help with
  };
  Kind kind{};
  std::uint32_t helpers = 0;
  FanOutName fan_out;
  Task task;
};
static_assert(std::is_trivially_copyable_v<Message>);
using Packet = std::array<Message, most_in_packet>;

std::uint32_t fan_out_depth(Script script) {
  std::uint32_t deepest = 0;
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
    const std::uint32_t inside = fan_out_depth(body_of(script, at));
    deepest = std::max(deepest, inside + (script[at].kind == StepKind::fan_out ? 1 : 0));
  }
  return deepest;
}
std::uint32_t fan_out_depth(const Work& work) {
  std::uint32_t deepest = 0;
  for (std::size_t i = 0; i < work.distinct(); ++i) deepest = std::max(deepest, fan_out_depth(work.script(i)));
  return deepest;
}

// Messages on their way through one end of a socket.
class Outbox {
 public:
  void add(const Message& message) { messages_.push_back(message); }
  std::size_t size() const { return messages_.size(); }
  bool empty() const { return messages_.empty(); }
  // Sends as much as there is room for, or blocks where the socket does. False where the other end is gone.
  bool send(int socket) {
    std::size_t sent = 0;
    while (sent < messages_.size()) {
      const std::size_t count = std::min(messages_.size() - sent, most_in_packet);
      if (::send(socket, messages_.data() + sent, count * sizeof(Message), MSG_NOSIGNAL) >= 0) {
        sent += count;
      } else if (errno != EINTR) {
        break;
      }
    }
    const bool gone = sent < messages_.size() && errno != EAGAIN;
    messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(sent));
    return !gone;
  }

 private:
  std::vector<Message> messages_;
};

// A worker process's own side.
class Worker {
 public:
  Worker(const Environment& environment, ProcessLocks& locks, ProcessFanOuts& fan_outs, std::uint32_t number,
         int socket)
      : load_(environment.load),
        lanes_(environment.lanes),
        socket_(socket),
        hold_back_(ticks::from_ns(std::chrono::microseconds{20})),
        usual_(environment.load.work().distinct(), UINT64_MAX),
        steps_(environment.load, environment.connections, locks, fan_outs, number,
               [this](FanOutName fan_out, std::uint32_t helpers) {
                 outbox_.add({.kind = Message::Kind::help, .helpers = helpers, .fan_out = fan_out});
                 send();
               }) {}

  // Until the parent hangs up.
  void serve() {
    fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) & ~O_NONBLOCK);
    Packet packet;
    for (;;) {
      // What is there already is done before anything is said: short tasks gather into full packets.
      const ssize_t got = recv(socket_, packet.data(), sizeof(packet), outbox_.empty() ? 0 : MSG_DONTWAIT);
      if (got < 0 && errno == EAGAIN) {
        send();
        continue;
      }
      if (got == 0 || (got < 0 && errno != EINTR)) return;
      for (std::size_t i = 0; got > 0 && i < static_cast<std::size_t>(got) / sizeof(Message); ++i) take(packet[i]);
      if (outbox_.size() >= worth_a_packet) send();
    }
  }

 private:
  void take(const Message& message) {
    if (message.kind == Message::Kind::help) {
      send();
      steps_.help(message.fan_out);
      outbox_.add({.kind = Message::Kind::helped, .fan_out = message.fan_out});
    } else {
      run(message.task);
    }
  }

  void run(const Task& task) {
    const Ticks begin = ticks::now();
    // Word of short tasks goes out for several at once. None is held back while a task runs that may be a long one.
    if (!outbox_.empty() && (usual(task) > hold_back_ || begin + usual(task) > held_since_ + hold_back_)) send();
    const auto successor = run_task(steps_, load_, lanes_, task);
    const Ticks end = ticks::now();
    note(task, end - begin);
    if (outbox_.empty()) held_since_ = end;
    if (successor) {
      outbox_.add({.kind = Message::Kind::over, .task = *successor});
    } else {
      outbox_.add({.kind = Message::Kind::last});
    }
  }

  // How long a task of this script took the last time.
  Ticks usual(const Task& task) const { return usual_[task.script_index]; }
  void note(const Task& task, Ticks took) {
    const auto computes = [](const Step& step) { return step.kind == StepKind::compute; };
    if (std::all_of(task.script.begin(), task.script.end(), computes)) usual_[task.script_index] = took;
  }

  void send() {
    if (!outbox_.empty() && !outbox_.send(socket_)) _exit(0);  // the parent is gone
  }

  Load& load_;
  const std::uint32_t lanes_;
  const int socket_;
  const Ticks hold_back_;
  std::vector<Ticks> usual_;  // by script
  Outbox outbox_;
  Ticks held_since_ = 0;
  ProcessSteps steps_;
};

class Processes final : public Model {
 public:
  Processes(const Environment& environment, std::uint32_t depth)
      : load_(environment.load),
        depth_(depth),
        low_(depth / 4),
        locks_(environment.locks),
        fan_outs_(environment.workers, fan_out_depth(environment.load.work())),
        outboxes_(environment.workers),
        dealt_(environment.workers),
        event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_) throw std::system_error(errno, std::generic_category(), "no event descriptor");
    processes_.reserve(environment.workers);
    for (std::uint32_t number = 0; number < environment.workers; ++number) {
      processes_.emplace_back(
          processes_, [&, number](int socket) { Worker(environment, locks_, fan_outs_, number, socket).serve(); },
          [&, number](const char* reason) { load_.fail(fmt::format("worker process {}: {}", number + 1, reason)); });
    }
    dealer_ = std::thread([this] { deal(); });
  }

  ~Processes() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    eventfd_write(event_.get(), 1);
    dealer_.join();
    for (WorkerProcess& process : processes_) process.hang_up();
  }

  void submit(Task task) override {
    bool is_first = false;
    {
      const std::lock_guard lock(mutex_);
      if (broken_) return;  // the trial has failed, and nobody is left to do the task
      ++in_flight_;
      is_first = submitted_.empty();
      submitted_.push_back(task);
    }
    if (is_first) eventfd_write(event_.get(), 1);
  }
  void drain() override {
    std::unique_lock lock(mutex_);
    none_left_.wait(lock, [&] { return in_flight_ == 0; });
  }
  std::uint64_t units_created() const override { return processes_.size(); }
  std::uint32_t most_waiting() const override { return static_cast<std::uint32_t>(processes_.size()); }

 private:
  // --- All on the dealer's thread ---

  void deal() {
    std::vector<pollfd> watched;
    watched.push_back({.fd = event_.get(), .events = POLLIN, .revents = 0});
    for (const WorkerProcess& process : processes_) {
      watched.push_back({.fd = process.socket(), .events = POLLIN, .revents = 0});
    }
    while (take_submitted()) {
      hand_out_tasks();
      ask_idle_to_help();
      for (std::uint32_t worker = 0; worker < processes_.size(); ++worker) {
        if (!outboxes_[worker].send(processes_[worker].socket())) return end_all(worker);
      }
      poll(watched.data(), watched.size(), -1);
      if (watched[0].revents != 0) {
        eventfd_t times = 0;
        eventfd_read(event_.get(), &times);
      }
      for (std::uint32_t worker = 0; worker < processes_.size(); ++worker) {
        if (watched[worker + 1].revents != 0 && !receive(worker)) return end_all(worker);
      }
    }
  }

  // False where the model stops.
  bool take_submitted() {
    const std::lock_guard lock(mutex_);
    waiting_.insert(waiting_.end(), submitted_.begin(), submitted_.end());
    submitted_.clear();
    return !stopping_;
  }

  // To whoever has least to do; but only to those who have little left, so that packets are full.
  void hand_out_tasks() {
    while (!waiting_.empty()) {
      const auto least = std::min_element(dealt_.begin(), dealt_.end());
      if (*least > low_) return;
      const auto worker = static_cast<std::size_t>(least - dealt_.begin());
      // No more than a fair share, so that nobody is left without where there are few.
      const std::size_t share = std::max<std::size_t>(1, waiting_.size() / dealt_.size());
      for (std::size_t i = std::min<std::size_t>(share, depth_ - *least); i > 0; --i) {
        outboxes_[worker].add({.kind = Message::Kind::run, .task = waiting_.front()});
        waiting_.pop_front();
        ++*least;
      }
    }
  }

  // Only of those who have nothing to do: nobody else would begin at once.
  void ask_idle_to_help() {
    std::erase_if(calls_for_help_, [&](const Message& call) { return !fan_outs_.is_open(call.fan_out); });
    for (std::uint32_t worker = 0; worker < dealt_.size() && !calls_for_help_.empty(); ++worker) {
      if (dealt_[worker] != 0) continue;
      Message& call = calls_for_help_.front();
      ++dealt_[worker];
      outboxes_[worker].add({.kind = Message::Kind::help, .fan_out = call.fan_out});
      if (--call.helpers == 0) calls_for_help_.pop_front();
    }
  }

  // One packet; poll tells of the next. False where the worker is gone.
  bool receive(std::uint32_t worker) {
    Packet packet;
    const ssize_t got = recv(processes_[worker].socket(), packet.data(), sizeof(packet), 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof(Message); ++i) take(worker, packet[i]);
    return got > 0;
  }

  void take(std::uint32_t worker, const Message& message) {
    switch (message.kind) {
      case Message::Kind::help: calls_for_help_.push_back(message); return;
      case Message::Kind::over: waiting_.push_back(message.task); break;
      case Message::Kind::last: slot_is_over(); break;
      case Message::Kind::run:
      case Message::Kind::helped: break;
    }
    --dealt_[worker];
  }

  void slot_is_over() {
    const std::lock_guard lock(mutex_);
    if (--in_flight_ == 0) none_left_.notify_all();
  }

  // A worker has ended before its time: so does the trial.
  void end_all(std::uint32_t worker) {
    const std::string how = processes_[worker].wait();
    const auto lock = locks_.held_by(worker);
    load_.fail(fmt::format("worker process {} {}{}", worker + 1, how,
                           lock ? fmt::format(" inside lock {}", *lock) : std::string()));
    for (const WorkerProcess& process : processes_) process.kill();
    const std::lock_guard guard(mutex_);
    broken_ = true;
    in_flight_ = 0;
    none_left_.notify_all();
  }

  Load& load_;
  const std::uint32_t depth_;
  const std::uint32_t low_;
  ProcessLocks locks_;
  ProcessFanOuts fan_outs_;

  std::deque<Task> waiting_;          // the dealer's, as are the next three
  std::vector<Outbox> outboxes_;      // by worker
  std::vector<std::uint32_t> dealt_;  // what each worker was given and is not over yet
  std::deque<Message> calls_for_help_;

  Descriptor event_;
  std::mutex mutex_;  // guards the next four
  std::vector<Task> submitted_;
  std::uint64_t in_flight_ = 0;
  bool broken_ = false;
  bool stopping_ = false;
  std::condition_variable none_left_;
  std::vector<WorkerProcess> processes_;  // forked before the dealer's thread is made
  std::thread dealer_;
};

constexpr Setting settings[] = {
    {"depth", "count", "12",
     "tasks that a worker is given ahead, 1 to 1,024; more cost less per task, but stay with it"},
};

std::uint64_t depth_of(const Settings& given) {
  const auto depth = given.find("depth");
  const std::uint64_t value = depth == given.end() ? default_depth : parse_count(depth->second, "depth");
  if (value == 0 || value > most_depth) throw UsageError(fmt::format("depth must be 1 to {}", most_depth));
  return value;
}

}  // namespace

extern const ModelInfo processes_model;
const ModelInfo processes_model{
    .name = "processes",
    .idiom = "pre-forked worker processes, as in a multiprocessing pool",
    .library = "POSIX",
    .unit = "processes",
    .cannot = "runs no more tasks, or branches of a fan-out, at once than it has processes",
    .own = "all of it: POSIX has processes, sockets and locks in shared memory, and no pool of them",
    .settings = settings,
    .check = [](const Settings& given) { depth_of(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<Processes>(environment, static_cast<std::uint32_t>(depth_of(environment.settings)));
    },
    .forks = true,
};

}  // namespace cbench
