// The parent's side of a trial: starts a process for it, hands it its order, hears its events, measures it, and
// collects what came of it, whatever becomes of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "harness/protocol.hpp"
#include "harness/trial_meter.hpp"
#include "record/trial_record.hpp"

namespace cbench {

struct TrialWatch {
  std::vector<std::string> command = {"/proc/self/exe", "trial"};  // what runs the model
  std::string folder;                                              // it runs in; empty: this one's
  std::vector<std::string> environment;                            // "NAME=value", all of it; empty: this process's
  std::chrono::nanoseconds deadline{};                             // from the start; 0: none
  std::string line;                                                // said in place of the order; empty: that
  std::uint64_t max_memory_bytes = 0;                              // resident; 0: no limit
  pid_t peer_pid = 0;                                              // 0: no peer runs
  Housekeepers housekeepers;                                       // of the model's runtime
  // Called about every 50 ms while the trial runs, from the calling thread. A text that is not empty ends the trial as
  // failed with that reason: the peer died, the user pressed Ctrl-C.
  std::function<std::string()> look;
  // Called once, as soon as the instants of the window are known.
  std::function<void(const WindowEvent&)> window;
};

// What a child may take between its choice of an instant and the word of it, beside what is known to have held it up: a
// collector of garbage.
inline constexpr std::chrono::nanoseconds most_untold = std::chrono::milliseconds(250);

// What came of a trial, as the parent saw it: of one that failed, as far as it came.
struct TrialOutcome {
  Status status = Status::failed;  // ok: the child has said its record, and ended as it should
  std::string reason;
  std::optional<ReadyEvent> ready;
  std::optional<WindowEvent> window;
  std::optional<RecordEvent> record;
  TrialMeasures measures;
  std::uint64_t started_ns = 0;  // when its process was: CLOCK_MONOTONIC
  std::uint64_t ended_ns = 0;    // when the parent heard that it had ended; 0 where it did not
  std::uint64_t heard_ns = 0;    // when its record was; 0 where there is none
  double setup_s = 0;            // from when it was started until it was ready
  // The latest instants at which the parent looked and an event had not been said yet. However late the parent heard of
  // it: the trial said it later than that. 0 where nobody looked.
  std::uint64_t unready_ns = 0;
  std::uint64_t untold_ns = 0;  // of the window
  std::uint64_t unended_ns = 0;
  // Of a window that was told by more than most_untold too late: for how long its threads had waited for a CPU by then,
  // all together, and the hypervisor had taken CPUs from this machine. Infinite where more of them were ready to run
  // than there are CPUs, and where the kernel does not tell.
  double held_up_s = 0;
  double stopped_s = 0;   // for how long the parent itself did not run (Ctrl-Z, a frozen container), and who knows else
  double life_cpu_s = 0;  // of its process until it had ended; 0 where that is not known, or is that of several
  // At the end of the window or once its tasks had ended: processes beside those that were there when it was ready, or
  // beside its own, where it had said that it has not forked. Those that have left it, as daemons do, are among them;
  // of those, how many were there when it had ended itself. And whether anybody at all was.
  std::size_t hidden_processes = 0;
  std::size_t daemons = 0;
  bool left_processes = false;
};

// Blocks until the trial is over. Never throws for what becomes of it: an error, a crash, a hang (ended at the
// deadline), too much memory, a process that says what it should not or cannot be started are in the outcome.
TrialOutcome run_trial(const TrialOrder& order, const TrialWatch& watch);

}  // namespace cbench
