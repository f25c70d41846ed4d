// A fit in plain words: the finding first, then what a reader must know to believe it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "reports/stats/scaling_laws.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

// As many digits as tell apart the ends of an interval of usual width.
std::string percent_digits(double fraction) {
  const double percent = 100 * fraction;
  return fmt::format("{:.{}f}", percent, std::abs(percent) < 0.1 && percent != 0 ? 2 : 1);
}

std::string percent_with(double fraction, const Interval& interval) {
  return fmt::format("{} % [{}, {}]", percent_digits(fraction), percent_digits(interval.low),
                     percent_digits(interval.high));
}

std::string rate(double per_s) { return human_number(per_s) + "/s"; }

std::string seconds(double s) { return human_us(s * 1e6); }

std::string count_word(std::size_t count) {
  return count == 0 ? "no" : count == 1 ? "one" : count == 2 ? "two" : fmt::format("{}", count);
}

std::string_view unit_of(const ScalingFit& fit) {
  return fit.axis == ScalingAxis::workers ? "workers" : "tasks in flight";
}

std::vector<const ScalingRow*> fitted_rows(const ScalingFit& fit) {
  std::vector<const ScalingRow*> rows;
  for (const ScalingRow& row : fit.rows) {
    if (!row.beyond_cpus) {
      rows.push_back(&row);
    }
  }
  return rows;
}

std::string karp_flatt_of(const ScalingRow& row) {
  return std::isfinite(row.karp_flatt_interval.low) ? percent_with(*row.karp_flatt, row.karp_flatt_interval)
                                                    : fmt::format("{} %", percent_digits(*row.karp_flatt));
}

std::string not_identifiable(const ScalingFit& fit) {
  const std::size_t counts = fitted_rows(fit).size();
  std::string text =
      fmt::format("not identifiable: {} {} count{}; no law was fitted", count_word(counts),
                  fit.axis == ScalingAxis::workers ? "worker" : "tasks-in-flight", counts == 1 ? "" : "s");
  for (const ScalingRow& row : fit.rows) {
    if (row.karp_flatt && !row.beyond_cpus) text += fmt::format(", Karp-Flatt e({:g}) = {}", row.n, karp_flatt_of(row));
  }
  return text;
}

std::string amdahl_sentence(const LawFit& law) {
  const double alpha = law.coefficients.alpha;
  if (law.alpha.high - law.alpha.low > 0.5) {
    return fmt::format(
        "not identifiable: the interval of the serial fraction is [{}, {}] %; more worker counts or "
        "repetitions are needed",
        percent_digits(law.alpha.low), percent_digits(law.alpha.high));
  }
  if (law.alpha.low <= 0) {
    const double bound = std::max(law.alpha.high, 1e-4);
    return fmt::format("Amdahl holds, serial fraction below {} %, limit above {:.0f}x", percent_digits(bound),
                       std::floor(1 / bound));
  }
  const double limit = 1 / alpha;
  return fmt::format("Amdahl holds, serial fraction {}, limit {:.{}f}x", percent_with(alpha, law.alpha), limit,
                     limit < 9.95 ? 1 : 0);
}

std::string contention(const LawFit& law) {
  return law.alpha.low <= 0 ? fmt::format("contention below {} %", percent_digits(std::max(law.alpha.high, 1e-4)))
                            : fmt::format("contention {}", percent_with(law.coefficients.alpha, law.alpha));
}

std::string usl_sentence(const ScalingFit& fit, const LawFit& law) {
  const double last = fit.rows.empty() ? 0 : fit.rows.back().n;
  if (!law.peak) {
    return fmt::format("USL holds without a coherency cost, {}", contention(law));
  }
  const std::string high =
      std::isfinite(law.peak_interval.high) ? fmt::format("{:.0f}", law.peak_interval.high) : std::string("no peak");
  return fmt::format(
      "coherency cost: peak at {:.0f} {} [{:.0f}, {}]{}, {}", *law.peak, unit_of(fit), law.peak_interval.low, high,
      *law.peak > last ? fmt::format(", beyond the {:g} measured", last) : std::string(), contention(law));
}

std::string gustafson_sentence(const LawFit& law) {
  return fmt::format("Gustafson holds, scaled serial fraction {}: every further worker adds {} % of the first",
                     law.alpha.low <= 0 ? fmt::format("below {} %", percent_digits(std::max(law.alpha.high, 1e-4)))
                                        : percent_with(law.coefficients.alpha, law.alpha),
                     percent_digits(1 - law.coefficients.alpha));
}

