// What the project promises of itself, measured: ratios of the models to programs written by hand on the same
// libraries, side by side in one run (A B A B ...), medians. Ends with 1 where a bar is missed.
//
//   bars [NAME...]       all of them, or those whose names begin so: noop, io-1000, io-10000, sleep, cpu, mixed,
//                        memory, amdahl
//   bars --rounds 5 --window-ms 1000 --model fibers --model pool
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "harness/clock.hpp"
#include "harness/host.hpp"
#include "harness/peer_process.hpp"
#include "reports/findings/ideal.hpp"
#include "reports/stats/scaling_laws.hpp"
#include "sweep/trial_run.hpp"
#include "tests/support/program.hpp"

namespace cbench::bars {
namespace {

using namespace std::chrono_literals;

const std::string program = CBENCH_PROGRAM;
const std::string by_hand_folder = CBENCH_BY_HAND;

// What both sides of a bar tell.
struct Result {
  double throughput_per_s = 0;
  double cpu_per_task_us = 0;
  double wall_s = 0;
  double peak_rss_mb = 0;
  double p99_of_light_ms = 0;  // of tasks but the slowest tenth
};

struct Job {
  std::string workload;
  TextMap parameters;
  std::uint32_t workers = 2;
  std::uint32_t concurrency = 1000;
  std::uint64_t tasks = 0;
  std::chrono::milliseconds delay{};
};

class Bench {
 public:
  Bench(int rounds, std::chrono::milliseconds window, std::vector<std::string> models)
      : rounds_(rounds), window_(window), models_(std::move(models)) {}

  // Whether --models asks for it.
  bool wants(const std::string& model) const {
    return models_.empty() || std::find(models_.begin(), models_.end(), model) != models_.end();
  }

  Result model(const std::string& name, const Job& job, const TextMap& settings = {}) {
    TrialSpec spec{.model = name,
                   .settings = settings,
                   .workload = job.workload,
                   .parameters = job.parameters,
                   .load = {.kind = job.tasks == 0 ? LoadKind::closed : LoadKind::fixed,
                            .concurrency = job.concurrency,
                            .tasks = job.tasks,
                            .warmup = job.tasks == 0 ? std::chrono::nanoseconds(warmup()) : 0ns,
                            .duration = job.tasks == 0 ? std::chrono::nanoseconds(window(job)) : 0ns},
                   .workers = job.workers,
                   .is_baseline = name == "sequential",
                   .deadline = 2min};
    const TrialRecord record =
        run_one_trial(spec, works_.of(spec), {.command = {program, "trial"}, .peer = &peer_, .host = host_facts()});
    if (record.status != Status::ok)
      throw std::runtime_error(fmt::format("{} {}: {}", name, job.workload, record.reason));
    return {.throughput_per_s = record.throughput_per_s,
            .cpu_per_task_us = record.cpu_per_task_us,
            .wall_s = record.window_s,
            .peak_rss_mb = static_cast<double>(record.peak_rss_bytes) / 1e6,
            .p99_of_light_ms = static_cast<double>(record.response.histogram->quantile(0.9 * 0.99)) / 1e6};
  }

  // One of tests/by_hand, with the arguments that they share.
  Result by_hand(const std::string& name, const std::string& mode, const Job& job) {
    std::vector<std::string> arguments{mode, fmt::format("workers={}", job.workers),
                                       fmt::format("concurrency={}", job.concurrency),
                                       fmt::format("port={}", peer_.port())};
    for (const auto& [parameter, value] : job.parameters) arguments.push_back(parameter + "=" + value);
    if (job.tasks != 0) {
      arguments.push_back(fmt::format("tasks={}", job.tasks));
    } else {
      arguments.push_back(fmt::format("duration={}ms", window(job).count()));
      arguments.push_back(fmt::format("warmup={}ms", warmup().count()));
    }
    const testing::Outcome outcome = testing::run(by_hand_folder + "/" + name, arguments);
    if (outcome.exit_code != 0)
      throw std::runtime_error(fmt::format("{} {}: {}", name, fmt::join(arguments, " "), outcome.err));
    const auto json = nlohmann::json::parse(outcome.out);
    return {.throughput_per_s = json.at("throughput_per_s"),
            .cpu_per_task_us = json.value("cpu_per_task_us", 0.0),
            .wall_s = json.value("wall_s", 0.0),
            .peak_rss_mb = json.value("peak_rss_bytes", 0.0) / 1e6};
  }

