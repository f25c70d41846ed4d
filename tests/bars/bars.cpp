// What the project promises of itself, measured: ratios of the models to programs written by hand on the same
// libraries, side by side in one run (A B A B ...), medians. Ends with 1 where a bar is missed.
//
//   bars [NAME...]       all of them, or those whose names begin so: noop, fork-join, io-1000, io-10000, sleep, cpu,
//                        mixed, memory, amdahl
//   bars --rounds 5 --window-ms 1000 --model fibers --model pool
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "harness/clock.hpp"
#include "reports/findings/ideal.hpp"
#include "reports/stats/scaling_laws.hpp"
#include "sweep/plan/choice.hpp"
#include "tests/bars/bench.hpp"

namespace cbench::bars {
namespace {

using namespace std::chrono_literals;

// Which hand-written program stands beside which model.
struct Twin {
  const char* model;
  const char* program;
  const char* mode;       // "{}" stands for what is run: noop, fork-join, io, sleep
  bool one_loop = false;  // whatever its workers, all but long computations is on one
};

constexpr Twin twins[] = {
    {"sequential", "by_hand_threads", "{}-sequential"},
    {"threads", "by_hand_threads", "{}-threads"},
    {"pool", "by_hand_threads", "{}-pool"},
    {"tbb", "by_hand_tbb", "{}"},
    {"fibers", "by_hand_fiber", "{}"},
    {"csp", "by_hand_fiber", "{}-csp"},
    {"eventloop", "by_hand_libuv", "{}"},
    {"eventloop-offload", "by_hand_libuv", "{}", true},
    {"coroutines", "by_hand_asio", "{}"},
    {"actors", "by_hand_caf", "{}"},
    {"processes", "by_hand_threads", "{}-processes"},
    {"cluster", "by_hand_libuv", "cluster-{}"},
};

const Twin& twin_of(const std::string& model) {
  for (const Twin& twin : twins) {
    if (twin.model == model) return twin;
  }
  throw std::logic_error("no twin of " + model);
}

Sides beside_twin(Bench& bench, const Twin& twin, const char* what, const Job& job) {
  Job by_hand = job;
  if (twin.one_loop) by_hand.workers = 1;
  return bench.side_by_side(
      [&] { return bench.model(twin.model, job); },
      [&, mode = fmt::format(fmt::runtime(twin.mode), what)] { return bench.by_hand(twin.program, mode, by_hand); });
}

std::string ns_of(const Sides& sides) {
  return fmt::format("{:.0f} against {:.0f} ns a task, {}", 1e9 / sides.a.median(&Result::throughput_per_s),
                     1e9 / sides.b.median(&Result::throughput_per_s), sides.range(&Result::throughput_per_s));
}
std::string cpu_of(const Sides& sides) {
  return fmt::format("{:.3g} against {:.3g} us, {}", sides.a.median(&Result::cpu_per_task_us),
                     sides.b.median(&Result::cpu_per_task_us), sides.range(&Result::cpu_per_task_us));
}

void noop(Bench& bench) {
  for (const Twin& twin : twins) {
    const std::string model = twin.model;
    if (!bench.wants(model)) continue;
    const Job job{.workload = "noop",
                  .workers = model == "sequential" ? 1U : 2U,
                  .concurrency = model == "sequential" ? 1U : 64U};
    const std::string what = fmt::format("noop {}", model);
    bench.attempt(what, [&] {
      const Sides sides = beside_twin(bench, twin, "noop", job);
      bench.expect(what + ": throughput / by hand", sides.ratio(&Result::throughput_per_s), true, 0.9, ns_of(sides));
      bench.expect(what + ": CPU / by hand", sides.ratio(&Result::cpu_per_task_us), false, 1.2, cpu_of(sides));
    });
  }
}

// One task and two empty branches: on one worker; on two that have enough to do; and with one task in flight, where a
// branch that is sent to the other worker costs a journey of tens of microseconds.
void fork_join(Bench& bench) {
  const WorkloadChoice workload = choose_workloads({CBENCH_BARS "/fork-join.json"}, {}).front();
  for (const Twin& twin : twins) {
    if (!bench.wants(twin.model)) continue;
    for (const auto& [workers, in_flight] : {std::pair{1U, 64U}, std::pair{2U, 64U}, std::pair{2U, 1U}}) {
      const bool is_sequential = std::string(twin.model) == "sequential";
      if (is_sequential && workers != 1) continue;
      const Job job{.workload = workload.name(),
                    .parameters = workload.parameters,
                    .workers = workers,
                    .concurrency = is_sequential ? 1 : in_flight};
      const std::string what = fmt::format("fork-join {} on {}, {} in flight", twin.model, workers, job.concurrency);
      bench.attempt(what, [&] {
        const Sides sides = beside_twin(bench, twin, "fork-join", job);
        bench.expect(what + ": throughput", sides.ratio(&Result::throughput_per_s), true, 0.9, ns_of(sides));
        bench.expect(what + ": CPU", sides.ratio(&Result::cpu_per_task_us), false, 1.2, cpu_of(sides));
      });
    }
  }
}

void cpu(Bench& bench) {
  for (const char* model : {"pool", "fibers", "tbb", "csp", "eventloop", "eventloop-offload", "coroutines", "actors",
                            "processes", "cluster", "threads"}) {
    if (!bench.wants(model)) continue;
    const std::string what = fmt::format("cpu {}: S_abs on 2 workers", model);
    bench.attempt(what, [&] {
      const Sides sides = bench.side_by_side(
          [&] { return bench.model(model, {.workload = "cpu", .concurrency = 64}); },
          [&] { return bench.model("sequential", {.workload = "cpu", .workers = 1, .concurrency = 1}); });
      const double speedup = sides.ratio(&Result::throughput_per_s);
      if (std::string(model) == "threads") {
        Bench::note(what, fmt::format("{:.3f}: a thread for each task of 0.4 ms, at its own price", speedup));
      } else {
        bench.expect(what, speedup, true, 1.9, sides.range(&Result::throughput_per_s));
      }
    });
  }
}

// Against the raw epoll client, and each model against the client by hand of its own library.
void io(Bench& bench, std::uint32_t connections, std::chrono::milliseconds wait, double ideal_per_s) {
  const std::string delay = fmt::format("{}ms", wait.count());
  const Job job{.workload = "io", .parameters = {{"delay", delay}}, .concurrency = connections, .delay = wait};
  for (const char* model : {"fibers", "eventloop"}) {
    if (!bench.wants(model)) continue;
    const std::string what = fmt::format("io {} x {} {}", connections, delay, model);
    bench.attempt(what, [&] {
      const Sides sides = bench.side_by_side([&] { return bench.model(model, job); },
                                             [&] { return bench.by_hand("by_hand_epoll", "io", job); });
      if (ideal_per_s <= 50'000) {
        const double per_s = sides.a.median(&Result::throughput_per_s);
        bench.expect(what + ": of the ideal", per_s / ideal_per_s, true, 0.95,
                     fmt::format("{:.0f}/s, raw epoll {:.0f}/s", per_s, sides.b.median(&Result::throughput_per_s)));
      }
      bench.expect(what + ": CPU / raw epoll", sides.ratio(&Result::cpu_per_task_us), false, 1.3, cpu_of(sides));
    });
  }
  for (const char* model :
       {"fibers", "csp", "eventloop", "eventloop-offload", "coroutines", "actors", "tbb", "cluster"}) {
    if (!bench.wants(model)) continue;
    const std::string what = fmt::format("io {} x {} {}", connections, delay, model);
    bench.attempt(what, [&] {
      const Sides sides = beside_twin(bench, twin_of(model), "io", job);
      bench.expect(what + ": throughput / by hand", sides.ratio(&Result::throughput_per_s), true, 0.95,
                   fmt::format("{:.0f} against {:.0f}/s, {}", sides.a.median(&Result::throughput_per_s),
                               sides.b.median(&Result::throughput_per_s), sides.range(&Result::throughput_per_s)));
      bench.expect(what + ": CPU / by hand", sides.ratio(&Result::cpu_per_task_us), false, 1.2, cpu_of(sides));
    });
  }
  bench.attempt("threads", [&] {
    const Results threads = bench.repeated([&] { return bench.model("threads", job); });
    Bench::note(fmt::format("io {} x {} threads", connections, delay),
                fmt::format("{:.0f}/s at {:.1f} us of CPU", threads.median(&Result::throughput_per_s),
                            threads.median(&Result::cpu_per_task_us)));
  });
}

void sleep(Bench& bench) {
  const Job job{
      .workload = "sleep", .parameters = {{"delay", "1s"}}, .concurrency = 1'000'000, .tasks = 1'000'000, .delay = 1s};
  for (const char* model : {"coroutines", "eventloop", "actors", "fibers", "csp"}) {
    if (!bench.wants(model)) continue;
    const std::string what = fmt::format("sleep 1M x 1s {}", model);
    bench.attempt(what, [&] {
      const Sides sides = beside_twin(bench, twin_of(model), "sleep", job);
      bench.expect(what + ": wall / by hand", sides.ratio(&Result::wall_s), false, 1.2,
                   fmt::format("{:.2f} against {:.2f} s, {}", sides.a.median(&Result::wall_s),
                               sides.b.median(&Result::wall_s), sides.range(&Result::wall_s)));
      bench.expect(what + ": memory / by hand", sides.ratio(&Result::peak_rss_mb), false, 1.25,
                   fmt::format("{:.0f} against {:.0f} MB", sides.a.median(&Result::peak_rss_mb),
                               sides.b.median(&Result::peak_rss_mb)));
    });
  }
}

// With a tenth of the tasks heavy and slowest, 99 % of the others is 89.1 % of all; where the heavy ones hold the
// others up, it is less than that, so the ratio flatters the plain loop. Fixed work, of which exactly a tenth is heavy.
void mixed(Bench& bench) {
  const Job job{.workload = "mixed",
                .parameters = {{"heavy", "10%"}, {"heavy-amount", "200000"}},
                .concurrency = 100,
                .tasks = 4000};
  const std::string what = "mixed 10% heavy: p99 of the others, offload / plain";
  bench.attempt(what, [&] {
    const Sides sides = bench.side_by_side([&] { return bench.model("eventloop-offload", job); },
                                           [&] { return bench.model("eventloop", job); });
    bench.expect(what, sides.ratio(&Result::p99_of_light_ms), false, 1.0 / 3,
                 fmt::format("{:.1f} against {:.1f} ms", sides.a.median(&Result::p99_of_light_ms),
                             sides.b.median(&Result::p99_of_light_ms)));
  });
}

void memory(Bench& bench) {
  for (const char* model : {"pool", "fibers", "eventloop"}) {
    if (!bench.wants(model)) continue;
    const std::string what = fmt::format("memory {}: 10M / 1M tasks", model);
    bench.attempt(what, [&] {
      const Sides sides = bench.side_by_side(
          [&] { return bench.model(model, {.workload = "noop", .concurrency = 64, .tasks = 10'000'000}); },
          [&] { return bench.model(model, {.workload = "noop", .concurrency = 64, .tasks = 1'000'000}); });
      bench.expect(what, sides.ratio(&Result::peak_rss_mb), false, 1.1,
                   fmt::format("{:.1f} against {:.1f} MB", sides.a.median(&Result::peak_rss_mb),
                               sides.b.median(&Result::peak_rss_mb)));
    });
  }
}

// The law gives back what went into the workload: over waits with 64 workers, over computing with two, where two counts
// are no fit but Karp and Flatt's formula.
void amdahl(Bench& bench) {
  for (const char* model : {"pool", "threads", "fibers", "processes"}) {
    if (!bench.wants(model)) continue;
    for (const char* serial : {"0.05", "0.1", "0.3"}) {
      const double truth = std::stod(serial);
      for (const char* phase : {"wait", "compute"}) {
        const bool waits = std::string(phase) == "wait";
        const std::string what = fmt::format("amdahl {} {}: serial fraction {} less", model, phase, serial);
        bench.attempt(what, [&] {
          Job job{.workload = "amdahl", .parameters = {{"serial", serial}, {"phase", phase}}, .concurrency = 1};
          double found = 0;
          if (waits) {
            found =
                fit_scaling(bench.scaling(model, job, {1, 2, 4, 8, 16, 32, 64})).find(Law::amdahl)->coefficients.alpha;
          } else {
            // Jobs so long that making threads for their pieces does not count.
            job.parameters["amount"] = "200M";
            const auto on = [&](std::uint32_t workers) {
              job.workers = workers;
              return bench.model(model, job);
            };
            const Sides sides = bench.side_by_side([&] { return on(2); }, [&] { return on(1); });
            found = karp_flatt(sides.ratio(&Result::throughput_per_s), 2);
          }
          bench.expect(what, std::abs(found - truth), false, 0.02, fmt::format("{:.3f}", found));
        });
      }
    }
  }
}

int run(const std::vector<std::string>& wanted, Bench& bench) {
  const std::vector<std::pair<std::string, std::function<void()>>> groups{
      {"noop", [&] { noop(bench); }},
      {"fork-join", [&] { fork_join(bench); }},
      {"cpu", [&] { cpu(bench); }},
      {"io-1000-20ms", [&] { io(bench, 1000, 20ms, 50'000); }},
      {"io-1000-10ms", [&] { io(bench, 1000, 10ms, 100'000); }},
      {"io-10000-200ms", [&] { io(bench, 10'000, 200ms, 50'000); }},
      {"mixed", [&] { mixed(bench); }},
      {"memory", [&] { memory(bench); }},
      {"sleep", [&] { sleep(bench); }},
      {"amdahl", [&] { amdahl(bench); }},
  };
  for (const auto& [name, group] : groups) {
    const bool asked = wanted.empty() || std::any_of(wanted.begin(), wanted.end(),
                                                     [&, &n = name](const std::string& w) { return n.starts_with(w); });
    if (asked) group();
  }
  fmt::print("{}\n", bench.missed() == 0 ? "every bar is met" : fmt::format("{} bars are missed", bench.missed()));
  return bench.missed() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace cbench::bars

int main(int count, char** values) {
  std::vector<std::string> wanted;
  std::vector<std::string> models;
  int rounds = 3;
  int window_ms = 2000;
  for (int i = 1; i < count; ++i) {
    const std::string argument = values[i];
    if (argument.starts_with("--") && i + 1 == count) {
      fmt::print(stderr, "bars: {} needs a value\n", argument);
      return 2;
    }
    if (argument == "--rounds") {
      rounds = std::max(1, std::atoi(values[++i]));
    } else if (argument == "--window-ms") {
      window_ms = std::max(100, std::atoi(values[++i]));
    } else if (argument == "--model") {
      models.emplace_back(values[++i]);
    } else {
      wanted.push_back(argument);
    }
  }
  try {
    cbench::ticks::calibrate();
    cbench::bars::Bench bench(rounds, std::chrono::milliseconds(window_ms), models);
    return cbench::bars::run(wanted, bench);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bars: {}\n", error.what());
    return 1;
  }
}
