// The closed loops of `noop`, `fork-join`, `sleep` and `io` by hand on libuv: what an expert writes who knows no model.
// One loop a thread, or one a forked process (cluster-...), each with its share of the slots; libuv is used as its
// documentation shows it.
#include <array>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "models/waiting/timed_exchange.hpp"
#include "tests/by_hand/common.hpp"

namespace cbench::by_hand {
namespace {

void check(int result, const char* what) {
  if (result < 0) throw std::runtime_error(fmt::format("{}: {}", what, uv_strerror(result)));
}

// Calls loop(first slot, end of its slots) for each worker.
template <class Loop>
void for_each_worker(const Arguments& arguments, Loop loop) {
  const std::uint64_t slots = arguments.concurrency;
  for (std::uint64_t worker = 0; worker < arguments.workers; ++worker) {
    loop(static_cast<std::uint32_t>(slots * worker / arguments.workers),
         static_cast<std::uint32_t>(slots * (worker + 1) / arguments.workers));
  }
}

// A loop that cannot go on fails the trial.
template <class Loop>
void run_loop(Trial& trial, std::uint32_t first, std::uint32_t end) noexcept {
  try {
    Loop(trial, first, end);
  } catch (const std::exception& error) {
    trial.load().fail(error.what());
  }
}

// --- noop: what Node's setImmediate does. A queue that is run once an iteration, up to where it ended when the run
// began; an idle handle keeps the loop from blocking meanwhile. fork-join: each branch has a turn of its own. ---

template <std::uint32_t branch_count>
class Immediates {
 public:
  Immediates(Trial& trial, std::uint32_t first, std::uint32_t end) : load_(trial.load()), slots_(end - first) {
    check(uv_loop_init(&loop_), "uv_loop_init");
    uv_idle_init(&loop_, &idle_);
    uv_check_init(&loop_, &check_);
    check_.data = this;
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      if (const auto task = load_.first(first + i)) queue(slots_[i], *task);
    }
    uv_idle_start(&idle_, [](uv_idle_t*) {});
    uv_check_start(&check_, [](uv_check_t* handle) { static_cast<Immediates*>(handle->data)->run_queue(); });
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_close(reinterpret_cast<uv_handle_t*>(&idle_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&check_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }

 private:
  struct Slot;
  struct Turn {
    Slot* slot;
    Turn* next;
  };
  struct Slot {
    Task task;
    Turn begin;
    std::array<Turn, branch_count> branches;
    std::uint32_t left;
    std::uint64_t sum;
  };

  void queue(Slot& slot, const Task& task) {
    slot.task = task;
    queue(slot.begin, slot);
  }
  void queue(Turn& turn, Slot& slot) {
    turn = {&slot, nullptr};
    *end_ = &turn;
    end_ = &turn.next;
  }
  void run_queue() {
    Turn* turn = queue_;
    queue_ = nullptr;
    end_ = &queue_;
    while (turn != nullptr) {
      Turn* next_turn = turn->next;
      run(*turn);
      turn = next_turn;
    }
    if (queue_ == nullptr) uv_stop(&loop_);
  }
  void run(Turn& turn) {
    Slot& slot = *turn.slot;
    if (&turn == &slot.begin) {
      load_.start(slot.task);
      if (branch_count == 0) return end(slot, 0);
      slot.left = branch_count;
      slot.sum = 0;
      for (Turn& branch : slot.branches) queue(branch, slot);
    } else {
      slot.sum += branch_digest(static_cast<std::uint32_t>(&turn - slot.branches.data()));
      if (--slot.left == 0) end(slot, fold(0, slot.sum));
    }
  }
  void end(Slot& slot, std::uint64_t digest) {
    if (const auto next = load_.finish(slot.task, digest)) queue(slot, *next);
  }

  Load& load_;
  std::vector<Slot> slots_;
  Turn* queue_ = nullptr;
  Turn** end_ = &queue_;
  uv_loop_t loop_;
  uv_idle_t idle_;
  uv_check_t check_;
};

// --- sleep: a timer for each slot. ---

class Timers {
 public:
  Timers(Trial& trial, std::uint32_t first, std::uint32_t end)
      : load_(trial.load()),
        delay_(trial.arguments().delay),
        delay_ms_(static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(delay_).count())),
        slots_(end - first) {
    check(uv_loop_init(&loop_), "uv_loop_init");
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      uv_timer_init(&loop_, &slots_[i].timer);
      slots_[i].timer.data = this;
      if (const auto task = load_.first(first + i)) begin(slots_[i], *task);
    }
    uv_run(&loop_, UV_RUN_DEFAULT);  // returns when no timer is active any more
    for (Slot& slot : slots_) uv_close(reinterpret_cast<uv_handle_t*>(&slot.timer), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }

