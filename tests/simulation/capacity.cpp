// Capacity: whole searches on a server whose capacity is known, with trials that scatter around it and trials that
// fail for no reason of their own.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "reports/stats/resampling.hpp"
#include "sweep/capacity/rate_search.hpp"
#include "tests/simulation/noise.hpp"
#include "tests/simulation/table.hpp"
#include "tests/simulation/topics.hpp"

namespace cbench::simulation {
namespace {

constexpr int searches = 500;
constexpr double set_up_s = 0.35;  // of a trial: its process and its warm-up

struct Server {
  const Noise& noise;
  double size = 0.02;      // of the noise
  double slow_trials = 0;  // the share that fails at any rate
};

double uniform(Random& random) { return static_cast<double>(random.index(1'000'000)) / 1e6; }

// A trial passes where its own capacity, which scatters around that of the server, is not below its rate.
std::vector<RateTrial> search_on(const Server& server, const RateSearch& search, const std::vector<double>& capacities,
                                 Random& random) {
  std::vector<RateTrial> trials;
  while (const auto asked = next_trial(search, trials)) {
    RateTrial trial{asked->rate_per_s, asked->window_s, asked->window_s + set_up_s, true, {}};
    const double factor = drawn(random, server.noise, 1, 1, server.size).front();
    const bool slow = uniform(random) < server.slow_trials;
    for (std::size_t i = 0; i < capacities.size(); ++i) {
      const bool known = asked->window_s * asked->rate_per_s >= search.goals[i].least_tasks;
      const bool passes = !slow && asked->rate_per_s <= capacities[i] * factor;
      trial.votes.push_back(!known ? Vote::none : passes ? Vote::passes : Vote::fails);
    }
    trials.push_back(std::move(trial));
  }
  return trials;
}

struct Outcomes {
  int held = 0;
  int narrow = 0;
  int not_told = 0;
  int all = 0;
  std::vector<double> widths;
  std::vector<double> errors;
  double trials = 0;
  double time_s = 0;

