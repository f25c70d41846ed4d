// What one task does: a flat list of steps that every model interprets in its own idiom.
// This header knows nothing of models, load or reports; everything else knows it.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "workloads/digest.hpp"
#include "workloads/kernels.hpp"

namespace cbench {

enum class StepKind : std::uint8_t { compute, wait, request, critical, fan_out };

// One step. Trivially copyable, so that a script crosses a pipe or a fork unchanged. A step with a body (critical,
// fan_out) is followed by the steps of that body (preorder). The contract tests hold every model to these meanings:
//
//   compute   run `kernel` over `amount`; fold its result
//   wait      be suspended for `time`, at 50 us resolution or better, without using the CPU; fold the time
//   request   send a frame with `bytes` of payload over the connection of this slot and lane; the peer sends it back
//             after `time`; check that the reply is the one asked for; fold what the reply says
//   critical  run the body while no other task of the trial is inside the same `lock`, in other processes either;
//             fold the lock, then go on folding inside the body
//   fan_out   run the body `width` times concurrently and go on when all are done; each branch starts from
//             branch_digest(index), and the sum of the branches' digests is folded. The first branch that throws
//             decides the error, which is thrown on once every branch has ended.
//
// A task's digest starts at 0 and is folded step by step. It depends on the script alone: not on the order in which
// branches ran, on the slot or on the task's number.
struct Step {
  StepKind kind{};
  Kernel kernel{};                  // compute
  std::uint16_t body = 0;           // critical, fan_out: how many of the following steps are the body
  std::uint32_t width = 0;          // fan_out: how many branches
  std::uint32_t lanes = 0;          // fan_out: connections that one branch needs (see lanes_of)
  std::uint32_t lock = 0;           // critical: which lock, from 0
  std::uint32_t bytes = 0;          // request: payload of the frame and of its reply
  std::uint64_t amount = 0;         // compute: the kernel's amount of work
  std::chrono::nanoseconds time{};  // wait: how long; request: how long the peer waits before it answers

  friend bool operator==(const Step&, const Step&) = default;
};

using Script = std::span<const Step>;
using Steps = std::vector<Step>;

inline constexpr std::uint32_t max_request_bytes = 64 * 1024;
inline constexpr std::uint32_t max_nested_locks = 4;  // criticals inside one another, within one branch

// Builders: `sequence({request(64, 5ms), compute(Kernel::mix, 1000), critical(0, compute(Kernel::mix, 10))})`.
Steps compute(Kernel kernel, std::uint64_t amount);
Steps wait(std::chrono::nanoseconds time);
Steps request(std::uint32_t bytes, std::chrono::nanoseconds delay);
Steps critical(std::uint32_t lock, Steps body);
Steps fan_out(std::uint32_t width, Steps body);
Steps sequence(std::initializer_list<Steps> parts);

// The steps of the body of script[at].
inline Script body_of(Script script, std::size_t at) { return script.subspan(at + 1, script[at].body); }

// How many connections a task of this script uses at once: 0 without requests, 1 for requests one after the other,
// and one for each branch of a fan-out that makes requests. A slot owns that many; branches never share one.
std::uint32_t lanes_of(Script script);

// One more than the highest lock that the script names; 0 where it has no critical step.
std::uint32_t locks_of(Script script);

// The shortest time that the script's waits and requests allow, branches of a fan-out counted once.
std::chrono::nanoseconds waiting_of(Script script);

// How often each kind of step is run by one task, branches counted each.
struct StepCounts {
  std::uint64_t computes = 0;
  std::uint64_t waits = 0;
  std::uint64_t requests = 0;
  std::uint64_t criticals = 0;
  std::uint64_t branches = 0;
};
StepCounts count_steps(Script script);

// Empty where the script keeps the rules (bodies within bounds, widths and bytes within limits, no lock inside
// itself); otherwise what is wrong, for a person.
std::string defect_of(Script script);

// The digest that every model must return for this script, found by walking it here without waiting. The fault kernel,
// which returns nothing, counts as 0. Call it from one thread, before workers start.
std::uint64_t expected_digest(Script script);

}  // namespace cbench
