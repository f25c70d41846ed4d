// What the parent reads of a trial from outside, in one way for every language: CPU time, memory, threads, and what
// else the machine did. A reading costs the same however many threads the trial has, but where its runtime has
// housekeepers, or it forked: then each thread is looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "harness/host.hpp"
#include "system/kernel_memory.hpp"

namespace cbench {

// Names that threads of a runtime begin with, which work beside the tasks. Empty: none is known.
struct Housekeepers {
  std::vector<std::string> compiler;   // that makes the program faster while it runs
  std::vector<std::string> collector;  // of garbage
};

// Of the window. Numbers of a trial that did not come so far are 0.
struct TrialMeasures {
  bool complete = false;    // both ends of the window were read
  double begin_late_s = 0;  // how long after the window's begin and end the readings were taken
  double end_late_s = 0;
  double elapsed_s = 0;  // between the readings
  double cpu_s = 0;      // of the trial's processes, between the readings
  double peer_cpu_s = 0;
  double own_cpu_s = 0;                         // of the parent itself
  double compiler_cpu_s = 0;                    // of the trial's, by the threads that are known to compile
  double collector_cpu_s = 0;                   // and by those that collect garbage
  std::uint64_t forked_switches_voluntary = 0;  // of a trial that forks, of all its processes
  std::uint64_t forked_switches_involuntary = 0;
  double load_average = 0;                 // of the last minute, before the window
  std::optional<ForeignActivity> foreign;  // of neither the trial nor the peer nor the parent, where the kernel tells

  // Bytes. The most that was seen, and what there was before the first task.
  std::uint64_t peak_resident = 0;
  std::uint64_t peak_virtual = 0;
  std::uint64_t peak_kernel = 0;
  std::uint64_t idle_resident = 0;
  std::uint64_t idle_kernel = 0;
  bool kernel_is_own = false;  // else others have a part in it
  std::uint32_t os_threads = 0;
};

// One trial's. From the thread that runs the sweep.
class TrialMeter {
 public:
  // `process` must not have begun to work; `peer_pid` is 0 where no peer runs.
  TrialMeter(pid_t process, pid_t peer_pid, const std::string& trial, Housekeepers housekeepers);

  // How many the trial is known to have.
  std::size_t processes() const { return processes_.size(); }

  // Before the first task. `forked`: the trial has made processes, all of them by now.
  void ready(bool forked);
  // At both ends of the window; `at_ns` is when it was, by CLOCK_MONOTONIC.
  void begin(std::uint64_t at_ns);
  void end(std::uint64_t at_ns);
  // Now and then, while tasks run. Returns the bytes that are resident now.
  std::uint64_t look();
  // The same for whom nothing is kept: what a trial takes to count up afterwards is not its tasks'.
  std::uint64_t resident() const;

  const TrialMeasures& measures() const { return measures_; }

 private:
  struct Reading {
    std::uint64_t at_ns = 0;
    double cpu_s = 0;
    double peer_cpu_s = 0;
    double own_cpu_s = 0;
    double awake_cpu_s = 0;  // contained in own_cpu_s: of what keeps CPUs awake
    double compiler_cpu_s = 0;
    double collector_cpu_s = 0;
    std::uint64_t voluntary = 0;
    std::uint64_t involuntary = 0;
    HostActivity host;
  };
  Reading read() const;
  double cpu_of(const std::vector<std::string>& threads) const;

  pid_t peer_pid_;
  Housekeepers housekeepers_;
  bool forked_ = false;
  std::vector<pid_t> processes_;
  KernelMemory kernel_;
  Reading before_;
  TrialMeasures measures_;
};

}  // namespace cbench
