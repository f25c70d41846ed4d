#include "cmd/doctor/doctor_checks.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "reports/findings/ideal.hpp"
#include "system/cpus.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using enum Severity;

std::string cpus_text(double cpus) { return fmt::format("{:.2f} {}", cpus, cpus == 1 ? "CPU" : "CPUs"); }

// --- What cbench cannot do without ---

std::optional<Finding> check_proc(const Evidence& e) {
  if (text_of(e, "proc/stat") && text_of(e, "proc/self/status")) return std::nullopt;
  return Finding{error, "/proc",
                 "The kernel's /proc is not readable: CPU time and memory of a trial cannot be measured.",
                 "mount -t proc proc /proc"};
}

std::optional<Finding> check_loopback(const Evidence& e) {
  if (e.loopback_error.empty()) return std::nullopt;
  return Finding{
      error, "loopback",
      fmt::format("No connection over 127.0.0.1 ({}): workloads with requests cannot run.", e.loopback_error),
      "sudo ip link set lo up"};
}

// --- The build ---

std::optional<Finding> check_build(const Evidence& e) {
  const std::string& flags = e.build.compiler;
  const std::string text = fmt::format("{} build, {}", e.build.build_type, flags);
  const std::string remedy = "cmake --preset release && cmake --build --preset release";
  const auto has = [&](std::string_view flag) { return flags.find(flag) != std::string::npos; };
  if (has("-fsanitize=")) {
    return Finding{warning, "build", text + ". A sanitizer slows models down by different factors: compare nothing.",
                   remedy};
  }
  const bool optimised = has(" -O1") || has(" -O2") || has(" -O3") || has(" -Os") || has(" -Ofast");
  if (!optimised || has(" -O0")) {
    return Finding{warning, "build", text + ". It is not optimised: the numbers say nothing about real programs.",
                   remedy};
  }
  if (!has("-DNDEBUG")) return Finding{note, "build", text + ". Assertions are on and cost a little.", remedy};
  return Finding{ok, "build", text + ".", ""};
}

// --- The CPUs: how many, and how fast they really are ---

std::optional<Finding> check_quota(const Evidence& e) {
  if (!e.groups.cpus || *e.groups.cpus >= e.facts.cpus_allowed) return std::nullopt;
  return Finding{warning, "CPU quota",
                 fmt::format("The control group allows {} of {}. Beyond that every thread stands still for the rest of "
                             "the period (100 ms as a rule), which shows in p99, and more workers give no speedup.",
                             cpus_text(*e.groups.cpus), e.facts.cpus_allowed),
                 "Lift the quota (docker run --cpus, systemd CPUQuota=, cpu.max), or keep --workers below it."};
}

std::optional<Finding> check_affinity(const Evidence& e) {
  const std::uint32_t allowed = e.facts.cpus_allowed;
  if (allowed == 1) {
    return Finding{warning, "CPUs", "One CPU: model, peer and everything else share it, and no speedup can be seen.",
                   "Use a machine, or an affinity (taskset, docker run --cpuset-cpus), with more CPUs."};
  }
  if (allowed < e.facts.cpus_online) {
    return Finding{note, "CPUs",
                   fmt::format("This process may use {} of {} CPUs: workers beyond {} share them.", allowed,
                               e.facts.cpus_online, allowed),
                   "taskset or docker run --cpuset-cpus, if that is not what you want."};
  }
  return Finding{ok, "CPUs", fmt::format("{}, and this process may use all of them.", allowed), ""};
}

std::optional<Finding> check_smt(const Evidence& e) {
  if (number_of(e, "sys/devices/system/cpu/smt/active").value_or(0) != 1) return std::nullopt;
  const std::uint32_t cores = cores_of(cpus_in_list(text_of(e, "sys/devices/system/cpu/online").value_or("")), e.root);
  if (cores == 0) return std::nullopt;  // the kernel does not tell
  return Finding{
      note, "SMT",
      fmt::format("{} CPUs are threads of {} cores: two workers on one core share it, so speedup bends at {} "
                  "workers, and nothing in the model is to blame.",
                  e.facts.cpus_online, cores, cores),
      "echo off | sudo tee /sys/devices/system/cpu/smt/control"};
}

