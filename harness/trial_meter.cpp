#include "harness/trial_meter.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "harness/clock.hpp"
#include "system/awake_cpus.hpp"
#include "system/process_tree.hpp"

namespace cbench {
namespace {

double seconds_between(std::uint64_t earlier_ns, std::uint64_t later_ns) {
  return later_ns > earlier_ns ? static_cast<double>(later_ns - earlier_ns) / 1e9 : 0;
}

}  // namespace

TrialMeter::TrialMeter(pid_t process, pid_t peer_pid, const std::string& trial, Housekeepers housekeepers)
    : peer_pid_(peer_pid), housekeepers_(std::move(housekeepers)), processes_{process}, kernel_(process, trial) {}

double TrialMeter::cpu_of(const std::vector<std::string>& threads) const {
  double seconds = 0;
  if (threads.empty()) return seconds;
  for (const pid_t process : processes_) seconds += cpu_seconds_of_threads(process, threads);
  return seconds;
}

TrialMeter::Reading TrialMeter::read() const {
  // The clocks of CPU time first: they are what the instant stands for.
  Reading reading{.at_ns = ticks::from_kernel()};
  for (const pid_t process : processes_) reading.cpu_s += cpu_seconds_of(process);
  reading.peer_cpu_s = peer_pid_ == 0 ? 0 : cpu_seconds_of(peer_pid_);
  reading.own_cpu_s = cpu_seconds_of(getpid());
  reading.awake_cpu_s = awake_cpu_seconds();
  reading.host = host_activity();
  if (forked_) {
    const ContextSwitches switches = context_switches_of(processes_);
    reading.voluntary = switches.voluntary;
    reading.involuntary = switches.involuntary;
  }
  reading.compiler_cpu_s = cpu_of(housekeepers_.compiler);
  reading.collector_cpu_s = cpu_of(housekeepers_.collector);
  return reading;
}

void TrialMeter::ready(bool forked) {
  forked_ = forked;
  if (forked) processes_ = process_tree(processes_.front());
  measures_.idle_resident = memory_of(processes_).resident;
  measures_.idle_kernel = kernel_.bytes();
  measures_.kernel_is_own = kernel_.is_own();
}

void TrialMeter::begin(std::uint64_t at_ns) {
  before_ = read();
  measures_.begin_late_s = seconds_between(at_ns, before_.at_ns);
  measures_.load_average = before_.host.load_average;
}

void TrialMeter::end(std::uint64_t at_ns) {
  const Reading after = read();
  measures_.end_late_s = seconds_between(at_ns, after.at_ns);
  measures_.elapsed_s = seconds_between(before_.at_ns, after.at_ns);
  measures_.cpu_s = std::max(0.0, after.cpu_s - before_.cpu_s);
  measures_.peer_cpu_s = std::max(0.0, after.peer_cpu_s - before_.peer_cpu_s);
  const double parent_cpu_s = std::max(0.0, after.own_cpu_s - before_.own_cpu_s);
  measures_.own_cpu_s = std::max(0.0, parent_cpu_s - (after.awake_cpu_s - before_.awake_cpu_s));
  measures_.compiler_cpu_s = std::max(0.0, after.compiler_cpu_s - before_.compiler_cpu_s);
  measures_.collector_cpu_s = std::max(0.0, after.collector_cpu_s - before_.collector_cpu_s);
  // A thread that has ended since took its counts with it.
  measures_.forked_switches_voluntary = after.voluntary - std::min(before_.voluntary, after.voluntary);
  measures_.forked_switches_involuntary = after.involuntary - std::min(before_.involuntary, after.involuntary);
  measures_.foreign = foreign_activity(before_.host, after.host, measures_.elapsed_s,
                                       measures_.cpu_s + measures_.peer_cpu_s + parent_cpu_s);
  measures_.complete = before_.at_ns != 0 && measures_.elapsed_s > 0;
  look();
}

std::uint64_t TrialMeter::resident() const { return memory_of(processes_).resident; }

std::uint64_t TrialMeter::look() {
  const MemoryOfProcesses memory = memory_of(processes_);
  measures_.peak_resident = std::max(measures_.peak_resident, memory.peak_resident);
  measures_.peak_virtual = std::max(measures_.peak_virtual, memory.peak_virtual);
  measures_.os_threads = std::max(measures_.os_threads, memory.threads);
  measures_.peak_kernel = std::max(measures_.peak_kernel, kernel_.bytes());
  return memory.resident;
}

}  // namespace cbench
