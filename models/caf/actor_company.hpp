// What the actors of the model `actors` have in common, and the smallest of them: the lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include <caf/all.hpp>

#include "harness/load.hpp"
#include "models/caf/actor_messages.hpp"
#include "models/in_flight.hpp"
#include "models/waiting/readiness.hpp"
#include "models/walks/branch_placement.hpp"
#include "system/cache_lines.hpp"

namespace cbench {

// What the actors know of each other; complete before the first message.
struct Company {
  Load& load;
  const std::uint32_t lanes;
  const BranchPlacement placement;
  InFlight in_flight;
  std::unique_ptr<Readiness> readiness;  // where there are connections
  std::vector<caf::actor> workers;
  std::vector<caf::actor> locks;

  // Messages sent: a counter for each worker, and one for everybody else.
  struct alignas(lines_apart) Counter {
    std::atomic<std::uint64_t> count{0};
  };
  std::vector<Counter> sent;
};

// An actor that ends the process where it gets a message that it does not know, or throws: CAF would drop the one in
// silence, and end the actor in silence after the other.
class LoudActor : public caf::event_based_actor {
 public:
  explicit LoudActor(caf::actor_config& config) : event_based_actor(config) {
    set_default_handler(
        [](caf::scheduled_actor*, caf::message_view&) -> caf::result<caf::message> { std::terminate(); });
    set_exception_handler([](std::exception_ptr&) -> caf::error { std::terminate(); });
  }
};

// A lock is an actor: first come, first served.
class LockActor final : public LoudActor {
 public:
  LockActor(caf::actor_config& config, Company& company) : LoudActor(config), company_(company) {}

  caf::behavior make_behavior() override {
    return {
        [this](const actor_messages::Acquire& by) {
          if (std::exchange(held_, true)) {
            waiting_.push_back(by.walk);
          } else {
            grant(by.walk);
          }
        },
        [this](const actor_messages::Release&) {
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
  void grant(actor_messages::OwnedWalk* walk) {
    company_.sent.back().count.fetch_add(1, std::memory_order_relaxed);
    send<caf::message_priority::high>(company_.workers[walk->home], actor_messages::Granted{walk});
  }

  Company& company_;
  bool held_ = false;
  std::deque<actor_messages::OwnedWalk*> waiting_;
};

}  // namespace cbench