std::optional<Finding> check_governor(const Evidence& e) {
  if (e.facts.governor == "performance") return Finding{ok, "governor", "performance: clock rates stay up.", ""};
  if (e.facts.governor == "unknown") {
    return Finding{note, "governor",
                   "The kernel shows no clock rates, as in most virtual machines: they may change unseen.",
                   "Repeat (--repetitions), and compare only what ran in the same minutes."};
  }
  return Finding{warning, "governor",
                 fmt::format("{}: clock rates follow the load, so a model that sleeps often runs on a slower CPU.",
                             e.facts.governor),
                 "sudo cpupower frequency-set -g performance"};
}

std::optional<Finding> check_boost(const Evidence& e) {
  const auto no_turbo = number_of(e, "sys/devices/system/cpu/intel_pstate/no_turbo");
  const auto boost = number_of(e, "sys/devices/system/cpu/cpufreq/boost");
  if (!no_turbo && !boost) return std::nullopt;
  if (no_turbo ? *no_turbo != 0 : *boost == 0) return Finding{ok, "boost", "Boost is off: one clock rate for all.", ""};
  return Finding{note, "boost",
                 "Boost is on: one busy core runs faster than many, so speedups come out too small, and warm CPUs are "
                 "slower.",
                 no_turbo ? "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo"
                          : "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost"};
}

