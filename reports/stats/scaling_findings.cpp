#include "reports/stats/scaling_findings.hpp"

#include <fmt/format.h>
#include <gsl/gsl_cdf.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace cbench {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double level = 0.01;  // of the tests
// A law that is off by less is good enough to be said, however sure the repetitions are of it.
constexpr double least_deviation = 0.05;
// Residuals, relative, of points that were measured once: what trials usually vary by, and what they hardly ever do.
constexpr double usual_residual = 0.05;
constexpr double large_residual = 0.075;
constexpr double large_deviation = 0.1;   // of one point
constexpr double least_ratio = 0.02;      // two throughputs that differ by less are the same, however sure
constexpr double fewest_repetitions = 3;  // degrees of freedom from which on repetitions tell about noise
// The error of a mean above which a deviation of 10 % would often pass for noise.
constexpr double blinding_error = 0.03;
// Laws whose AICc differ by less are supported alike (Burnham and Anderson): the one with fewer parameters is said.
// That nothing more is to be had from some n on is a strong thing to say, and its bend was searched for: it needs more.
constexpr double aicc_margin = 2;
constexpr double aicc_margin_of_cap = 4;
// With fewer points its small-sample correction would decide, not the data: the F test between nested laws does.
constexpr double aicc_points = 10;

bool has_cap(Law law) { return law == Law::saturation || law == Law::capped_amdahl; }

bool repetitions_tell(const ScalingSample& sample) { return sample.repeat_freedom >= fewest_repetitions; }

// The error of the mean at the i-th n, relative.
double error_of_mean(const ScalingSample& sample, std::size_t i) {
  const double deviation = std::sqrt(sample.repeat_squares / sample.repeat_freedom) * sample.scale(i);
  return deviation / std::abs(sample.repetitions[i].mean) / std::sqrt(sample.repetitions[i].size());
}

double noise_of(const ScalingSample& sample) {
  double squares = 0;
  double counts = 0;
  for (std::size_t i = 0; i < sample.means.size(); ++i) {
    if (sample.means[i].throughput <= 0) continue;
    squares += std::pow(error_of_mean(sample, i), 2) * sample.repetitions[i].size();
    ++counts;
  }
  return counts > 0 ? std::sqrt(squares / counts) : 0;
}

void describe(LawFit& fit, const ScalingSample& sample) {
  double total = 0;
  double errors = 0;
  int far = 0;
  fit.worst_at = sample.means.front().n;
  for (std::size_t i = 0; i < sample.means.size(); ++i) {
    const auto& [n, mean, weight] = sample.means[i];
    const double off = mean > 0 ? std::abs(throughput_at(fit.law, fit.coefficients, n) / mean - 1) : infinity;
    if (off > fit.worst_deviation) {
      fit.worst_deviation = off;
      fit.worst_at = n;
    }
    far += off >= large_deviation ? 1 : 0;
    total += mean;
    if (repetitions_tell(sample)) errors += std::pow(error_of_mean(sample, i), 2);
  }
  const auto counts = static_cast<double>(sample.means.size());
  if (repetitions_tell(sample)) {
    const bool contradicted = fit.lack_of_fit_p < level && fit.worst_deviation >= least_deviation;
    const bool blind = std::sqrt(errors / counts) > blinding_error;
    fit.description = contradicted ? Description::off : blind ? Description::noisy : Description::holds;
    return;
  }
  const double residual = sample.relative ? fit.residual_error : fit.residual_error / (total / counts);
  const bool usual = residual < usual_residual && fit.worst_deviation < large_deviation;
  const bool contradicted = residual >= large_residual || far > 1;  // one point may be an outlier
  fit.description = contradicted ? Description::off : usual ? Description::holds : Description::roughly;
}

// Throughput at the i-th n over that at the first, and whether it is more, or less, than `expected` times that: beyond
// noise, with as many such questions asked as there are n; by 10 % where repetitions do not tell.
struct Ratio {
  Speedup speedup;
  bool more = false;
  bool less = false;
};

