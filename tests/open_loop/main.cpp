// Holds open loops against what queueing theory says of them, and prints the figures (scripts/open_loop_checks).
//   open_loop_checks [--quick] [queues|stall|generator ...]
// The quick run is a test: its margins are wide, since whoever tests shares the machine.
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "harness/arrivals.hpp"
#include "harness/host.hpp"
#include "sweep/trial_run.hpp"
#include "system/process_tree.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

const char* const program = CBENCH_PROGRAM;
const char* const program_with_null = CBENCH_PROGRAM_WITH_FAULTS;

struct Margins {
  bool quick = false;
  double queueing = 0.10;  // of the mean queueing delay
  double gap = 0.05;       // of a percentile after a stop of the worker
  double lag_p99_us = 100;
};

bool all_within = true;

std::string within(bool is) {
  all_within = all_within && is;
  return is ? "within" : "OUTSIDE";
}

TrialRecord run(const TrialSpec& spec, const Work& work, const char* of_program,
                std::function<std::string()> look = {}) {
  const KnownWork known{work, least_demand(work)};
  TrialSetting setting{.command = {of_program, "trial"}, .host = host_facts()};
  setting.look = std::move(look);
  return run_one_trial(spec, known, setting);
}

TrialSpec open_spec(std::string model, double rate_per_s, std::chrono::nanoseconds duration) {
  TrialSpec spec;
  spec.model = std::move(model);
  spec.workload = "cpu";
  spec.load = {
      .kind = LoadKind::open, .concurrency = 100'000, .rate_per_s = rate_per_s, .warmup = 500ms, .duration = duration};
  spec.deadline = duration + 60s;
  return spec;
}

// --- M/D/1 and M/M/1 ---

// Exponential demands of that mean, as 500 classes of equal weight, in an order that has nothing to do with arrivals.
Work exponential_work(double mean_amount) {
  constexpr std::uint64_t draws = 20'000;
  constexpr double classes = 500;
  std::vector<Steps> scripts;
  for (std::uint64_t i = 0; i < draws; ++i) {
    const double u = (std::floor(static_cast<double>(mix64(i) >> 11U) * 0x1p-53 * classes) + 0.5) / classes;
    scripts.push_back(compute(Kernel::mix, static_cast<std::uint64_t>(std::max(1.0, -std::log(1 - u) * mean_amount))));
  }
  return Work(std::move(scripts));
}

// How long one step of the kernel takes here, from tasks that run one at a time.
double ns_per_amount(std::uint64_t amount) {
  TrialSpec spec;
  spec.model = "pool";
  spec.workload = "cpu";
  spec.load = {.concurrency = 1, .warmup = 100ms, .duration = 1s};
  const TrialRecord record = run(spec, Work({compute(Kernel::mix, amount)}), program);
  if (record.status != Status::ok) throw std::runtime_error(record.reason);
  return record.service.p50_us * 1000 / static_cast<double>(amount);
}

struct Moments {
  double mean = 0;
  double mean_square = 0;
};
Moments moments_of(const Histogram& histogram) {
  Moments moments;
  for (const auto& [index, times] : histogram.counts()) {
    const double middle =
        static_cast<double>(HistogramLayout::lowest_at(index) + HistogramLayout::highest_at(index)) / 2e9;
    const double weight = static_cast<double>(times) / static_cast<double>(histogram.total());
    moments.mean += weight * middle;
    moments.mean_square += weight * middle * middle;
  }
  return moments;
}

// Who arrives when in a trial, and how much each asks for.
struct Asked {
  double due_s = 0;
  double amount = 0;
};
std::vector<Asked> asked_in(const TrialSpec& spec, const Work& work) {
  const double end_s = std::chrono::duration<double>(spec.load.warmup + spec.load.duration).count();
  std::vector<Asked> asked;
  for (Arrivals arrivals(arrival_rule(spec.load, seed_of_arrivals(spec.seed)));; arrivals.advance()) {
    const double due_s = static_cast<double>(arrivals.due_ns()) / 1e9;
    if (due_s >= end_s) return asked;
    const Script script = work.script(work.script_of(arrivals.number() % work.turns()));
    asked.push_back({due_s, static_cast<double>(script[0].amount)});
  }
}

// The mean wait of a trial's very arrivals, by Lindley's recursion, where services of the window take that long on
// average.
double lindley_wait_s(const TrialSpec& spec, const Work& work, double mean_service_s) {
  const std::vector<Asked> asked = asked_in(spec, work);
  const double begin_s = std::chrono::duration<double>(spec.load.warmup).count();
  double counted = 0;
  double amount = 0;
  for (const Asked& one : asked) {
    if (one.due_s < begin_s) continue;
    amount += one.amount;
    ++counted;
  }
  const double s_per_amount = mean_service_s * counted / amount;
  double free_s = 0;
  double waited_s = 0;
  for (const Asked& one : asked) {
    const double start_s = std::max(one.due_s, free_s);
    free_s = start_s + one.amount * s_per_amount;
    if (one.due_s >= begin_s) waited_s += start_s - one.due_s;
  }
  return waited_s / counted;
}

// What of one trial, or of several together, the formulas speak of; sums over tasks.
struct Queueing {
  double tasks = 0;
  double waited_s = 0;
  double these_s = 0;  // what Lindley's recursion says of the same arrivals
  double served_s = 0;
  double served_square = 0;
  double seconds = 0;

  void add(const Queueing& other) {
    tasks += other.tasks;
    waited_s += other.waited_s;
    these_s += other.these_s;
    served_s += other.served_s;
    served_square += other.served_square;
    seconds += other.seconds;
  }
  double rate_per_s() const { return tasks / seconds; }
  double load() const { return served_s / seconds; }
  double formula_s() const {
    return rate_per_s() * served_square / tasks / (2 * (1 - load()));
  }  // Pollaczek, Khinchine
};

// Nobody's queue is that of the formula while the hypervisor holds its worker, or whoever brings it tasks. A stall of
// 20 ms makes a mean queueing delay of a trial below longer by about 1 %.
constexpr double longest_stall_us = 20'000;

bool was_disturbed(const TrialRecord& record, double longest_demand_s) {
  return record.service.max_us > longest_demand_s * 1e6 + longest_stall_us ||
         record.arrived.lag_max_us > longest_stall_us;
}

// Trials in a row, until enough of them were let alone: one long trial would hardly ever be. Each begins with an empty
// queue and warms up for longer than the queue remembers. Arrivals differ between trials.
void check_queue(const char* name, const Work& work, double load, double mean_s, double s_per_amount,
                 const Margins& margins) {
  double longest_s = 0;
  for (std::size_t turn = 0; turn < work.turns(); ++turn) {
    const Script script = work.script(work.script_of(turn));
    longest_s = std::max(longest_s, static_cast<double>(script[0].amount) * s_per_amount);
  }
  const double forgets_s = mean_s / ((1 - std::sqrt(load)) * (1 - std::sqrt(load)));
  const int wanted = margins.quick ? 1 : load < 0.6 ? 3 : load < 0.8 ? 4 : 6;
  Queueing all;
  int left_out = 0;
  int counted = 0;
  while (counted < wanted) {
    TrialSpec spec = open_spec("pool", load / mean_s, margins.quick ? 3s : 20s);
    spec.seed = 1 + static_cast<std::uint64_t>(counted + left_out);
    spec.load.warmup = std::chrono::milliseconds(static_cast<int>(500 + 4000 * forgets_s));
    const TrialRecord record = run(spec, work, program);
    if (record.status == Status::failed) throw std::runtime_error(fmt::format("{}: {}", name, record.reason));
    const bool told = record.status != Status::invalid;  // arrivals came when they were due
    if (margins.quick && !told) {                        // a test shares the machine, and looks at what there is
      fmt::print("{} at {:.0f} %: not told: {}\n", name, load * 100, record.reason);
      return;
    }
    if (!margins.quick && (!told || was_disturbed(record, longest_s))) {
      if (++left_out <= 5 * wanted) continue;
      fmt::print("{} at {:.0f} %: {} of {} trials were disturbed\n", name, load * 100, left_out, left_out + counted);
      all_within = false;
      return;
    }
    ++counted;
    const Moments service = moments_of(*record.service.histogram);
    const auto tasks = static_cast<double>(record.tasks);
    all.add({.tasks = tasks,
             .waited_s = record.queueing.mean_us / 1e6 * tasks,
             .these_s = lindley_wait_s(spec, work, service.mean) * tasks,
             .served_s = service.mean * tasks,
             .served_square = service.mean_square * tasks,
             .seconds = tasks / record.arrived.offered_per_s});
  }
  const double measured = all.waited_s / all.tasks;
  const double these = all.these_s / all.tasks;
  const double formula = all.formula_s();
  // The formula is a mean over all arrivals that could be: the luck of these is known, and taken off.
  const double apart = (measured - these) / formula;
  // The quick run is a test, which shares the machine: whoever takes the CPU from the worker makes its queue longer.
  const bool good = margins.quick || std::abs(apart) <= margins.queueing;
  fmt::print(
      "{} at {:.0f} %: mean queueing {}; the formula's {}, {} for these very arrivals: {:+.1f} % of the formula apart, "
      "{}; {} tasks of {} each in {} trials, {} disturbed ones left out\n",
      name, all.load() * 100, human_us(measured * 1e6), human_us(formula * 1e6), human_us(these * 1e6), apart * 100,
      within(good), human_count(static_cast<std::uint64_t>(all.tasks)), human_us(all.served_s / all.tasks * 1e6),
      counted, left_out);
}

double distance_to_exponential(const ArrivalRule& rule, std::size_t count) {
  std::vector<double> gaps;
  std::uint64_t before = 0;
  for (Arrivals arrivals(rule); gaps.size() < count; arrivals.advance()) {
    gaps.push_back(static_cast<double>(arrivals.due_ns() - before) / 1e9 * rule.rate_per_s);
    before = arrivals.due_ns();
  }
  std::ranges::sort(gaps);
  double largest = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double expected = 1 - std::exp(-gaps[i]);
    const double at = static_cast<double>(i) / static_cast<double>(count);
    largest = std::max({largest, std::abs(expected - at), std::abs(expected - at - 1 / static_cast<double>(count))});
  }
  return largest;
}

