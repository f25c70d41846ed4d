// Isolated actors and their mailboxes, as in Erlang and Akka: a few actors that live as long as the model, and a message
// for everything that happens. What an actor owns it alone touches; whoever wants something of it sends a message.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <caf/all.hpp>

#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/reactor.hpp"
#include "models/run_until_suspended.hpp"
#include "models/timer_heap.hpp"
#include "workloads/kernels.hpp"
#include "workloads/quantity.hpp"

namespace cbench::actor_messages {

// A walk, which belongs to the worker `home`. To everybody else it is a name, and an address to answer to.
struct OwnedWalk : Walk {
  std::uint32_t home = 0;
  OwnedWalk* waiting_parent = nullptr;  // of a branch: the walk that waits for it
};

// To workers.
struct RunTask {
  Task task;
};
struct RunBranch {
  Script script;
  std::uint32_t connection;
  std::uint64_t digest;
  OwnedWalk* parent;
};
struct BranchOver {
  OwnedWalk* parent;
  std::uint64_t digest;
  std::exception_ptr error;
};
struct StepOver {
  OwnedWalk* walk;
  std::uint64_t value;
  std::exception_ptr error;
};
struct Ready {  // their connections
  std::vector<OwnedWalk*> walks;
};
struct Alarm {  // sleepers are due
  Ticks due;
};
struct Granted {  // the lock that it asked for
  OwnedWalk* walk;
};
// To a lock.
struct Acquire {
  OwnedWalk* walk;
};
struct Release {};

}  // namespace cbench::actor_messages

// None of them leaves the process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::RunTask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::RunBranch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::BranchOver)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::StepOver)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::Ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::Alarm)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::Granted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::Acquire)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::Release)

namespace cbench {
namespace {

using namespace actor_messages;

// After so many messages an actor lets another one have its thread. CAF's default is never, which keeps a lock from its
// turn for as long as workers are busy; below 32 the change of actors costs an empty task 5 % and more.
constexpr std::size_t messages_per_turn = 32;
constexpr int most_woken = 256;  // at once: other messages get their turn in between

// What the actors know of each other; complete before the first message.
struct Company {
  Load& load;
  const std::uint32_t lanes;
  InFlight in_flight;
  std::unique_ptr<Reactor> reactor;  // where there are connections
  std::vector<caf::actor> workers;
  std::vector<caf::actor> locks;

  // Messages sent: a counter for each worker, and one for everybody else.
  struct alignas(128) Counter {
    std::atomic<std::uint64_t> count{0};
  };
  std::vector<Counter> sent;
};

// An actor that ends the process where it gets a message that it does not know, or throws: CAF would drop the one in
// silence, and end the actor in silence after the other.
class LoudActor : public caf::event_based_actor {
 public:
  explicit LoudActor(caf::actor_config& config) : event_based_actor(config) {
    set_default_handler([](caf::scheduled_actor*, caf::message_view&) -> caf::result<caf::message> { std::terminate(); });
    set_exception_handler([](std::exception_ptr&) -> caf::error { std::terminate(); });
  }
};

// A lock is an actor: first come, first served.
class LockActor final : public LoudActor {
 public:
  LockActor(caf::actor_config& config, Company& company) : LoudActor(config), company_(company) {}

  caf::behavior make_behavior() override {
    return {
        [this](const Acquire& by) {
          if (std::exchange(held_, true)) {
            waiting_.push_back(by.walk);
          } else {
            grant(by.walk);
          }
        },
        [this](const Release&) {
          if (waiting_.empty()) {
            held_ = false;
          } else {
            grant(waiting_.front());
            waiting_.pop_front();
          }
        },
    };
  }

 private:
  // Ahead of what its worker has to do besides: everybody else waits for the holder.
  void grant(OwnedWalk* walk) {
    company_.sent.back().count.fetch_add(1, std::memory_order_relaxed);
    send<caf::message_priority::high>(company_.workers[walk->home], Granted{walk});
  }

  Company& company_;
  bool held_ = false;
  std::deque<OwnedWalk*> waiting_;
};

// Runs tasks, a message each, and whatever comes of them. Owns the walks that it runs and their sleep.
class WorkerActor final : public LoudActor {
 public:
  WorkerActor(caf::actor_config& config, Company& company, std::uint32_t number)
      : LoudActor(config), company_(company), load_(company.load), number_(number), sent_(company.sent[number].count) {}

