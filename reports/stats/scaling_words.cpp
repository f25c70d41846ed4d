#include "reports/stats/scaling_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

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

// "below 1.2 %" where it may be 0.
std::string fraction_of(const LawFit& law) {
  return law.alpha.low <= 0 ? fmt::format("below {} %", percent_digits(std::max(law.alpha.high, 1e-4)))
                            : percent_with(law.coefficients.alpha, law.alpha);
}

std::string rate(double per_s) { return human_number(per_s) + "/s"; }

std::string rate_with(double per_s, const Interval& interval) {
  return fmt::format("{} [{}, {}]", rate(per_s), rate(interval.low), rate(interval.high));
}

std::string seconds(double s) { return human_us(s * 1e6); }

std::string count_word(std::size_t count) {
  return count == 0 ? "no" : count == 1 ? "one" : count == 2 ? "two" : fmt::format("{}", count);
}

// "8 workers", "1 task in flight".
std::string counted(const ScalingFit& fit, double n, std::string_view format = "{:g}") {
  const bool one = n == 1;
  const std::string_view unit =
      fit.axis == ScalingAxis::workers ? (one ? "worker" : "workers") : (one ? "task in flight" : "tasks in flight");
  return fmt::format("{} {}", fmt::format(fmt::runtime(format), n), unit);
}

std::string_view title_of(Law law) {
  switch (law) {
    case Law::little: return "Little's law";
    case Law::saturation: return "the hard limit";
    case Law::amdahl: return "Amdahl";
    case Law::usl: return "USL";
    case Law::gustafson: return "Gustafson";
    case Law::capped_amdahl: return "Amdahl up to a hard limit";
  }
  return "";
}

// "to within 2 %": no point is farther off.
std::string within(const LawFit& law) {
  return fmt::format("to within {:.0f} %", std::max(1.0, std::ceil(100 * law.worst_deviation - 1e-9)));
}

std::string off(const ScalingFit& fit, const LawFit& law) {
  return fmt::format("{:.0f} % off at {}", 100 * law.worst_deviation, counted(fit, law.worst_at));
}

// "Amdahl holds to within 2 %": as much as may be said of it.
std::string subject(const ScalingFit& fit, const LawFit& law) {
  const std::string_view title = title_of(law.law);
  switch (law.description) {
    case Description::holds: return fmt::format("{} holds {}", title, within(law));
    case Description::roughly: return fmt::format("{} describes the points only roughly ({})", title, off(fit, law));
    case Description::noisy:
      return fmt::format("{} is not contradicted, as far as noise of {:.0f} % shows", title, 100 * fit.noise);
    case Description::off: return fmt::format("{} does not hold ({})", title, off(fit, law));
  }
  return "";
}

std::string karp_flatt_of(const ScalingRow& row) {
  return std::isfinite(row.karp_flatt_interval.low) ? percent_with(*row.karp_flatt, row.karp_flatt_interval)
                                                    : fmt::format("{} %", percent_digits(*row.karp_flatt));
}

std::string not_identifiable(const ScalingFit& fit) {
  const std::size_t counts = fit.fitted_rows().size();
  if (const LawFit* law = fit.closest_law()) {
    return fmt::format(
        "not identifiable: the interval of the serial fraction is [{}, {}] %; more worker counts or repetitions are "
        "needed",
        percent_digits(law->alpha.low), percent_digits(law->alpha.high));
  }
  std::string text =
      fmt::format("not identifiable: {} {} count{}; no law was fitted", count_word(counts),
                  fit.axis == ScalingAxis::workers ? "worker" : "tasks-in-flight", counts == 1 ? "" : "s");
  for (const ScalingRow& row : fit.rows) {
    if (row.karp_flatt && !row.beyond_cpus) text += fmt::format(", Karp-Flatt e({:g}) = {}", row.n, karp_flatt_of(row));
  }
  return text;
}

std::string amdahl_sentence(const ScalingFit& fit, const LawFit& law) {
  const std::string fraction = fmt::format("{}, serial fraction {}", subject(fit, law), fraction_of(law));
  if (law.alpha.low <= 0) {
    return fmt::format("{}, limit above {:.0f}x", fraction, std::floor(1 / std::max(law.alpha.high, 1e-4)));
  }
  const double limit = 1 / law.coefficients.alpha;
  return fmt::format("{}, limit {:.{}f}x", fraction, limit, limit < 9.95 ? 1 : 0);
}