  // Medians of a and b, run in turn. One unmeasured round first warms memory up.
  std::pair<Result, Result> side_by_side(const std::function<Result()>& a, const std::function<Result()>& b) {
    std::vector<Result> as;
    std::vector<Result> bs;
    for (int round = 0; round < rounds_; ++round) {
      as.push_back(a());
      bs.push_back(b());
    }
    return {median(as), median(bs)};
  }
  // Every number of workers in each round.
  std::vector<ScalingPoint> scaling(const std::string& name, Job job, const std::vector<std::uint32_t>& workers) {
    std::vector<ScalingPoint> points;
    for (int round = 0; round < rounds_; ++round) {
      for (const std::uint32_t count : workers) {
        job.workers = count;
        points.push_back({.n = static_cast<double>(count), .throughput_per_s = model(name, job).throughput_per_s});
      }
    }
    return points;
  }
  Result repeated(const std::function<Result()>& a) {
    std::vector<Result> as;
    for (int round = 0; round < rounds_; ++round) as.push_back(a());
    return median(as);
  }

  void expect(const std::string& what, double value, bool at_least, double bound, const std::string& detail = "") {
    const bool good = at_least ? value >= bound : value <= bound;
    missed_ += good ? 0 : 1;
    fmt::print("{:6} {:<52} {:>7.3f}  {} {:<6.3g} {}\n", good ? "ok" : "MISSED", what, value,
               at_least ? ">=" : "<=", bound, detail);
    std::fflush(stdout);
  }
  void note(const std::string& what, const std::string& detail) {
    fmt::print("       {:<52} {}\n", what, detail);
    std::fflush(stdout);
  }
  // A bar whose run failed is a missed bar, and the next ones still run.
  void attempt(const std::string& what, const std::function<void()>& bar) {
    try {
      bar();
    } catch (const std::exception& error) {
      ++missed_;
      fmt::print("MISSED {:<52} {}\n", what, error.what());
    }
  }
  int missed() const { return missed_; }

 private:
  // Tasks of one delay come back in waves: a window of few waves would count one too many or too few.
  std::chrono::milliseconds window(const Job& job) const { return std::max(window_, 15 * job.delay); }
  // Longer than every delay, so that the window opens when replies come in.
  std::chrono::milliseconds warmup() const { return std::max(window_ / 4, 500ms); }

  static Result median(const std::vector<Result>& results) {
    const auto middle = [&](double Result::*field) {
      std::vector<double> values;
      for (const Result& result : results) values.push_back(result.*field);
      std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
      return values[values.size() / 2];
    };
    return {middle(&Result::throughput_per_s), middle(&Result::cpu_per_task_us), middle(&Result::wall_s),
            middle(&Result::peak_rss_mb), middle(&Result::p99_of_light_ms)};
  }

