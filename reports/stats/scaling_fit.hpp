// What is known once scaling laws were fitted to a sweep: each law with its intervals, what the points show, which law
// describes them if any does, and that in sentences. docs/statistics.md says how each part is found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/stats/law_fit.hpp"
#include "reports/stats/resampling.hpp"
#include "reports/stats/scaling_sample.hpp"

namespace cbench {

// What n counts. CPU-bound work scales with workers (Amdahl, USL, Gustafson, a hard limit); waiting work with the tasks
// in flight (Little's law, up to a capacity, or USL).
enum class ScalingAxis : std::uint8_t { workers, tasks_in_flight };

// A law's curve with its band.
struct CurvePoint {
  double n = 0;
  double throughput_per_s = 0;
  Interval band;
};

// How well a law describes the points that it was fitted to.
enum class Description : std::uint8_t {
  holds,    // the repetitions do not contradict it by 5 % or more, and would show it if they did
  roughly,  // nothing was repeated, and its residuals are larger than trials usually vary
  noisy,    // the repetitions do not contradict it, but vary so much that they hardly could
  off,      // the repetitions contradict it; where there are none, residuals of 7.5 % or two points 10 % off
};
std::string_view name_of(Description description);

struct LawFit {
  Law law = Law::amdahl;
  bool fitted = false;
  std::string why_not;  // where it is not fitted

  Coefficients coefficients;
  Interval gamma;
  Interval alpha;  // one that holds 0 is an upper bound
  Interval beta;
  Interval capacity;           // saturation, capped_amdahl
  std::optional<double> peak;  // the n of the highest throughput, where coherency costs anything; 1 at the least
  Interval peak_interval;      // to infinity where no peak is possible too

  double aicc = 0;             // infinity where there are too few points for it
  double residual_error = 0;   // standard error, of throughput or, weighted relatively, as a fraction of it
  double lack_of_fit_p = 1;    // small: the repetitions agree with each other but not with this law
  double worst_deviation = 0;  // from the mean of an n, relative to that
  double worst_at = 0;         // its n
  Description description = Description::off;
  std::vector<CurvePoint> curve;
};

// Whether a law with a hard limit is at it, or so near that no trial would tell.
bool is_at_capacity(const LawFit& fit, double n);

// One n.
struct ScalingRow {
  double n = 0;
  std::uint32_t repetitions = 0;
  double throughput_per_s = 0;  // mean
  bool beyond_cpus = false;
  std::optional<double> karp_flatt;  // (1/S - 1/n) / (1 - 1/n): workers only, where n = 1 was measured
  Interval karp_flatt_interval;
  std::optional<double> predicted_per_s;  // by the chosen law, or by the closest where none is
  std::optional<double> of_bound;         // tasks in flight: throughput as a fraction of C / R
};

// What the points show.
enum class ScalingFinding : std::uint8_t {
  not_identifiable,  // too few counts, or noise that leaves all possible
  law,               // a law describes them
  capped,            // one with a hard limit does: from some n on, throughput stays what it is
  superlinear,       // more than in proportion to n, which none of the laws allows
  falling,           // highest at the smallest n
  none,              // no law describes them
};
std::string_view name_of(ScalingFinding finding);

// Throughput at one n over that at the smallest.
struct Speedup {
  double n = 0;
  double over = 1;  // the smallest n
  double value = 0;
  Interval interval;  // of the confidence of the fit; from 0 to infinity where repetitions tell nothing

  double of_proportion() const { return value / (n / over); }
};

struct ScalingFit {
  ScalingAxis axis = ScalingAxis::workers;
  Weighting weighting = Weighting::equal;  // as it was used
  double confidence = 0.95;
  std::vector<ScalingRow> rows;
  std::vector<LawFit> laws;  // what belongs to the axis, fitted or not
  double noise = 0;          // of one repetition, relative, pooled over all n; 0: repetitions do not tell

  ScalingFinding finding = ScalingFinding::not_identifiable;
  std::optional<Law> chosen;           // the law that describes the points
  std::optional<Law> closest;          // where none is chosen: that which comes nearest
  std::optional<Law> rival;            // one that tells another story and describes them as well
  std::optional<Speedup> superlinear;  // the n at which throughput is farthest beyond proportion, where it is anywhere
  std::string why_chosen;              // or why none is
  double residence_s = 0;              // R of Little's law, X <= C / R
  std::vector<std::string> sentences;  // the finding first

  const LawFit* find(Law law) const;
  const LawFit* chosen_law() const { return chosen ? find(*chosen) : nullptr; }
  const LawFit* closest_law() const { return closest ? find(*closest) : chosen_law(); }
  std::vector<const ScalingRow*> fitted_rows() const;  // not those beyond the CPUs
};

}  // namespace cbench