  caf::behavior make_behavior() override {
    return {
        [this](const RunTask& message) {
          Task task = message.task;
          load_.start(task);
          OwnedWalk& walk = make_walk();
          begin_task(walk, task, company_.lanes);
          cbench::resume(*this, load_, walk);
        },
        [this](const Ready& message) {
          for (OwnedWalk* walk : message.walks) {
            if (const auto over = attempt(*walk)) go_on(*over);
          }
        },
        [this](const StepOver& over) { go_on(over); },
        [this](const Alarm& alarm) { ring(alarm.due); },
        [this](const Granted& granted) { resume_holding(*this, load_, *granted.walk); },
        [this](const RunBranch& branch) {
          OwnedWalk& walk = make_walk();
          walk.script = branch.script;
          walk.at = 0;
          walk.connection = branch.connection;
          walk.digest = branch.digest;
          walk.waiting_parent = branch.parent;
          cbench::resume(*this, load_, walk);
        },
        [this](const BranchOver& branch) { resume_joined(*this, load_, *branch.parent, branch.digest, branch.error); },
    };
  }

  // The idiom of run_until_suspended.
  bool compute(Walk&, const Step& step, std::uint64_t& result) {
    result = run_kernel(step.kernel, step.amount);
    return true;
  }
  void begin_wait(Walk& walk, std::chrono::nanoseconds time) {
    const Ticks due = ticks::now() + ticks::from_ns(time);
    sleepers_.add(due, &owned(walk));
    if (due < alarm_) set_alarm(due);
  }
  void begin_request(Walk& walk, const Step& step) {
    company_.reactor->begin_request(step, walk.connection);
    if (const auto over = attempt(owned(walk))) tell(company_.workers[number_], *over);
  }
  bool acquire(Walk& walk, std::uint32_t lock) {
    tell(company_.locks[lock], Acquire{&owned(walk)});
    return false;
  }
  void release(std::uint32_t lock) { tell(company_.locks[lock], Release{}); }
  // Branches go to all workers in turn, as messages.
  Walk* make_branch(Walk&) { return &outgoing_; }
  void start_branch(Walk& branch) {
    tell(company_.workers[branch_to_], RunBranch{branch.script, branch.connection, branch.digest, &owned(*branch.parent)});
    branch_to_ = (branch_to_ + 1) % static_cast<std::uint32_t>(company_.workers.size());
  }
  void end_branch(Walk&) {}  // no walk here has a parent: a branch is a message, and so is its end
  void end_task(Walk& ended, const std::exception_ptr& error) {
    OwnedWalk& walk = owned(ended);
    if (OwnedWalk* parent = std::exchange(walk.waiting_parent, nullptr)) {
      if (parent->home == number_) {
        resume_joined(*this, load_, *parent, walk.digest, error);
      } else {
        tell(company_.workers[parent->home], BranchOver{parent, walk.digest, error});
      }
    } else if (const auto next = finish(walk.task, walk.digest, error)) {
      tell(company_.workers[number_], RunTask{*next});
    } else {
      company_.in_flight.remove();
    }
    spare_walks_.push_back(&walk);
  }

 private:
  static OwnedWalk& owned(Walk& walk) { return static_cast<OwnedWalk&>(walk); }

  template <class Message>
  void tell(const caf::actor& whom, Message&& message) {
    sent_.store(sent_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    send(whom, std::forward<Message>(message));
  }

  OwnedWalk& make_walk() {
    if (spare_walks_.empty()) {
      walks_.emplace_back().home = number_;
      return walks_.back();
    }
    OwnedWalk* walk = spare_walks_.back();
    spare_walks_.pop_back();
    return *walk;
  }

  std::optional<Task> finish(const Task& task, std::uint64_t digest, const std::exception_ptr& error) {
    if (!error) return load_.finish(task, digest);
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& what) {
      load_.fail(task, what.what());
    }
    return std::nullopt;
  }

  // Moves the bytes of a request. Nothing where it is not over: the reactor says Ready when there is more to do.
  std::optional<StepOver> attempt(OwnedWalk& walk) {
    Reactor& reactor = *company_.reactor;
    try {
      do {
        if (reactor.attempt(walk.connection)) return StepOver{&walk, reactor.reply(walk.connection), nullptr};
      } while (!reactor.wait_for(walk.connection, &walk));
      return std::nullopt;
    } catch (...) {
      return StepOver{&walk, 0, std::current_exception()};
    }
  }

  void go_on(const StepOver& over) {
    if (over.error) {
      cbench::resume(*this, load_, *over.walk, over.error);
    } else {
      resume_with(*this, load_, *over.walk, over.value);
    }
  }