std::string usl_sentence(const ScalingFit& fit, const LawFit& law) {
  if (!law.peak) return fmt::format("{} without a coherency cost, contention {}", subject(fit, law), fraction_of(law));
  const double last = fit.rows.back().n;
  const std::string high =
      std::isfinite(law.peak_interval.high) ? fmt::format("{:.0f}", law.peak_interval.high) : std::string("no peak");
  return fmt::format("coherency cost: peak at {} [{:.0f}, {}]{}, contention {}; {}", counted(fit, *law.peak, "{:.0f}"),
                     law.peak_interval.low, high,
                     *law.peak > last ? fmt::format(", beyond the {:g} measured", last) : std::string(),
                     fraction_of(law), subject(fit, law));
}

std::string gustafson_sentence(const ScalingFit& fit, const LawFit& law) {
  return fmt::format("{}, scaled serial fraction {}: every further worker adds {} % of the first", subject(fit, law),
                     fraction_of(law), percent_digits(1 - law.coefficients.alpha));
}

// The first count at which throughput is what it stays.
double capped_from(const ScalingFit& fit, const LawFit& law) {
  for (const ScalingRow* row : fit.fitted_rows()) {
    if (is_at_capacity(law, row->n)) return row->n;
  }
  return fit.rows.back().n;
}

std::string capped_sentence(const ScalingFit& fit, const LawFit& law) {
  const bool serial = law.law == Law::capped_amdahl && law.alpha.low > 0;
  return fmt::format("capped: {} from {} on, whatever is added{}; {}",
                     rate_with(law.coefficients.capacity, law.capacity), counted(fit, capped_from(fit, law)),
                     serial ? fmt::format(", with a serial fraction of {} before", fraction_of(law)) : std::string(),
                     subject(fit, law));
}

std::string saturation_sentence(const ScalingFit& fit, const LawFit& law) {
  const Coefficients& c = law.coefficients;
  return fmt::format(
      "Little's law bounds throughput, X <= C / {}, up to C = {:.0f}; from there on a capacity of {} binds; {}",
      seconds(1 / c.gamma), c.capacity / c.gamma, rate_with(c.capacity, law.capacity), subject(fit, law));
}

std::string little_sentence(const ScalingFit& fit, const LawFit& law) {
  return fmt::format("{}: X = C / {} [{}, {}], {} at C = {:g}", subject(fit, law), seconds(1 / law.coefficients.gamma),
                     seconds(1 / law.gamma.high), seconds(1 / law.gamma.low), rate(fit.rows.back().throughput_per_s),
                     fit.rows.back().n);
}

std::string law_sentence(const ScalingFit& fit, const LawFit& law) {
  switch (law.law) {
    case Law::amdahl: return amdahl_sentence(fit, law);
    case Law::usl: return usl_sentence(fit, law);
    case Law::gustafson: return gustafson_sentence(fit, law);
    case Law::little: return little_sentence(fit, law);
    case Law::saturation:
      if (fit.axis == ScalingAxis::tasks_in_flight) return saturation_sentence(fit, law);
      [[fallthrough]];
    case Law::capped_amdahl: return capped_sentence(fit, law);
  }
  return "";
}

// "2.10x [2.05, 2.15]".
std::string speedup_text(const Speedup& speedup) {
  return std::isfinite(speedup.interval.high)
             ? fmt::format("{:.3g}x [{:.3g}, {:.3g}]", speedup.value, speedup.interval.low, speedup.interval.high)
             : fmt::format("{:.3g}x", speedup.value);
}

std::string superlinear_sentence(const ScalingFit& fit) {
  const Speedup& speedup = *fit.superlinear;
  return fmt::format("superlinear: {} bring {} of what {:g} {}, where none of these laws allows more than {:g}x",
                     counted(fit, speedup.n), speedup_text(speedup), speedup.over,
                     speedup.over == 1 ? "brings" : "bring", speedup.n / speedup.over);
}

std::string falling_sentence(const ScalingFit& fit) {
  const auto rows = fit.fitted_rows();
  return fmt::format("falling: {} with {}, {} with {}; more cost more than they bring",
                     rate(rows.front()->throughput_per_s), counted(fit, rows.front()->n),
                     rate(rows.back()->throughput_per_s), counted(fit, rows.back()->n));
}