  void add(const RateAnswer& answer, double truth) {
    ++all;
    if (answer.known != Known::found) {
      ++not_told;
      return;
    }
    held += answer.capacity->interval_per_s().contains(truth);
    narrow += answer.is_narrow;
    widths.push_back(answer.capacity->width());
    errors.push_back(std::abs(answer.capacity->median_per_s() / truth - 1));
  }
  Row row(std::string name) const {
    return {std::move(name),
            share(held, all - not_told),
            fmt::format("±{:.1f} %", 50 * median_of(widths)),
            share(narrow, all),
            fmt::format("{:.1f} %", 100 * quantile_of(errors, 0.95)),
            share(not_told, all),
            fmt::format("{:.0f}", trials / all),
            fmt::format("{:.0f} s", time_s / all)};
  }
};

const std::vector<std::string> columns{"noise of a trial's capacity",
                                       "interval holds the truth",
                                       "its width, median",
                                       "as narrow as asked",
                                       "error, 95 %",
                                       "not told",
                                       "trials",
                                       "time"};

// Truths are spread evenly on a logarithmic scale, below the closed-loop throughput that the search begins with.
Outcomes outcomes(const Server& server, const RateGoal& goal, double time_s, std::uint64_t seed) {
  Random random(seed);
  // The rate that half of the undisturbed trials pass.
  const double middle = median_of(drawn(random, server.noise, 100'001, 1, server.size));
  Outcomes out;
  for (int i = 0; i < searches; ++i) {
    const double guess = 4000 * std::exp(uniform(random));
    const double capacity = guess * std::exp(-1.2 * uniform(random));
    const RateSearch search{.goals = {goal},
                            .guess_per_s = guess,
                            .least_per_s = guess / 64,
                            .most_per_s = guess * 16,
                            .trial_s = time_s / 60,
                            .time_s = time_s};
    const auto trials = search_on(server, search, {capacity}, random);
    out.add(answer_of(search, 0, trials), capacity * middle);
    out.trials += static_cast<double>(trials.size());
    for (const RateTrial& trial : trials) out.time_s += trial.took_s;
  }
  return out;
}

void of_normal_noise(const RateGoal& goal, double time_s) {
  print_header(columns);
  for (const double size : {0.01, 0.02, 0.05}) {
    print_row(outcomes({noises()[0], size}, goal, time_s, 1).row(fmt::format("normal, {:g} %", 100 * size)));
  }
}

void of_noises() {
  print_header(columns);
  print_row(outcomes({noises()[0], 0}, {}, 60, 1).row("none"));
  for (const Noise& noise : noises()) {
    for (const double size : {0.01, 0.02, 0.05, 0.1}) {
      print_row(outcomes({noise, size}, {}, 60, 1).row(fmt::format("{}, {:g} %", noise.name, 100 * size)));
    }
  }
  print_row(outcomes({two_modes, 0.03}, {}, 60, 1).row("two modes, 6 % apart"));
  for (const double slow : {0.05, 0.1, 0.2}) {
    print_row(outcomes({noises()[0], 0.02, slow}, {}, 60, 2)
                  .row(fmt::format("normal, 2 %, and {:g} % of trials fail at any rate", 100 * slow)));
  }
}

void of_two_goals() {
  fmt::print("\nTwo objectives in one search of 60 s, one met up to 60 % of the other's rate; 2 % of noise.\n");
  print_header(columns);
  Outcomes high;
  Outcomes low;
  Random random(3);
  for (int i = 0; i < searches; ++i) {
    const double guess = 4000 * std::exp(uniform(random));
    const double capacity = guess * std::exp(-0.5 * uniform(random));
    const RateSearch search{
        .goals = {{}, {}}, .guess_per_s = guess, .least_per_s = guess / 64, .most_per_s = guess * 16};
    const auto trials = search_on({noises()[0]}, search, {capacity, 0.6 * capacity}, random);
    high.add(answer_of(search, 0, trials), capacity);
    low.add(answer_of(search, 1, trials), 0.6 * capacity);
    for (Outcomes* out : {&high, &low}) {
      out->trials += static_cast<double>(trials.size());
      for (const RateTrial& trial : trials) out->time_s += trial.took_s;
    }
  }
  print_row(high.row("the higher"));
  print_row(low.row("the lower"));
}

// Two servers, the second at a known share of the first: the interval of the ratio of their capacities.
void of_ratios() {
  fmt::print("\nThe ratio of two capacities, each searched for 60 s: intervals that hold it.\n");
  print_header({"noise", "interval holds the ratio", "its width, median"});
  for (const double size : {0.01, 0.02, 0.05}) {
    Random random(4);
    int held = 0;
    int told = 0;
    std::vector<double> widths;
    for (int i = 0; i < searches; ++i) {
      std::vector<RateAnswer> answers;
      const double ratio = std::exp(-0.4 * uniform(random));
      for (const double factor : {1.0, ratio}) {
        const double capacity = 3200 * factor;
        const double guess = capacity * std::exp(0.5 * uniform(random));
        const RateSearch search{
            .goals = {{}}, .guess_per_s = guess, .least_per_s = guess / 64, .most_per_s = guess * 16};
        answers.push_back(answer_of(search, 0, search_on({noises()[0], size}, search, {capacity}, random)));
      }
      if (!answers[0].capacity || !answers[1].capacity) continue;
      ++told;
      const auto found = answers[1].capacity->over(*answers[0].capacity);
      held += found.interval.contains(ratio);
      widths.push_back(found.interval.high / found.interval.low - 1);
    }
    print_row({fmt::format("normal, {:g} %", 100 * size), share(held, told),
               fmt::format("±{:.1f} %", 50 * median_of(widths))});
  }
}

}  // namespace

void capacity() {
  fmt::print("## Capacity\n\n500 searches a row, a minute each, for an interval of ±1 %:\n");
  of_noises();
  fmt::print("\nThe same in 20 s:\n");
  of_normal_noise({}, 20);
  fmt::print("\nThe same in a minute, on p99.9, for which a trial needs 10,000 requests:\n");
  of_normal_noise({.least_tasks = 10'000}, 60);
  of_two_goals();
  of_ratios();
}

}  // namespace cbench::simulation