std::optional<Finding> check_battery(const Evidence& e) {
  bool any = false;
  std::error_code failed;
  for (fs::directory_iterator entry(e.root / "sys/class/power_supply", failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (read_kernel_file(entry->path() / "scope") == "Device") continue;  // a mouse or a headset
    if (read_kernel_file(entry->path() / "type") != "Battery") continue;
    any = true;
    if (read_kernel_file(entry->path() / "status") == "Discharging") {
      return Finding{warning, "power", "On battery: the CPUs are kept slow, and slower as it empties.",
                     "Plug the machine in."};
    }
  }
  if (!any) return std::nullopt;
  return Finding{ok, "power", "On mains.", ""};
}

// --- Who else is there ---

// Threads that spin use up a quota of CPU time.
bool may_keep_awake(const Evidence& e) { return cpus_usable(e.facts) >= e.facts.cpus_allowed; }

std::optional<Finding> check_virtualisation(const Evidence& e) {
  const std::string cpuinfo = text_of(e, "proc/cpuinfo").value_or("");
  const auto flags = line_named(cpuinfo, "flags").value_or("");
  const auto type = text_of(e, "sys/hypervisor/type");
  if (flags.find(" hypervisor") == std::string::npos && !type) {
    return Finding{ok, "virtualisation", "No hypervisor in sight.", ""};
  }
  const std::string product = text_of(e, "sys/class/dmi/id/product_name").value_or(type.value_or(""));
  return Finding{
      note, "virtualisation",
      fmt::format("A virtual machine{}: waking another CPU costs several times more than on bare metal, and "
                  "neighbours on the host change the numbers unseen.",
                  product.empty() ? "" : " (" + product + ")"),
      fmt::format("{}ompare models with one another, not with figures from elsewhere; bare metal for final figures.",
                  may_keep_awake(e) ? "Measure with --keep-awake, which keeps CPUs from halting; c" : "C")};
}

std::optional<Finding> check_steal(const Evidence& e) {
  const double share = e.activity.steal_share;
  // One tick of the kernel's clock within the half second is 0.02 CPUs.
  if (share < 0.03) return Finding{ok, "steal", "The hypervisor took nothing while this was watched.", ""};
  return Finding{
      share < 0.1 ? note : warning, "steal",
      fmt::format("The hypervisor took {} while this was watched: every model loses it, at random.", cpus_text(share)),
      fmt::format("Measure {}at another time, or on an instance with CPUs of its own.",
                  may_keep_awake(e) ? "with --keep-awake, which gives it fewer occasions; else " : "")};
}

std::optional<Finding> check_foreign(const Evidence& e) {
  const double share = std::max(0.0, e.activity.foreign_cpu_share - e.activity.steal_share);
  const std::string load = fmt::format("load average {:.2f}", e.load_average);
  if (share < 0.05) return Finding{ok, "other programs", fmt::format("They use next to nothing ({}).", load), ""};
  std::string names;
  for (const BusyProcess& process : e.busiest) {
    names += fmt::format("{}{} (pid {}) {:.2f}", names.empty() ? ": " : ", ", process.name, process.pid, process.cpus);
  }
  return Finding{share < 0.2 ? note : warning, "other programs",
                 fmt::format("They use {} now ({}){}. That is missing from every model, and not equally.",
                             cpus_text(share), load, names),
                 "Stop them, or wait until they are done."};
}

// --- Time ---

std::optional<Finding> check_clock(const Evidence& e) {
  const std::string kernel_source =
      text_of(e, "sys/devices/system/clocksource/clocksource0/current_clocksource").value_or("");
  if (e.clock.tsc) return Finding{ok, "clock", fmt::format("{}: a stamp costs about 10 ns.", e.facts.clock), ""};
  const bool slow = kernel_source == "hpet" || kernel_source == "acpi_pm" || kernel_source == "jiffies" ||
                    kernel_source == "xen" || kernel_source == "refined-jiffies";
  if (slow) {
    return Finding{warning, "clock",
                   fmt::format("clock_gettime from {}, because {}: a stamp is a system call, up to 1 us, and weighs on "
                               "tasks of a few microseconds.",
                               kernel_source, e.clock.why),
                   "Boot with clocksource=tsc where the machine has a sound time-stamp counter."};
  }
  return Finding{note, "clock",
                 fmt::format("clock_gettime, because {}: a stamp costs about 25 ns in place of 10.", e.clock.why), ""};
}

std::optional<Finding> check_sleep(const Evidence& e) {
  const std::string text = fmt::format("A sleep of 50us ends {} late in the median (timer slack {}).",
                                       format_duration(std::chrono::round<std::chrono::microseconds>(e.oversleep)),
                                       format_duration(e.timer_slack));
  if (e.oversleep <= 100us) return Finding{ok, "timers", text, ""};
  return Finding{
      e.oversleep <= 1ms ? note : warning, "timers", text + " Waits and delays of that size come late on every model.",
      e.timer_slack > 50us ? "The slack is inherited from the parent process (prctl PR_SET_TIMERSLACK)."
                           : "Stop other programs, and boot with high-resolution timers (without highres=off)."};
}

// --- Memory ---

std::optional<Finding> check_huge_pages(const Evidence& e) {
  const std::string text = text_of(e, "sys/kernel/mm/transparent_hugepage/enabled").value_or("");
  if (text.find("[always]") != std::string::npos) {
    return Finding{note, "huge pages",
                   "always: memory comes in pieces of 2 MiB, so that peak memory jumps and hides what a task costs.",
                   "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"};
  }
  if (text.find("[never]") != std::string::npos) {
    return Finding{note, "huge pages", "never: a million fiber stacks take several times longer to touch.",
                   "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"};
  }
  if (text.find("[madvise]") == std::string::npos) return std::nullopt;
  return Finding{ok, "huge pages", "madvise: for those who ask.", ""};
}

std::optional<Finding> check_swap(const Evidence& e) {
  const std::string meminfo = text_of(e, "proc/meminfo").value_or("");
  const auto kib = [&](const char* name) { return leading_number(line_named(meminfo, name).value_or("")).value_or(0); };
  const std::uint64_t total = kib("SwapTotal");
  if (total == 0) return Finding{ok, "swap", "None.", ""};
  const std::uint64_t used = total - std::min(total, kib("SwapFree"));
  return Finding{used > 0 ? note : ok, "swap",
                 used > 0 ? fmt::format("{} of {} in use: a trial that needs much memory may wait for the disk.",
                                        gib(used * 1024), gib(total * 1024))
                          : fmt::format("{}, not in use.", gib(total * 1024)),
                 used > 0 ? "sudo swapoff -a" : ""};
}

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case ok: return "ok";
    case note: return "note";
    case warning: return "warning";
    case error: return "error";
  }
  return "";
}

std::vector<Finding> examine(const Evidence& evidence) {
  std::vector<Finding> findings;
  for (const auto check : {check_proc, check_loopback, check_build, check_foreign, check_steal, check_virtualisation,
                           check_quota, check_affinity, check_smt, check_governor, check_boost, check_battery,
                           check_clock, check_sleep, check_swap, check_huge_pages}) {
    if (auto finding = check(evidence)) findings.push_back(std::move(*finding));
  }
  for (Finding& finding : examine_limits(evidence)) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace cbench