Ratio ratio_of(const ScalingSample& sample, std::size_t i, double expected, double confidence) {
  const double value = sample.means[i].throughput / sample.means[0].throughput;
  Ratio ratio{
      .speedup = {.n = sample.means[i].n, .over = sample.means[0].n, .value = value, .interval = {0, infinity}}};
  ratio.less = value == 0;
  if (!(value > 0) || !std::isfinite(value)) return ratio;
  const double beyond = value / expected;
  if (!repetitions_tell(sample)) {
    ratio.more = beyond >= 1 + large_deviation;
    ratio.less = beyond <= 1 - large_deviation;
    return ratio;
  }
  const double error = std::hypot(error_of_mean(sample, i), error_of_mean(sample, 0));
  const double width = gsl_cdf_tdist_Pinv((1 + confidence) / 2, sample.repeat_freedom) * error;
  ratio.speedup.interval = {value * std::exp(-width), value * std::exp(width)};
  const double tests = static_cast<double>(sample.means.size()) - 1;
  const double sure = gsl_cdf_tdist_Qinv(level / tests, sample.repeat_freedom) * error;
  ratio.more = std::log(beyond) > sure && beyond >= 1 + least_ratio;
  ratio.less = std::log(beyond) < -sure && beyond <= 1 - least_ratio;
  return ratio;
}

// More than in proportion, beyond noise: the farthest of them.
std::optional<Speedup> superlinear_of(const ScalingSample& sample, double confidence) {
  std::optional<Speedup> most;
  for (std::size_t i = 1; i < sample.means.size(); ++i) {
    const Ratio ratio = ratio_of(sample, i, sample.means[i].n / sample.means[0].n, confidence);
    const bool farther = !most || ratio.speedup.of_proportion() > most->of_proportion();
    if (ratio.more && farther) most = ratio.speedup;
  }
  return most;
}

// Less at the largest n than at the smallest, and nowhere more.
bool is_falling(const ScalingSample& sample, double confidence) {
  const std::size_t last = sample.means.size() - 1;
  bool rises = false;
  for (std::size_t i = 1; i <= last; ++i) rises = rises || ratio_of(sample, i, 1, confidence).more;
  const Ratio end = ratio_of(sample, last, 1, confidence);
  return !rises && end.less && end.speedup.value <= 1 - least_deviation;
}

// Whether the further parameters of `richer` earn their place: the F test between nested laws.
bool better_by_f_test(const ScalingSample& sample, const LawFit& simple, const LawFit& richer, double at) {
  const double freedom = sample.points - static_cast<double>(parameter_count(richer.law));
  const double simple_freedom = sample.points - static_cast<double>(parameter_count(simple.law));
  if (freedom < 1) return false;
  const double with = std::pow(richer.residual_error, 2) * std::max(1.0, freedom);
  const double without = std::pow(simple.residual_error, 2) * std::max(1.0, simple_freedom);
  const double more = simple_freedom - freedom;
  if (with <= 0) return without > 0;
  return gsl_cdf_fdist_Q((without - with) / more / (with / freedom), more, freedom) < at;
}

// Whether the points support `other` more than `best`, by as much as it takes to say so.
bool is_better(const ScalingSample& sample, const LawFit& best, const LawFit& other, ScalingAxis axis) {
  const std::size_t parameters = parameter_count(other.law);
  const std::size_t of_best = parameter_count(best.law);
  const bool cap = axis == ScalingAxis::workers && has_cap(other.law) && !has_cap(best.law);
  if (sample.points >= aicc_points) {
    const bool is_simplest = of_best < parameters || (!has_cap(best.law) && of_best == 2 && parameters == 2);
    const double margin = cap ? aicc_margin_of_cap : is_simplest ? aicc_margin : 0;
    return other.aicc < best.aicc - margin;
  }
  if (parameters > of_best && other.law != Law::gustafson && best.law != Law::gustafson) {
    return better_by_f_test(sample, best, other, cap ? level : 0.05);
  }
  return other.residual_error < best.residual_error / 2;
}

// What one of them says and the other denies: that nothing more is to be had.
bool tell_other_stories(const LawFit& a, const LawFit& b) {
  return has_cap(a.law) != has_cap(b.law) && (a.law == Law::usl || b.law == Law::usl);
}

// Flat is what is flat at two counts. Over tasks in flight the slope before the bend is known, and one tells.
bool shows_its_cap(const LawFit& fit, const ScalingSample& sample, ScalingAxis axis) {
  if (axis == ScalingAxis::tasks_in_flight) return std::isfinite(fit.coefficients.capacity);
  const auto at_cap = std::count_if(sample.means.begin(), sample.means.end(),
                                    [&](const MeanPoint& point) { return is_at_capacity(fit, point.n); });
  return at_cap >= 2;
}