// How far Little's bound X <= C / R carries.
void add_little(const ScalingFit& fit, std::vector<std::string>& sentences) {
  if (fit.residence_s <= 0) {
    return;
  }
  constexpr double close = 0.95;
  double reach = 0;
  for (const ScalingRow& row : fit.rows) {
    if (!row.of_bound || *row.of_bound < close) {
      break;
    }
    reach = row.n;
  }
  std::string text = fmt::format("Little's law bounds throughput: X <= C / {}", seconds(fit.residence_s));
  if (reach == fit.rows.back().n) {
    text += fmt::format("; within 5 % of that bound at every C up to {:g}", reach);
  } else if (reach > 0) {
    text += fmt::format("; within 5 % of that bound up to C = {:g}, {:.0f} % of it at C = {:g}", reach,
                        100 * fit.rows.back().of_bound.value_or(0), fit.rows.back().n);
  } else {
    text += fmt::format("; {:.0f} % of that bound at C = {:g}", 100 * fit.rows.back().of_bound.value_or(0),
                        fit.rows.back().n);
  }
  sentences.push_back(std::move(text));
}

void add_misfit(const ScalingFit& fit, const LawFit& law, std::vector<std::string>& sentences) {
  const ScalingRow* worst = nullptr;
  double most = 0;
  for (const ScalingRow* row : fitted_rows(fit)) {
    const double off =
        row->throughput_per_s > 0 ? std::abs(row->predicted_per_s.value_or(0) / row->throughput_per_s - 1) : 0;
    if (off > most) {
      most = off;
      worst = row;
    }
  }
  if (worst != nullptr && most >= 0.05 && (law.lack_of_fit_p < 0.01 || most >= 0.1)) {
    sentences.push_back(fmt::format("the law is {:.0f} % off at {:g} {}: it describes these points only roughly",
                                    100 * most, worst->n, unit_of(fit)));
  }
}

void add_left_out(const ScalingFit& fit, std::vector<std::string>& sentences) {
  std::vector<std::string> beyond;
  for (const ScalingRow& row : fit.rows) {
    if (row.beyond_cpus) {
      beyond.push_back(fmt::format("{:g}", row.n));
    }
  }
  if (!beyond.empty()) {
    sentences.push_back(
        fmt::format("left out of the fit, more workers than allowed CPUs: {}", fmt::join(beyond, ", ")));
  }
}

}  // namespace

std::vector<std::string> verdict_of(const ScalingFit& fit) {
  std::vector<std::string> sentences;
  const LawFit* law = fit.chosen_law();
  if (law == nullptr) {
    sentences.push_back(not_identifiable(fit));
  } else if (law->law == Law::amdahl) {
    sentences.push_back(amdahl_sentence(*law));
  } else if (law->law == Law::usl) {
    sentences.push_back(usl_sentence(fit, *law));
    if (fit.axis == ScalingAxis::tasks_in_flight) {
      add_little(fit, sentences);
      std::swap(sentences.front(), sentences.back());
    }
  } else if (law->law == Law::saturation) {
    const Coefficients& c = law->coefficients;
    sentences.push_back(
        fmt::format("Little's law bounds throughput, X <= C / {}, up to C = {:.0f}; from there on a "
                    "capacity of {} [{}, {}] binds",
                    seconds(1 / c.gamma), c.capacity / c.gamma, rate(c.capacity), rate(law->capacity.low),
                    rate(law->capacity.high)));
  } else if (law->law == Law::gustafson) {
    sentences.push_back(gustafson_sentence(*law));
  } else {
    sentences.push_back(fmt::format("Little's law holds: X = C / {} [{}, {}], {} at C = {:g}",
                                    seconds(1 / law->coefficients.gamma), seconds(1 / law->gamma.high),
                                    seconds(1 / law->gamma.low), rate(fit.rows.back().throughput_per_s),
                                    fit.rows.back().n));
  }
  if (law != nullptr) {
    add_misfit(fit, *law, sentences);
  }
  add_left_out(fit, sentences);
  return sentences;
}

std::optional<KarpFlatt> only_karp_flatt(const ScalingFit& fit) {
  if (fit.chosen || fit.axis != ScalingAxis::workers || fitted_rows(fit).size() != 2) return std::nullopt;
  for (const ScalingRow* row : fitted_rows(fit)) {
    if (row->karp_flatt) return KarpFlatt{row->n, karp_flatt_of(*row)};
  }
  return std::nullopt;
}

}  // namespace cbench