std::string none_sentence(const ScalingFit& fit, const LawFit& closest) {
  std::vector<std::string_view> titles;
  for (const LawFit& law : fit.laws) {
    if (law.fitted && (law.law != Law::gustafson || law.law == closest.law) && law.law != Law::capped_amdahl) {
      titles.push_back(title_of(law.law));
    }
  }
  std::string text = fmt::format("none of these laws describes the points ({}): the closest, {}, is {}",
                                 fmt::join(titles, ", "), title_of(closest.law), off(fit, closest));
  if (fit.noise > 0) text += fmt::format(", where trials vary by {} %", percent_digits(fit.noise));
  return text;
}

// How far Little's bound X <= C / R carries. Empty where the points pass it: then a task takes less than R.
std::string bound_sentence(const ScalingFit& fit) {
  constexpr double close = 0.95;
  constexpr double passed = 1.05;
  if (std::ranges::any_of(fit.rows, [](const ScalingRow& row) { return row.of_bound.value_or(0) > passed; })) return "";
  double reach = 0;
  for (const ScalingRow& row : fit.rows) {
    if (!row.of_bound || *row.of_bound < close) break;
    reach = row.n;
  }
  const ScalingRow& last = fit.rows.back();
  std::string text = fmt::format("Little's law bounds throughput: X <= C / {}; ", seconds(fit.residence_s));
  if (reach == last.n) return text + fmt::format("within 5 % of that bound at every C up to {:g}", reach);
  if (reach > 0) text += fmt::format("within 5 % of that bound up to C = {:g}, ", reach);
  return text + fmt::format("{:.0f} % of {} at C = {:g}", 100 * last.of_bound.value_or(0),
                            reach > 0 ? "it" : "that bound", last.n);
}

std::string finding_sentence(const ScalingFit& fit) {
  const LawFit* law = fit.closest_law();
  switch (fit.finding) {
    case ScalingFinding::not_identifiable: return not_identifiable(fit);
    case ScalingFinding::superlinear: return superlinear_sentence(fit);
    case ScalingFinding::falling: return falling_sentence(fit);
    case ScalingFinding::none: return none_sentence(fit, *law);
    case ScalingFinding::law:
    case ScalingFinding::capped: return law_sentence(fit, *law);
  }
  return "";
}

std::string left_out(const ScalingFit& fit) {
  std::vector<std::string> beyond;
  for (const ScalingRow& row : fit.rows) {
    if (row.beyond_cpus) beyond.push_back(fmt::format("{:g}", row.n));
  }
  if (beyond.empty()) return "";
  return fmt::format("left out of the fit, more workers than allowed CPUs: {}", fmt::join(beyond, ", "));
}

}  // namespace

std::vector<std::string> sentences_of(const ScalingFit& fit) {
  std::vector<std::string> sentences{finding_sentence(fit)};
  const LawFit* law = fit.closest_law();
  const bool bound_is_open = fit.finding == ScalingFinding::none || fit.chosen == Law::usl;
  if (fit.axis == ScalingAxis::tasks_in_flight && fit.residence_s > 0 && bound_is_open) {
    if (const std::string bound = bound_sentence(fit); !bound.empty()) sentences.insert(sentences.begin(), bound);
  }
  if (fit.finding == ScalingFinding::falling) {
    sentences.push_back(fit.chosen ? fmt::format("{}, contention {}", subject(fit, *law), fraction_of(*law))
                                   : none_sentence(fit, *law));
  }
  if (fit.finding != ScalingFinding::superlinear && fit.superlinear) {
    sentences.push_back(fmt::format("slightly {}", superlinear_sentence(fit)));
  }
  if (fit.rival) {
    const LawFit& rival = *fit.find(*fit.rival);
    sentences.push_back(fmt::format("these points do not tell that from another law: {}", law_sentence(fit, rival)));
  }
  if (const std::string text = left_out(fit); !text.empty()) sentences.push_back(text);
  return sentences;
}

std::optional<KarpFlatt> only_karp_flatt(const ScalingFit& fit) {
  const auto rows = fit.fitted_rows();
  if (fit.closest_law() != nullptr || fit.axis != ScalingAxis::workers || rows.size() != 2) return std::nullopt;
  for (const ScalingRow* row : rows) {
    if (row->karp_flatt) return KarpFlatt{row->n, karp_flatt_of(*row)};
  }
  return std::nullopt;
}

}  // namespace cbench