  // One delayed message for the next sleeper, instead of one for each.
  void set_alarm(Ticks due) {
    alarm_ = due;
    sent_.store(sent_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    delayed_send(company_.workers[number_], std::chrono::nanoseconds(ticks::to_ns(ticks::now(), due)), Alarm{due});
  }

  void ring(Ticks due) {
    if (due != alarm_) return;  // it was set before somebody came who is due earlier
    alarm_ = 0;                 // nobody sets it meanwhile
    const Ticks now = ticks::now();
    for (int woken = 0; woken < most_woken; ++woken) {
      OwnedWalk* walk = sleepers_.take_due(now);
      if (walk == nullptr) break;
      resume_with(*this, load_, *walk, static_cast<std::uint64_t>(walk->script[walk->at].time.count()));
    }
    alarm_ = sleepers_.next_due();
    if (alarm_ <= now) {
      tell(company_.workers[number_], Alarm{alarm_});
    } else if (!sleepers_.empty()) {
      set_alarm(alarm_);
    }
  }

  Company& company_;
  Load& load_;
  const std::uint32_t number_;
  std::atomic<std::uint64_t>& sent_;
  std::deque<OwnedWalk> walks_;
  std::vector<OwnedWalk*> spare_walks_;
  TimerHeap<OwnedWalk*> sleepers_;
  Ticks alarm_ = UINT64_MAX;  // when the next one rings
  Walk outgoing_;  // a branch on its way into a message
  std::uint32_t branch_to_ = number_;
};

class Actors final : public Model {
 public:
  struct Options {
    std::uint32_t threads = 0;  // 0: as many as workers
    bool stealing = false;
  };

  Actors(const Environment& environment, const Options& options)
      : threads_(options.threads == 0 ? environment.workers : options.threads),
        company_{.load = environment.load, .lanes = environment.lanes, .sent = std::vector<Company::Counter>(threads_ + 1)},
        system_(configure(options)) {
    if (environment.connections.size() > 0) {
      company_.reactor = std::make_unique<Reactor>(environment.connections, [this](auto waiting) { tell_ready(waiting); });
    }
    for (std::uint32_t i = 0; i < environment.locks; ++i) {
      company_.locks.push_back(system_.spawn<LockActor>(std::ref(company_)));
    }
    for (std::uint32_t i = 0; i < threads_; ++i) {
      company_.workers.push_back(system_.spawn<WorkerActor>(std::ref(company_), i));
    }
    ready_.resize(threads_);
  }

  ~Actors() override {
    for (const auto* actors : {&company_.workers, &company_.locks}) {
      for (const caf::actor& actor : *actors) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    }
    system_.await_all_actors_done();
  }

  // A slot's tasks stay with one worker.
  void submit(Task task) override {
    company_.in_flight.add();
    tell(company_.workers[task.slot % threads_], RunTask{task});
  }
  void drain() override { company_.in_flight.wait(); }
  std::uint64_t units_created() const override {
    std::uint64_t total = 0;
    for (const auto& sent : company_.sent) total += sent.count.load(std::memory_order_relaxed);
    return total;
  }

 private:
  caf::actor_system_config& configure(const Options& options) {
    config_.set("scheduler.max-threads", std::size_t{threads_});
    config_.set("scheduler.max-throughput", messages_per_turn);
    config_.set("scheduler.policy", options.stealing ? caf::atom("stealing") : caf::atom("sharing"));
    return config_;
  }

  template <class Message>
  void tell(const caf::actor& whom, Message&& message) {
    company_.sent.back().count.fetch_add(1, std::memory_order_relaxed);
    caf::anon_send(whom, std::forward<Message>(message));
  }

  // On the reactor's thread: one message for each worker that is concerned.
  void tell_ready(std::span<const Waiter> waiting) {
    for (const Waiter waiter : waiting) {
      auto* walk = static_cast<OwnedWalk*>(waiter);
      ready_[walk->home].push_back(walk);
    }
    for (std::uint32_t worker = 0; worker < threads_; ++worker) {
      if (!ready_[worker].empty()) tell(company_.workers[worker], Ready{std::exchange(ready_[worker], {})});
    }
  }

  const std::uint32_t threads_;
  Company company_;
  caf::actor_system_config config_;
  caf::actor_system system_;
  std::vector<std::vector<OwnedWalk*>> ready_;  // the reactor's
};

constexpr Setting settings[] = {
    {"threads", "count", "--workers", "threads of the scheduler, and worker actors, where they are to differ from --workers"},
    {"policy", "sharing or stealing", "sharing", "one queue of actors for all threads, or one each and work stealing"},
};

Actors::Options read_options(const Settings& settings_given) {
  Actors::Options options;
  if (const auto given = settings_given.find("threads"); given != settings_given.end()) {
    options.threads = static_cast<std::uint32_t>(parse_count(given->second, "threads"));
    if (options.threads == 0) throw UsageError("threads must be at least 1");
  }
  if (const auto given = settings_given.find("policy"); given != settings_given.end()) {
    options.stealing = given->second == "stealing";
    if (!options.stealing && given->second != "sharing") throw unknown("policy", given->second, {"sharing", "stealing"});
  }
  return options;
}

}  // namespace

extern const ModelInfo actors_model;
const ModelInfo actors_model{
    .name = "actors",
    .idiom = "isolated actors and mailboxes, as in Erlang and Akka",
    .library = "CAF",
    .version = CBENCH_LIBRARY_VERSION,
    .unit = "messages",
    .settings = settings,
    .check = [](const Settings& given) { read_options(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<Actors>(environment, read_options(environment.settings));
    },
};

}  // namespace cbench
