// What the hand-written programs share: their arguments, the time that is measured, and one line of JSON. Each writes
// the closed loop directly on its library, as an expert would who knows no seam, and stamps and records every task
// through the same Load as the models do, so that a model's ratio to it shows what the seam costs.
//
//   by_hand_X MODE [workers=2] [concurrency=1000] [delay=20ms] [bytes=64] [port=PORT]
//             [duration=2s] [warmup=500ms] | [tasks=N]
//
// With tasks=N it runs N tasks and reports the time from the first submit to the end of the last; else it runs for
// warmup + duration and reports the second part.
#pragma once

#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "harness/clock.hpp"
#include "harness/connections.hpp"
#include "harness/load.hpp"
#include "text/quantity.hpp"
#include "workloads/workload.hpp"

namespace cbench::by_hand {

using namespace std::chrono_literals;

struct Arguments {
  std::string mode;
  std::uint32_t workers = 2;
  std::uint32_t concurrency = 1000;
  std::chrono::nanoseconds delay = 20ms;
  std::uint32_t bytes = 64;
  std::uint16_t port = 0;
  std::chrono::nanoseconds duration = 2s;
  std::chrono::nanoseconds warmup = 500ms;
  std::uint64_t tasks = 0;
};

inline Arguments read_arguments(int count, char** given) {
  if (count < 2) throw UsageError(fmt::format("usage: {} MODE [name=value...]", given[0]));
  Arguments arguments{.mode = given[1]};
  for (int i = 2; i < count; ++i) {
    const std::string_view text(given[i]);
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : text.substr(equals + 1);
    const auto number = [&] { return static_cast<std::uint32_t>(parse_count(value, name)); };
    if (name == "workers") {
      arguments.workers = number();
    } else if (name == "concurrency") {
      arguments.concurrency = number();
    } else if (name == "delay") {
      arguments.delay = parse_duration(value, name);
    } else if (name == "bytes") {
      arguments.bytes = static_cast<std::uint32_t>(parse_size(value, name));
    } else if (name == "port") {
      arguments.port = static_cast<std::uint16_t>(number());
    } else if (name == "duration") {
      arguments.duration = parse_duration(value, name);
    } else if (name == "warmup") {
      arguments.warmup = parse_duration(value, name);
    } else if (name == "tasks") {
      arguments.tasks = parse_count(value, name);
    } else {
      throw unknown("argument", name,
                    {"workers", "concurrency", "delay", "bytes", "port", "duration", "warmup", "tasks"});
    }
  }
  return arguments;
}

// One measurement. A mode sets itself up, calls begin(), brings the first task of every slot and returns when the load
// brings no more.
class Trial {
 public:
  Trial(const Arguments& arguments, Steps script)
      : arguments_(arguments),
        work_({std::move(script)}),
        load_(work_, arguments.concurrency, arguments.tasks),
        connections_(arguments.port, arguments.concurrency, work_.lanes()) {}

  const Arguments& arguments() const { return arguments_; }
  Load& load() { return load_; }
  const Connections& connections() const { return connections_; }
  // Forked workers, whose CPU time counts too.
  void add_process(pid_t pid) { processes_.push_back(pid); }

  // Time runs from here. Call it after every fork: it starts a thread.
  void begin() {
    begin_ = ticks::now();
    cpu_begin_ = cpu_seconds();
    if (arguments_.tasks != 0) {
      load_.set_window(begin_, UINT64_MAX);
      return;
    }
    window_ = std::jthread([this] {
      std::this_thread::sleep_for(arguments_.warmup);
      begin_ = ticks::now();
      cpu_begin_ = cpu_seconds();
      load_.set_window(begin_, begin_ + ticks::from_ns(arguments_.duration));
      std::this_thread::sleep_for(arguments_.duration);
      note_end();
    });
  }
  // The last task is over. Called after the mode; by the mode itself where forked workers are gone afterwards.
  void end() {
    if (window_.joinable()) window_.join();
    if (wall_s_ == 0) note_end();
  }

  void print() const {
    if (const auto failure = load_.failure()) throw std::runtime_error(*failure);
    const Histogram response = load_.recorder().response();
    const auto tasks = static_cast<double>(response.total());
    const auto at = [&](double fraction) { return static_cast<double>(response.quantile(fraction)) / 1000; };
    fmt::print(R"({{"throughput_per_s": {:.0f}, "cpu_per_task_us": {:.4f}, "wall_s": {:.4f}, "peak_rss_bytes": {}, )"
               R"("p50_us": {:.0f}, "p99_us": {:.0f}, "slot_spread": {:.3f}}})"
               "\n",
               tasks / wall_s_, cpu_s_ * 1e6 / tasks, wall_s_, peak_rss_bytes(), at(0.5), at(0.99),
               load_.finished_by_slots().spread());
  }

 private:
  void note_end() {
    wall_s_ = static_cast<double>(ticks::to_ns(begin_, ticks::now())) / 1e9;
    cpu_s_ = cpu_seconds() - cpu_begin_;
    if (arguments_.tasks == 0) wall_s_ = std::chrono::duration<double>(arguments_.duration).count();
  }

  double cpu_seconds() const {
    const auto of_clock = [](clockid_t clock) {
      timespec time{};
      clock_gettime(clock, &time);
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    double total = of_clock(CLOCK_PROCESS_CPUTIME_ID);
    for (const pid_t pid : processes_) {
      clockid_t clock{};
      if (clock_getcpuclockid(pid, &clock) == 0) total += of_clock(clock);
    }
    return total;
  }

  static std::uint64_t peak_rss_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
    }
    return 0;
  }

  const Arguments arguments_;
  const Work work_;
  Load load_;
  const Connections connections_;
  std::vector<pid_t> processes_;
  Ticks begin_ = 0;
  double cpu_begin_ = 0;
  double wall_s_ = 0;
  double cpu_s_ = 0;
  std::jthread window_;
};

// What a mode is: the script that its tasks run, and the loop that runs them.
struct Mode {
  std::function<Steps(const Arguments&)> script;
  std::function<void(Trial&)> run;
};
using Modes = std::map<std::string, Mode, std::less<>>;

inline Steps noop_script(const Arguments&) { return {}; }
inline Steps sleep_script(const Arguments& arguments) { return wait(arguments.delay); }
// A task that forks into empty branches and ends when all have.
inline constexpr std::uint32_t branches = 2;
inline Steps fork_join_script(const Arguments&) { return fan_out(branches, {}); }
inline Steps io_script(const Arguments& arguments) { return request(arguments.bytes, arguments.delay); }

// The whole main().
inline int run(int count, char** given, const Modes& modes) {
  try {
    const Arguments arguments = read_arguments(count, given);
    const auto mode = modes.find(arguments.mode);
    if (mode == modes.end()) {
      std::vector<std::string> known;
      for (const auto& [name, about] : modes) known.push_back(name);
      throw unknown("mode", arguments.mode, known);
    }
    ticks::calibrate();
    Trial trial(arguments, mode->second.script(arguments));
    mode->second.run(trial);
    trial.end();
    trial.print();
    return 0;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace cbench::by_hand