void choose(ScalingFit& fit, const ScalingSample& sample, bool fixed_time) {
  std::vector<const LawFit*> candidates;
  for (const LawFit& law : fit.laws) {
    const bool is_tested = sample.means.size() > parameter_count(law.law);  // else any three points follow it
    const bool allowed = law.fitted && is_tested && (law.law != Law::gustafson || fixed_time) &&
                         (!has_cap(law.law) || shows_its_cap(law, sample, fit.axis));
    if (allowed) candidates.push_back(&law);
  }
  if (candidates.empty()) return;
  const auto best_of = [&](const std::vector<const LawFit*>& laws) {
    return *std::min_element(laws.begin(), laws.end(), [&](const LawFit* a, const LawFit* b) {
      return sample.points >= aicc_points ? a->aicc < b->aicc : a->residual_error < b->residual_error;
    });
  };
  const LawFit* closest = best_of(candidates);
  std::erase_if(candidates, [](const LawFit* law) { return law->description == Description::off; });
  if (candidates.empty()) {
    fit.finding = ScalingFinding::none;
    fit.closest = closest->law;
    return;
  }
  // From the simplest law on, which is the first.
  const LawFit* best = candidates.front();
  for (const LawFit* other : candidates) {
    if (other != best && is_better(sample, *best, *other, fit.axis)) best = other;
  }
  fit.chosen = best->law;
  fit.finding = has_cap(best->law) && fit.axis == ScalingAxis::workers ? ScalingFinding::capped : ScalingFinding::law;
  for (const LawFit* other : candidates) {
    const bool alike = sample.points >= aicc_points ? other->aicc < best->aicc + aicc_margin
                                                    : other->residual_error < 1.5 * best->residual_error;
    if (tell_other_stories(*best, *other) && alike) fit.rival = other->law;
  }
}

// "2.1 % off at 8, lack of fit p = 0.312".
std::string lack_of_fit(const LawFit& law, const ScalingSample& sample) {
  std::string off = fmt::format("{:.1f} % off at {:g}", 100 * law.worst_deviation, law.worst_at);
  if (!repetitions_tell(sample)) return off;
  return law.lack_of_fit_p < 0.001 ? off + ", lack of fit p < 0.001"
                                   : fmt::format("{}, lack of fit p = {:.3f}", off, law.lack_of_fit_p);
}

// A serial fraction that may be anything.
bool is_identified(const LawFit& law) { return law.law != Law::amdahl || law.alpha.high - law.alpha.low <= 0.5; }

}  // namespace

void find_what_they_show(ScalingFit& fit, const ScalingSample& sample, bool fixed_time) {
  if (sample.means.size() < 3) {
    fit.why_chosen = "fewer than three counts";
    return;
  }
  fit.noise = repetitions_tell(sample) ? noise_of(sample) : 0;
  for (LawFit& law : fit.laws) {
    if (law.fitted) describe(law, sample);
  }
  choose(fit, sample, fixed_time);
  const auto leave_none = [&](ScalingFinding finding) {
    fit.finding = finding;
    if (fit.chosen) fit.closest = std::exchange(fit.chosen, std::nullopt);
    fit.rival.reset();
  };
  fit.superlinear = superlinear_of(sample, fit.confidence);
  if (fit.superlinear && fit.superlinear->of_proportion() >= 1 + least_deviation) {
    leave_none(ScalingFinding::superlinear);
    fit.why_chosen = "throughput grows more than in proportion, which no law allows";
    return;
  }
  const LawFit* law = fit.closest_law();
  if (law == nullptr) {
    fit.why_chosen = "no law could be fitted";
    return;
  }
  if (fit.chosen && !is_identified(*law)) {
    leave_none(ScalingFinding::not_identifiable);
    fit.why_chosen = "the interval of the serial fraction is too wide";
    return;
  }
  const std::string_view by =
      sample.points >= aicc_points ? "AICc" : "F test between the laws (too few points for AICc)";
  fit.why_chosen = fit.chosen ? fmt::format("{}; at most {}", by, lack_of_fit(*law, sample))
                              : fmt::format("none describes the points: the closest, {}, is {}", name_of(law->law),
                                            lack_of_fit(*law, sample));
  if (is_falling(sample, fit.confidence)) fit.finding = ScalingFinding::falling;
}

}  // namespace cbench
