// Scaling laws: sweeps made from known laws, and from none, with the noise of trials.
#include "reports/stats/scaling_laws.hpp"

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/table.hpp"
#include "tests/simulation/topics.hpp"

namespace cbench::simulation {
namespace {

using Course = std::function<double(double)>;  // throughput at n

// How trials vary about it.
struct Trials {
  int repetitions = 3;
  double noise = 0;     // relative
  bool skewed = false;  // most are a little fast, few much too slow: what disturbs a trial makes it slower

  double error(Random& random) const { return noise * (skewed ? (2 - random.chi_squared(2)) / 2 : random.normal()); }
  std::string text() const { return fmt::format("{:g} %{}", 100 * noise, skewed ? ", skewed" : ""); }
};

const std::vector<double> counts{1, 2, 4, 8, 16, 32};

Course law(Law name, const Coefficients& truth) {
  return [=](double n) { return throughput_at(name, truth, n); };
}

std::vector<ScalingPoint> sweep(Random& random, const Course& course, const Trials& trials) {
  std::vector<ScalingPoint> points;
  for (const double n : counts) {
    for (int k = 0; k < trials.repetitions; ++k) {
      points.push_back({n, std::max(0.0, course(n) * (1 + trials.error(random)))});
    }
  }
  return points;
}

void coverage() {
  const int sets = draws(500);
  struct Truth {
    std::string name;
    Law law;
    Coefficients coefficients;
  };
  const std::vector<Truth> truths{
      {"Amdahl, a = 5 %", Law::amdahl, {.gamma = 1000, .alpha = 0.05}},
      {"USL, a = 5 %, b = 0.2 %", Law::usl, {.gamma = 1000, .alpha = 0.05, .beta = 0.002}},
      {"capped, a = 3 %, from 7.4 on", Law::capped_amdahl, {.gamma = 1000, .alpha = 0.03, .capacity = 6200}}};
  print_header({"truth", "noise", "repetitions", "gamma", "alpha", "beta", "peak", "capacity"});
  for (const Truth& truth : truths) {
    for (const Trials& trials : std::vector<Trials>{{3, 0.01}, {3, 0.03}, {5, 0.03}, {3, 0.03, true}, {5, 0.1}}) {
      Random random(1);
      std::map<std::string, int> covered;
      for (int i = 0; i < sets; ++i) {
        const auto points = sweep(random, law(truth.law, truth.coefficients), trials);
        const ScalingFit fit = fit_scaling(points, {.resamples = 200, .seed = static_cast<std::uint64_t>(i)});
        const LawFit& found = *fit.find(truth.law);
        covered["gamma"] += found.gamma.contains(truth.coefficients.gamma);
        covered["alpha"] += found.alpha.contains(truth.coefficients.alpha);
        covered["beta"] += found.beta.contains(truth.coefficients.beta);
        covered["peak"] += found.peak_interval.contains(peak_of(truth.coefficients).value_or(0));
        covered["capacity"] += found.capacity.contains(truth.coefficients.capacity);
      }
      const bool usl = truth.law == Law::usl;
      print_row({truth.name, trials.text(), fmt::format("{}", trials.repetitions), share(covered["gamma"], sets),
                 share(covered["alpha"], sets), usl ? share(covered["beta"], sets) : "",
                 usl ? share(covered["peak"], sets) : "",
                 truth.law == Law::capped_amdahl ? share(covered["capacity"], sets) : ""});
    }
  }
}

std::string said(const ScalingFit& fit) {
  if (fit.finding != ScalingFinding::law) return std::string(name_of(fit.finding));
  const std::string_view how = fit.chosen_law()->description == Description::holds ? "" : "~";
  return fmt::format("{}{}", how, name_of(*fit.chosen));
}

void findings() {
  const int sets = draws(500);
  const auto staircase = [](double n) { return n < 8 ? 99.0 * n : n < 32 ? 500 : 990; };
  const auto more_than = [](double by) {
    return [=](double n) { return 1000 * n / (1 + 0.03 * (n - 1)) * (n >= 4 ? 1 + by + 0.03 * (n - 1) : 1); };
  };
  const std::vector<std::pair<std::string, Course>> courses{
      {"in proportion", law(Law::amdahl, {.gamma = 1000})},
      {"Amdahl, a = 5 %", law(Law::amdahl, {.gamma = 1000, .alpha = 0.05})},
      {"Amdahl, a = 30 %", law(Law::amdahl, {.gamma = 1000, .alpha = 0.3})},
      {"the same at every n", law(Law::amdahl, {.gamma = 1000, .alpha = 1})},
      {"USL, a = 2 %, b = 0.5 %: peak at 14", law(Law::usl, {.gamma = 1000, .alpha = 0.02, .beta = 0.005})},
      {"USL, a = 5 %, b = 0.05 %: peak at 44", law(Law::usl, {.gamma = 1000, .alpha = 0.05, .beta = 0.0005})},
      {"in proportion up to 8, then flat", law(Law::saturation, {.gamma = 1000, .capacity = 8000})},
      {"Amdahl, a = 3 %, up to 7.4, then flat",
       law(Law::capped_amdahl, {.gamma = 1000, .alpha = 0.03, .capacity = 6200})},
      {"5 % more than in proportion from 4 on", more_than(0.05)},
      {"10 % more than in proportion from 4 on", more_than(0.1)},
      {"USL, a = 80 %, b = 30 %: falling", law(Law::usl, {.gamma = 1000, .alpha = 0.8, .beta = 0.3})},
      {"a staircase that no law follows", staircase}};
  const std::vector<std::string> all{"amdahl", "usl",     "capped", "superlinear",     "falling",
                                     "none",   "~amdahl", "~usl",   "not_identifiable"};
  for (const Trials& trials :
       std::vector<Trials>{{3, 0.01}, {3, 0.03}, {5, 0.03}, {3, 0.03, true}, {5, 0.1}, {1, 0.01}}) {
    fmt::print("\nNoise of {}, {} repetition{}:\n", trials.text(), trials.repetitions,
               trials.repetitions == 1 ? "" : "s");
    print_header({"truth", "Amdahl", "USL", "capped", "superlinear", "falling", "none", "Amdahl, hedged", "USL, hedged",
                  "not identifiable"});
    for (const auto& [name, course] : courses) {
      Random random(1);
      std::map<std::string, int> times;
      for (int i = 0; i < sets; ++i) {
        ++times[said(fit_scaling(sweep(random, course, trials), {.resamples = 20}))];
      }
      Row row{name};
      for (const std::string& one : all) row.push_back(times[one] == 0 ? "" : share(times[one], sets));
      print_row(row);
    }
  }
}

}  // namespace

void laws() {
  coverage();
  findings();
}

}  // namespace cbench::simulation