  int rounds_;
  std::chrono::milliseconds window_;
  std::vector<std::string> models_;
  int missed_ = 0;
  PeerProcess peer_{0, program};
  KnownWorks works_;
};

struct Twin {
  const char* model;
  const char* program;
  const char* mode;  // "{}" stands for what is run: noop, io, sleep
  std::string mode_for(const char* what) const { return fmt::format(fmt::runtime(mode), what); }
};

// Which hand-written program stands beside which model.
constexpr Twin twins[] = {
    {"sequential", "by_hand_threads", "{}-sequential"},
    {"threads", "by_hand_threads", "{}-threads"},
    {"pool", "by_hand_threads", "{}-pool"},
    {"tbb", "by_hand_tbb", "{}"},
    {"fibers", "by_hand_fiber", "{}"},
    {"csp", "by_hand_fiber", "{}-csp"},
    {"eventloop", "by_hand_libuv", "{}"},
    {"eventloop-offload", "by_hand_libuv", "{}"},  // an empty task has nothing to offload
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

void noop(Bench& bench) {
  for (const Twin& twin : twins) {
    const std::string model = twin.model;
    if (!bench.wants(model)) continue;
    const Job job{.workload = "noop",
                  .workers = model == "sequential" ? 1U : 2U,
                  .concurrency = model == "sequential" ? 1U : 64U};
    const std::string what = fmt::format("noop {}: throughput / by hand", model);
    bench.attempt(what, [&] {
      const auto [a, b] = bench.side_by_side([&] { return bench.model(model, job); },
                                             [&] { return bench.by_hand(twin.program, twin.mode_for("noop"), job); });
      bench.expect(what, a.throughput_per_s / b.throughput_per_s, true, 0.9,
                   fmt::format("{:.0f} against {:.0f} ns a task", 1e9 / a.throughput_per_s, 1e9 / b.throughput_per_s));
    });
  }
}

void cpu(Bench& bench) {
  for (const char* model : {"pool", "fibers", "tbb", "csp", "eventloop", "eventloop-offload", "coroutines", "actors",
                            "processes", "cluster", "threads"}) {
    if (!bench.wants(model)) continue;
    const std::string what = fmt::format("cpu {}: S_abs on 2 workers", model);
    bench.attempt(what, [&] {
      const auto [a, b] = bench.side_by_side(
          [&] { return bench.model(model, {.workload = "cpu", .concurrency = 64}); },
          [&] { return bench.model("sequential", {.workload = "cpu", .workers = 1, .concurrency = 1}); });
      const double speedup = a.throughput_per_s / b.throughput_per_s;
      if (std::string(model) == "threads") {
        bench.note(what, fmt::format("{:.3f}: a thread for each task of 0.4 ms, at its own price", speedup));
      } else {
        bench.expect(what, speedup, true, 1.9);
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
      const auto [a, b] = bench.side_by_side([&] { return bench.model(model, job); },
                                             [&] { return bench.by_hand("by_hand_epoll", "io", job); });
      if (ideal_per_s <= 50'000) {
        bench.expect(what + ": of the ideal", a.throughput_per_s / ideal_per_s, true, 0.95,
                     fmt::format("{:.0f}/s, raw epoll {:.0f}/s", a.throughput_per_s, b.throughput_per_s));
      }
      bench.expect(what + ": CPU / raw epoll", a.cpu_per_task_us / b.cpu_per_task_us, false, 1.3,
                   fmt::format("{:.2f} against {:.2f} us", a.cpu_per_task_us, b.cpu_per_task_us));
    });
  }
  for (const char* model :
       {"fibers", "csp", "eventloop", "eventloop-offload", "coroutines", "actors", "tbb", "cluster"}) {
    if (!bench.wants(model)) continue;
    const std::string what = fmt::format("io {} x {} {}", connections, delay, model);
    const Twin& twin = twin_of(model);
    bench.attempt(what, [&] {
      const auto [a, b] = bench.side_by_side([&] { return bench.model(model, job); },
                                             [&] { return bench.by_hand(twin.program, twin.mode_for("io"), job); });
      bench.expect(what + ": throughput / by hand", a.throughput_per_s / b.throughput_per_s, true, 0.95,
                   fmt::format("{:.0f} against {:.0f}/s", a.throughput_per_s, b.throughput_per_s));
      bench.expect(what + ": CPU / by hand", a.cpu_per_task_us / b.cpu_per_task_us, false, 1.2,
                   fmt::format("{:.2f} against {:.2f} us", a.cpu_per_task_us, b.cpu_per_task_us));
    });
  }
  bench.attempt("threads", [&] {
    const Result threads = bench.repeated([&] { return bench.model("threads", job); });
    bench.note(fmt::format("io {} x {} threads", connections, delay),
               fmt::format("{:.0f}/s at {:.1f} us of CPU", threads.throughput_per_s, threads.cpu_per_task_us));
  });
}

void sleep(Bench& bench) {
  const Job job{.workload = "sleep", .parameters = {{"delay", "1s"}}, .concurrency = 1'000'000, .tasks = 1'000'000};
  for (const char* model : {"coroutines", "eventloop", "actors", "fibers", "csp"}) {
    if (!bench.wants(model)) continue;
    const std::string what = fmt::format("sleep 1M x 1s {}", model);
    const Twin& twin = twin_of(model);
    bench.attempt(what, [&] {
      const auto [a, b] = bench.side_by_side([&] { return bench.model(model, job); },
                                             [&] { return bench.by_hand(twin.program, twin.mode_for("sleep"), job); });
      bench.expect(what + ": wall / by hand", a.wall_s / b.wall_s, false, 1.2,
                   fmt::format("{:.2f} against {:.2f} s", a.wall_s, b.wall_s));
      bench.expect(what + ": memory / by hand", a.peak_rss_mb / b.peak_rss_mb, false, 1.25,
                   fmt::format("{:.0f} against {:.0f} MB", a.peak_rss_mb, b.peak_rss_mb));
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
    const auto [a, b] = bench.side_by_side([&] { return bench.model("eventloop-offload", job); },
                                           [&] { return bench.model("eventloop", job); });
    bench.expect(what, a.p99_of_light_ms / b.p99_of_light_ms, false, 1.0 / 3,
                 fmt::format("{:.1f} against {:.1f} ms", a.p99_of_light_ms, b.p99_of_light_ms));
  });
}

void memory(Bench& bench) {
  for (const char* model : {"pool", "fibers", "eventloop"}) {
    if (!bench.wants(model)) continue;
    const std::string what = fmt::format("memory {}: 10M / 1M tasks", model);
    bench.attempt(what, [&] {
      const auto [a, b] = bench.side_by_side(
          [&] { return bench.model(model, {.workload = "noop", .concurrency = 64, .tasks = 10'000'000}); },
          [&] { return bench.model(model, {.workload = "noop", .concurrency = 64, .tasks = 1'000'000}); });
      bench.expect(what, a.peak_rss_mb / b.peak_rss_mb, false, 1.1,
                   fmt::format("{:.1f} against {:.1f} MB", a.peak_rss_mb, b.peak_rss_mb));
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
            const auto [two, one] = bench.side_by_side([&] { return on(2); }, [&] { return on(1); });
            found = karp_flatt(two.throughput_per_s / one.throughput_per_s, 2);
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
