// What the actors of the model `actors` say to each other.
#pragma once

#include <cstdint>
#include <exception>

#include <caf/allowed_unsafe_message_type.hpp>

#include "harness/clock.hpp"
#include "harness/load.hpp"
#include "models/walks/run_until_suspended.hpp"

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
struct Ready {};  // connections of the worker's own group
struct Attempt {  // the connection that it waits for is ready
  OwnedWalk* walk;
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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::Attempt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::Alarm)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::Granted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::Acquire)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cbench::actor_messages::Release)