 private:
  struct Slot {
    uv_timer_t timer;
    Task task;
  };

  void begin(Slot& slot, const Task& task) {
    slot.task = task;
    load_.start(slot.task);
    uv_update_time(&loop_);
    uv_timer_start(&slot.timer, on_timer, delay_ms_, 0);
  }
  static void on_timer(uv_timer_t* timer) {
    auto& self = *static_cast<Timers*>(timer->data);
    Slot& slot = *reinterpret_cast<Slot*>(timer);
    const auto digest = fold(0, static_cast<std::uint64_t>(self.delay_.count()));
    if (const auto next = self.load_.finish(slot.task, digest)) self.begin(slot, *next);
  }

  Load& load_;
  std::chrono::nanoseconds delay_;
  std::uint64_t delay_ms_;
  std::vector<Slot> slots_;
  uv_loop_t loop_;
};

// --- io: a uv_tcp_t for each connection; uv_try_write, and a write request for what the socket did not take. ---

class Requests {
 public:
  Requests(Trial& trial, std::uint32_t first, std::uint32_t end)
      : load_(trial.load()), first_(first), slots_(end - first) {
    check(uv_loop_init(&loop_), "uv_loop_init");
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      Slot& slot = slots_[i];
      slot.number = first + i;
      slot.tcp.data = this;
      check(uv_tcp_init(&loop_, &slot.tcp), "uv_tcp_init");
      check(uv_tcp_open(&slot.tcp, trial.connections()[slot.number]), "uv_tcp_open");
      check(uv_read_start(stream(slot), allocate, on_read), "uv_read_start");
      if (const auto task = load_.first(slot.number)) {
        ++in_flight_;
        begin(slot, *task);
      }
    }
    while (in_flight_ > 0 && uv_run(&loop_, UV_RUN_ONCE) != 0) {
    }
    // The sockets are the trial's, which closes them: the loop ends with the process.
  }

 private:
  struct Slot {
    uv_tcp_t tcp;
    uv_write_t write;
    std::uint32_t number;
    Task task;
    TimedExchange exchange;
  };

  static uv_stream_t* stream(Slot& slot) { return reinterpret_cast<uv_stream_t*>(&slot.tcp); }

  void begin(Slot& slot, const Task& task) {
    slot.task = task;
    load_.start(slot.task);
    slot.exchange.begin(task.script.front(), slot.number);
    auto buffers = what_to_send(slot);
    const int sent = uv_try_write(stream(slot), buffers.data(), static_cast<unsigned>(buffers.size()));
    if (sent > 0) slot.exchange.sent(static_cast<std::size_t>(sent));
    if (sent < 0 && sent != UV_EAGAIN) throw std::runtime_error(uv_strerror(sent));
    if (slot.exchange.all_sent()) return;
    buffers = what_to_send(slot);
    slot.exchange.sent(buffers[0].len + buffers[1].len);  // libuv sends it
    check(uv_write(&slot.write, stream(slot), buffers.data(), static_cast<unsigned>(buffers.size()), nullptr),
          "uv_write");
  }
  static std::array<uv_buf_t, 2> what_to_send(Slot& slot) {
    const auto pieces = slot.exchange.to_send();
    const auto buffer = [](std::span<const std::byte> piece) {
      return uv_buf_init(reinterpret_cast<char*>(const_cast<std::byte*>(piece.data())),
                         static_cast<unsigned>(piece.size()));
    };
    return {buffer(pieces[0]), buffer(pieces[1])};
  }

