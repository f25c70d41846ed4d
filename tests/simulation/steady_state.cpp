// Steady states: series of slices that keep their level, drift, step and stall, in noise that remembers.
#include "reports/stats/steady_state.hpp"

#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "reports/stats/resampling.hpp"
#include "tests/simulation/table.hpp"
#include "tests/simulation/topics.hpp"

namespace cbench::simulation {
namespace {

using Series = std::vector<double>;
using Course = std::function<double(double)>;  // throughput at each part of the window, 0 to 1

Series noisy(Random& random, std::size_t slices, double noise, double memory, const Course& course) {
  Series series;
  double error = random.normal();
  for (std::size_t i = 0; i < slices; ++i) {
    if (i > 0) error = memory * error + std::sqrt(1 - memory * memory) * random.normal();
    const double at = (static_cast<double>(i) + 0.5) / static_cast<double>(slices);
    series.push_back(std::max(0.0, course(at) * (1 + noise * error)));
  }
  return series;
}

double level(double) { return 1000; }

struct Outcomes {
  int unsteady = 0;
  int steady = 0;
  int all = 0;
  std::vector<double> sizes;  // of the marked ones

  void add(const SteadyState& state) {
    ++all;
    if (state.steady == true) ++steady;
    if (state.steady != false) return;
    ++unsteady;
    sizes.push_back(state.relative_change);
  }
};

Outcomes outcomes(int sets, std::size_t slices, double noise, double memory, const Course& course,
                  const SteadyStateOptions& options = {}) {
  Random random(1);
  Outcomes out;
  for (int i = 0; i < sets; ++i) out.add(steady_state_of(noisy(random, slices, noise, memory, course), options));
  return out;
}

void false_marks() {
  const int sets = draws(10'000);
  print_header(
      {"memory of the noise", "8 slices", "12 slices", "20 slices", "40 slices", "20 slices, changes from 5 % on"});
  for (const double memory : {-0.3, 0.0, 0.3, 0.6, 0.7, 0.8, 0.9}) {
    Row row{fmt::format("{:g}", memory)};
    for (const std::size_t slices : {8U, 12U, 20U, 40U}) {
      const Outcomes marked = outcomes(sets, slices, 0.02, memory, level, {.least_change = 0});
      row.push_back(share(marked.unsteady, marked.all));
    }
    const Outcomes marked = outcomes(sets, 20, 0.02, memory, level);
    row.push_back(share(marked.unsteady, marked.all));
    print_row(row);
  }
}

void what_is_found() {
  const int sets = draws(2'000);
  const auto falling = [](double by) { return [=](double at) { return 1000 * (1 - by * at); }; };
  const auto stepping = [](double by) { return [=](double at) { return at < 0.5 ? 1000 : 1000 * (1 - by); }; };
  const auto passing = [](double by) {
    return [=](double at) { return at < 0.25 || at > 0.75 ? 1000 : 1000 * (1 - by); };
  };
  std::vector<std::pair<std::string, Course>> courses{{"keeps its level", level}};
  for (const double by : {0.05, 0.1, 0.2, 0.3}) {
    courses.emplace_back(fmt::format("falls by {:g} % over the window", 100 * by), falling(by));
  }
  for (const double by : {0.05, 0.1, 0.2, 0.3}) {
    courses.emplace_back(fmt::format("falls by {:g} % at the middle", 100 * by), stepping(by));
  }
  for (const double by : {0.1, 0.2, 0.3}) {
    courses.emplace_back(fmt::format("is {:g} % lower for half of the window", 100 * by), passing(by));
  }
  courses.emplace_back("stands still for half of the window", passing(1));
  courses.emplace_back("stands still for a tenth of the window",
                       [](double at) { return at > 0.4 && at < 0.5 ? 0 : 1000; });
  courses.emplace_back("fades from twice its level", [](double at) { return 1000 * (1 + std::exp(-6 * at)); });
  for (const auto& [noise, memory] : {std::pair{0.01, 0.0}, {0.02, 0.0}, {0.02, 0.6}, {0.05, 0.3}}) {
    fmt::print("\nNoise of {:g} %, memory {:g}, 20 slices:\n", 100 * noise, memory);
    print_header({"throughput", "no", "yes", "not told", "what is said: median, 5 %, 95 %"});
    for (const auto& [name, course] : courses) {
      const Outcomes found = outcomes(sets, 20, noise, memory, course);
      const bool said = found.unsteady * 20 >= found.all;
      print_row({name, share(found.unsteady, found.all), share(found.steady, found.all),
                 share(found.all - found.steady - found.unsteady, found.all),
                 said ? fmt::format("{:+.0f} %, {:+.0f} %, {:+.0f} %", 100 * median_of(found.sizes),
                                    100 * quantile_of(found.sizes, 0.05), 100 * quantile_of(found.sizes, 0.95))
                      : "–"});
    }
  }
}

}  // namespace

void steady_state() {
  false_marks();
  what_is_found();
}

}  // namespace cbench::simulation