void queues(const Margins& margins) {
  constexpr std::size_t count = 100'000;
  const ArrivalRule rule{.rate_per_s = 10'000, .poisson = true, .seed = seed_of_arrivals(1)};
  const double distance = distance_to_exponential(rule, count);
  const double critical = 1.63 / std::sqrt(static_cast<double>(count));
  fmt::print("Poisson gaps: Kolmogorov-Smirnov distance {:.5f} of {} gaps, {} the critical {:.5f} (1 %)\n", distance,
             human_count(count), within(distance < critical), critical);
  // Long beside what it takes to wake a worker, of which the formulas know nothing.
  const double mean_s = margins.quick ? 1e-3 : 4e-3;
  const double s_per_amount = ns_per_amount(500'000) / 1e9;
  const double amount = mean_s / s_per_amount;
  const Work same({compute(Kernel::mix, static_cast<std::uint64_t>(amount))});
  const Work exponential = exponential_work(amount);
  for (const double load : margins.quick ? std::vector{0.6} : std::vector{0.5, 0.7, 0.9}) {
    check_queue("M/D/1", same, load, mean_s, s_per_amount, margins);
    check_queue("M/M/1", exponential, load, mean_s, s_per_amount, margins);
  }
}

// --- A worker that is stopped for half a second ---

// Stops the one worker process of the trial, once the window is open, and lets it go on.
class Stop {
 public:
  Stop(std::chrono::nanoseconds after, std::chrono::nanoseconds gap) : after_(after), gap_(gap) {}
  std::string operator()() {
    using Clock = std::chrono::steady_clock;
    if (stopped_ != Clock::time_point{} || Clock::now() < started_ + after_) return {};
    const std::vector<pid_t> tree = process_tree(getpid());
    if (tree.size() < 3) return {};  // this process, the trial, its worker
    kill(tree.back(), SIGSTOP);
    stopped_ = Clock::now();
    usleep(static_cast<useconds_t>(gap_.count() / 1000));
    kill(tree.back(), SIGCONT);
    measured_ = Clock::now() - stopped_;
    return {};
  }
  double gap_s() const { return std::chrono::duration<double>(measured_).count(); }

 private:
  std::chrono::nanoseconds after_;
  std::chrono::nanoseconds gap_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point stopped_;
  std::chrono::nanoseconds measured_{};
};

void stall(const Margins& margins) {
  constexpr double load = 0.5;
  const auto window = margins.quick ? 4s : 10s;
  const auto gap = 500ms;
  const double s_per_amount = ns_per_amount(500'000) / 1e9;
  const Work work({compute(Kernel::mix, static_cast<std::uint64_t>(1e-3 / s_per_amount))});
  TrialSpec spec = open_spec("processes", load / 1e-3, window);
  Stop stop(1500ms, gap);
  const TrialRecord open = run(spec, work, program, std::ref(stop));
  if (open.tasks == 0) throw std::runtime_error(open.reason);
  const double rho = open.arrived.offered_per_s * open.service.p50_us / 1e6;
  // Whoever arrives t after the worker stopped waits for what is left of the gap and for the load that came before: the
  // gap less (1 - load) t. So the longest waits fall from the gap to nothing over gap / (1 - load).
  const auto formula = [&](double fraction) {
    const double seconds = std::chrono::duration<double>(window).count();
    return std::max(0.0, stop.gap_s() - (1 - fraction) * (1 - rho) * seconds);
  };
  fmt::print("A worker stopped for {:.0f} ms, within {} s at {:.0f} % load:\n", stop.gap_s() * 1000, window.count(),
             rho * 100);
  for (const auto& [name, fraction, us] :
       {std::tuple{"p99", 0.99, open.response.p99_us}, std::tuple{"p99.9", 0.999, open.response.p999_us}}) {
    const double expected = formula(fraction);
    const bool good = std::abs(us / 1e6 - expected) <= margins.gap * stop.gap_s();
    fmt::print("  open loop, response {}: {} (formula {}: {})\n", name, human_us(us), human_us(expected * 1e6),
               within(good));
  }
  TrialSpec closed = spec;
  closed.load = {.concurrency = 1, .warmup = 500ms, .duration = window};
  Stop again(1500ms, gap);
  const TrialRecord loop = run(closed, work, program, std::ref(again));
  fmt::print(
      "  closed loop: p99 {}, p99.9 {}, the longest {}: the loop brings no task while the worker stands, so that one "
      "task alone sees it\n",
      human_us(loop.response.p99_us), human_us(loop.response.p999_us), human_us(loop.response.max_us));
  within(loop.response.p99_us < open.response.p99_us / 5);
}

// --- The generator ---

void generator(const Margins& margins) {
  const Work nothing({Steps{}});
  for (const bool poisson : {true, false}) {
    TrialSpec spec = open_spec("null", 100'000, margins.quick ? 1s : 5s);
    spec.workload = "noop";
    spec.load.poisson = poisson;
    const TrialRecord record = run(spec, nothing, program_with_null);
    const Arrived& arrived = record.arrived;
    fmt::print(
        "Generator, 100,000/s {}: {}/s offered, lag p50 {}, p99 {} ({} {}), longest {}; {} of CPU an arrival; {}{}\n",
        poisson ? "Poisson" : "equally spaced", human_number(arrived.offered_per_s), human_us(arrived.lag_p50_us),
        human_us(arrived.lag_p99_us), within(arrived.lag_p99_us < margins.lag_p99_us), human_us(margins.lag_p99_us),
        human_us(arrived.lag_max_us),
        human_us(arrived.generator_cpu_share / std::max(arrived.offered_per_s, 1.0) * 1e6), name_of(record.status),
        record.reason.empty() ? "" : ": " + record.reason);
  }
}

int main_of(const std::vector<std::string_view>& arguments) {
  Margins margins;
  std::vector<std::string_view> topics;
  for (const std::string_view argument : arguments) {
    if (argument == "--quick") {
      margins = {.quick = true, .queueing = 0.6, .gap = 0.5, .lag_p99_us = 1e6};
    } else {
      topics.push_back(argument);
    }
  }
  const std::vector<std::pair<std::string_view, void (*)(const Margins&)>> all = {
      {"queues", queues}, {"stall", stall}, {"generator", generator}};
  for (const std::string_view topic : topics) {
    const bool known = std::ranges::any_of(all, [&](const auto& one) { return one.first == topic; });
    if (known) continue;
    fmt::print(stderr, "open_loop_checks: no topic \"{}\"; there are queues, stall and generator\n", topic);
    return 2;
  }
  for (const auto& [name, check] : all) {
    if (topics.empty() || std::ranges::find(topics, name) != topics.end()) check(margins);
  }
  return all_within ? 0 : 1;
}

}  // namespace
}  // namespace cbench

int main(int count, char** values) {
  try {
    return cbench::main_of({values + 1, values + count});
  } catch (const std::exception& error) {
    fmt::print(stderr, "open_loop_checks: {}\n", error.what());
    return 1;
  }
}
