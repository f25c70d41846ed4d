// Isolated actors and their mailboxes, as in Erlang and Akka: a few actors that live as long as the model, and a
// message for everything that happens.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <caf/all.hpp>

#include "models/caf/actor_messages.hpp"
#include "models/caf/worker_actor.hpp"
#include "models/model.hpp"
#include "models/waiting/readiness.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace actor_messages;

// After so many messages an actor lets another one have its thread, where there are locks: CAF's default is never,
// which keeps a lock from its turn for as long as workers are busy. Without locks there are as many actors as threads,
// and whoever lets go may be taken up by another one, whose CPU has none of its tasks in its cache (an empty task then
// takes half as long again).
constexpr std::size_t messages_per_turn = 64;

class Actors final : public Model {
 public:
  struct Options {
    std::uint32_t threads = 0;  // 0: as many as workers
    bool stealing = false;
  };

  Actors(const Environment& environment, const Options& options)
      : threads_(options.threads == 0 ? environment.workers : options.threads),
        company_{.load = environment.load,
                 .lanes = environment.lanes,
                 .placement = BranchPlacement(environment.load.work()),
                 .sent = std::vector<Company::Counter>(threads_ + 1)},
        system_(configure(options, environment.locks > 0)) {
    for (std::uint32_t i = 0; i < environment.locks; ++i) {
      company_.locks.push_back(system_.spawn<LockActor>(std::ref(company_)));
    }
    for (std::uint32_t i = 0; i < threads_; ++i) {
      company_.workers.push_back(system_.spawn<WorkerActor>(std::ref(company_), i));
    }
    if (environment.connections.size() > 0) {
      company_.readiness = std::make_unique<Readiness>(
          environment.connections, environment.lanes, threads_, [this](std::uint32_t slot) { return worker_of(slot); },
          [this](std::uint32_t worker) { tell(company_.workers[worker], Ready{}); });
      company_.readiness->begin();
    }
  }

  ~Actors() override {
    for (const auto* actors : {&company_.workers, &company_.locks}) {
      for (const caf::actor& actor : *actors) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    }
    system_.await_all_actors_done();
    company_.readiness.reset();  // its thread uses the rest
  }

  void submit(Task task) override {
    company_.in_flight.add();
    tell(company_.workers[worker_of(task.slot)], RunTask{task});
  }
  void drain() override { company_.in_flight.wait(); }
  std::uint64_t units_created() const override {
    std::uint64_t total = 0;
    for (const auto& sent : company_.sent) total += sent.count.load(std::memory_order_relaxed);
    return total;
  }

 private:
  caf::actor_system_config& configure(const Options& options, bool has_locks) {
    config_.set("scheduler.max-threads", std::size_t{threads_});
    if (has_locks) config_.set("scheduler.max-throughput", messages_per_turn);
    config_.set("scheduler.policy", options.stealing ? caf::atom("stealing") : caf::atom("sharing"));
    return config_;
  }

  // A slot's tasks stay with one worker. Arrivals take slots in turn, and so workers in turn. Slots that are filled
  // once are dealt out in runs, one a worker: the memory of the first messages is used ever after, and where those of
  // two workers lay side by side, their CPUs would fetch it from each other (an empty task takes twice as long).
  std::uint32_t worker_of(std::uint32_t slot) const {
    if (company_.load.is_open()) return slot % threads_;
    return static_cast<std::uint32_t>(std::uint64_t{slot} * threads_ / company_.load.slots());
  }

  template <class Message>
  void tell(const caf::actor& whom, Message&& message) {
    company_.sent.back().count.fetch_add(1, std::memory_order_relaxed);
    caf::anon_send(whom, std::forward<Message>(message));
  }

  const std::uint32_t threads_;
  Company company_;
  caf::actor_system_config config_;
  caf::actor_system system_;
};

constexpr Setting settings[] = {
    {"threads", "count", "--workers",
     "threads of the scheduler, and worker actors, where they are to differ from --workers"},
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
    if (!options.stealing && given->second != "sharing")
      throw unknown("policy", given->second, {"sharing", "stealing"});
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
    .own =
        "sockets beside CAF's broker, in groups that their actors look after, and one delayed message for all sleepers "
        "of "
        "an actor",
    .settings = settings,
    .check = [](const Settings& given) { read_options(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<Actors>(environment, read_options(environment.settings));
    },
};

}  // namespace cbench
