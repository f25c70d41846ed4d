// The bar of `actors`: the same closed loop written directly on CAF, in the way that its authors recommend: long-lived
// actors and a message for each task, delayed messages for waits, one broker for all sockets.
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <caf/all.hpp>
#include <caf/io/all.hpp>

#include "models/waiting/timed_exchange.hpp"
#include "tests/by_hand/common.hpp"

namespace cbench::by_hand {

struct Begin {
  Task task;
};
struct End {
  Task task;
};
// A task that waits for its branches.
struct Fork {
  Task task;
  std::uint32_t left = 0;
  std::uint64_t sum = 0;
};
struct Branch {
  Fork* of;
  std::uint32_t index;
};

}  // namespace cbench::by_hand

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::by_hand::Begin)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::by_hand::End)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::by_hand::Branch)

namespace cbench::by_hand {
namespace {

caf::actor_system_config& configured(caf::actor_system_config& config, const Trial& trial) {
  config.set("scheduler.max-threads", std::size_t{trial.arguments().workers});
  config.set("scheduler.policy", caf::atom("sharing"));
  return config;
}

// An actor for each worker; it quits when it has no more tasks in flight. What it says to itself it says anonymously:
// a sender is counted in and out for each message.
class Worker : public caf::event_based_actor {
 public:
  Worker(caf::actor_config& config, Load& load, std::uint32_t slots)
      : event_based_actor(config), load_(load), in_flight_(slots) {}

 protected:
  void finish(const Task& task, std::uint64_t digest) {
    if (const auto next = load_.finish(task, digest)) {
      caf::anon_send(this, Begin{*next});
    } else if (--in_flight_ == 0) {
      quit();
    }
  }

  Load& load_;

 private:
  std::uint32_t in_flight_;
};

class NoopWorker final : public Worker {
 public:
  using Worker::Worker;
  caf::behavior make_behavior() override {
    return {[this](const Begin& message) {
      Task task = message.task;
      load_.start(task);
      finish(task, 0);
    }};
  }
};

class ForkJoinWorker final : public Worker {
 public:
  ForkJoinWorker(caf::actor_config& config, Load& load, std::uint32_t slots)
      : Worker(config, load, slots), forks_(load.slots()) {}
  caf::behavior make_behavior() override {
    return {
        [this](const Begin& message) {
          Fork& fork = forks_[message.task.slot];
          fork = {.task = message.task, .left = branches};
          load_.start(fork.task);
          for (std::uint32_t i = 0; i < branches; ++i) caf::anon_send(this, Branch{&fork, i});
        },
        [this](const Branch& branch) {
          Fork& fork = *branch.of;
          fork.sum += branch_digest(branch.index);
          if (--fork.left == 0) finish(fork.task, fold(0, fork.sum));
        },
    };
  }

 private:
  std::vector<Fork> forks_;  // by slot
};

class SleepWorker final : public Worker {
 public:
  using Worker::Worker;
  caf::behavior make_behavior() override {
    return {
        [this](const Begin& message) {
          Task task = message.task;
          load_.start(task);
          if (task.script.empty()) return finish(task, 0);  // the load is over
          delayed_send(this, task.script.front().time, End{task});
        },
        [this](const End& message) {
          finish(message.task, fold(0, static_cast<std::uint64_t>(message.task.script.front().time.count())));
        },
    };
  }
};

// Gives every worker its part of the slots, and waits until all have quit.
template <class Worker>
void run_workers(Trial& trial) {
  caf::actor_system_config config;
  caf::actor_system system(configured(config, trial));
  const auto [count, slots] = std::pair(trial.arguments().workers, trial.arguments().concurrency);
  trial.begin();
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t first = slots * i / count;
    const std::uint32_t end = slots * (i + 1) / count;
    const caf::actor worker = system.spawn<Worker>(std::ref(trial.load()), end - first);
    for (std::uint32_t slot = first; slot < end; ++slot) {
      if (const auto task = trial.load().first(slot)) caf::anon_send(worker, Begin{*task});
    }
  }
  system.await_all_actors_done();
}

// --- io: everything in one broker, which runs in the thread of CAF's multiplexer ---

struct BrokerState {
  struct Connection {
    caf::io::connection_handle handle;
    Task task;
    TimedExchange exchange;
  };
  std::vector<Connection> slots;
  std::vector<std::uint32_t> slot_of;  // by what the handle counts: the descriptor
  std::uint32_t in_flight = 0;
};

caf::behavior run_broker(caf::stateful_actor<BrokerState, caf::io::broker>* self, Trial* trial) {
  Load& load = trial->load();
  BrokerState& state = self->state;
  const Connections& connections = trial->connections();
  state.slots.resize(connections.size());
  for (std::uint32_t slot = 0; slot < connections.size(); ++slot) {
    const auto handle = self->add_scribe(connections[slot]);
    self->configure_read(handle, caf::io::receive_policy::exactly(sizeof(FrameHeader) + trial->arguments().bytes));
    state.slots[slot].handle = handle;
    const auto id = static_cast<std::size_t>(handle.id());
    if (state.slot_of.size() <= id) state.slot_of.resize(id + 1);
    state.slot_of[id] = slot;
    if (const auto task = load.first(slot)) {
      self->send(self, Begin{*task});
      ++state.in_flight;
    }
  }
  return {
      [self, &state, &load](const Begin& begin) {
        BrokerState::Connection& connection = state.slots[begin.task.slot];
        connection.task = begin.task;
        load.start(connection.task);
        connection.exchange.begin(begin.task.script.front(), begin.task.slot);
        for (const auto piece : connection.exchange.to_send()) {
          self->write(connection.handle, piece.size(), piece.data());
        }
        self->flush(connection.handle);
      },
      [self, &state, &load](const caf::io::new_data_msg& message) {
        BrokerState::Connection& connection = state.slots[state.slot_of[static_cast<std::size_t>(message.handle.id())]];
        if (!connection.exchange.receive(std::as_bytes(std::span(message.buf)))) load.fail("a short reply");
        if (const auto next = load.finish(connection.task, fold(0, connection.exchange.value()))) {
          self->send(self, Begin{*next});
        } else if (--state.in_flight == 0) {
          self->quit();
        }
      },
      [self, &load](const caf::io::connection_closed_msg&) {
        load.fail("the peer closed a connection");
        self->quit();
      },
  };
}

// CAF closes the descriptors that it was given, and the trial closes them again: harmless here, where nothing else can
// have taken their numbers by then. Duplicates would be two descriptors a connection, of which 20,000 may be the limit.
void run_io(Trial& trial) {
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  caf::actor_system system(configured(config, trial));
  trial.connections().make_nonblocking();
  trial.begin();
  system.middleman().spawn_broker(run_broker, &trial);
  system.await_all_actors_done();
}

}  // namespace
}  // namespace cbench::by_hand

int main(int count, char** arguments) {
  using namespace cbench::by_hand;
  return run(count, arguments,
             {{"noop", {noop_script, run_workers<NoopWorker>}},
              {"fork-join", {fork_join_script, run_workers<ForkJoinWorker>}},
              {"sleep", {sleep_script, run_workers<SleepWorker>}},
              {"io", {io_script, run_io}}});
}