  static void allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto& self = *static_cast<Requests*>(handle->data);
    *buffer = uv_buf_init(self.buffer_.data(), static_cast<unsigned>(self.buffer_.size()));
  }
  static void on_read(uv_stream_t* handle, ssize_t got, const uv_buf_t* buffer) {
    auto& self = *static_cast<Requests*>(handle->data);
    Slot& slot = *reinterpret_cast<Slot*>(handle);
    if (got == 0) return;
    if (got < 0) {
      self.load_.fail(slot.task, uv_strerror(static_cast<int>(got)));
      --self.in_flight_;
      uv_read_stop(handle);
      return;
    }
    if (!slot.exchange.receive(std::as_bytes(std::span(buffer->base, static_cast<std::size_t>(got))))) return;
    if (const auto next = self.load_.finish(slot.task, fold(0, slot.exchange.value()))) {
      self.begin(slot, *next);
    } else {
      --self.in_flight_;
    }
  }

  Load& load_;
  std::uint32_t first_;
  std::vector<Slot> slots_;
  std::uint32_t in_flight_ = 0;
  uv_loop_t loop_;
  std::array<char, 64 * 1024> buffer_;
};

// --- Where the loops run. ---

template <class Loop>
void in_threads(Trial& trial) {
  trial.begin();
  std::vector<std::jthread> threads;
  for_each_worker(trial.arguments(), [&](std::uint32_t first, std::uint32_t end) {
    threads.emplace_back([&trial, first, end] { run_loop<Loop>(trial, first, end); });
  });
}

template <class Loop>
void in_processes(Trial& trial) {
  int start[2];
  int over[2];
  if (pipe(start) != 0 || pipe(over) != 0) throw std::runtime_error("no pipe");
  std::vector<pid_t> workers;
  for_each_worker(trial.arguments(), [&](std::uint32_t first, std::uint32_t end) {
    const pid_t pid = fork();
    if (pid < 0) throw std::runtime_error("no process");
    if (pid > 0) {
      workers.push_back(pid);
      trial.add_process(pid);
      return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char nothing = 0;
    close(start[1]);
    [[maybe_unused]] ssize_t got = read(start[0], &nothing, 1);  // until the parent closes it
    run_loop<Loop>(trial, first, end);
    [[maybe_unused]] const ssize_t said = write(over[1], &nothing, 1);
    pause();  // the parent still asks for our CPU time
  });
  trial.begin();
  close(start[1]);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    char nothing = 0;
    if (read(over[0], &nothing, 1) != 1) throw std::runtime_error("a worker process died");
  }
  trial.end();
  for (const pid_t pid : workers) kill(pid, SIGKILL);
  for (const pid_t pid : workers) waitpid(pid, nullptr, 0);
}

}  // namespace
}  // namespace cbench::by_hand

int main(int count, char** arguments) {
  using namespace cbench::by_hand;
  std::signal(SIGPIPE, SIG_IGN);  // libuv writes without MSG_NOSIGNAL
  const Modes modes = {{"noop", {noop_script, in_threads<Immediates<0>>}},
                       {"fork-join", {fork_join_script, in_threads<Immediates<branches>>}},
                       {"sleep", {sleep_script, in_threads<Timers>}},
                       {"io", {io_script, in_threads<Requests>}},
                       {"cluster-noop", {noop_script, in_processes<Immediates<0>>}},
                       {"cluster-fork-join", {fork_join_script, in_processes<Immediates<branches>>}},
                       {"cluster-sleep", {sleep_script, in_processes<Timers>}},
                       {"cluster-io", {io_script, in_processes<Requests>}}};
  return run(count, arguments, modes);
}
