// Which scaling law a sweep follows, with intervals, and that in plain words. Pure functions from points to a fit: the
// table, the files and `cbench fit` all ask here, so that one set of points has one answer.
//
// How. All parameters of a law are fitted jointly to throughput (not to ratios) by weighted least squares on the
// repetitions. Weights: the error is taken to be proportional to throughput and its size is pooled over all n, unless
// the repetitions themselves say that it is the same at every n; without repetitions there is nothing to weigh by, and
// all points count alike. Intervals: trials are resampled within each n, from the residuals pooled over all n (3
// repetitions resampled among themselves know only three values: their intervals of 95 % cover 84 %), and each
// resample draws the size of the error anew from what so few trials tell about it (Student's t by resampling). Where
// the repetitions agree with each other but not with the law, or where there are none, the residuals from the law are
// resampled instead, so that a law that does not hold has wide intervals, not narrow ones.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/stats/law_fit.hpp"
#include "reports/stats/resampling.hpp"
#include "reports/stats/scaling_sample.hpp"

namespace cbench {

// What n counts. CPU-bound work scales with workers (Amdahl, USL, Gustafson); waiting work with the tasks in flight
// (Little's law, up to a capacity, or USL).
enum class ScalingAxis : std::uint8_t { workers, tasks_in_flight };

struct ScalingOptions {
  ScalingAxis axis = ScalingAxis::workers;
  Weighting weighting = Weighting::automatic;
  bool fixed_time = false;  // the work grows with n and the time stays: Gustafson's law may be chosen too
  double residence_s = 0;   // tasks in flight: how long a task takes alone; 0: from the smallest n
  std::uint32_t resamples = 1000;
  std::uint64_t seed = 1;
  double confidence = 0.95;
};

// A law's curve with its band.
struct CurvePoint {
  double n = 0;
  double throughput_per_s = 0;
  Interval band;
};

struct LawFit {
  Law law = Law::amdahl;
  bool fitted = false;
  std::string why_not;  // where it is not fitted

  Coefficients coefficients;
  Interval gamma;
  Interval alpha;  // one that holds 0 is an upper bound
  Interval beta;
  Interval capacity;           // saturation
  std::optional<double> peak;  // the n of the highest throughput, where coherency costs anything
  Interval peak_interval;      // to infinity where no peak is possible too

  double aicc = 0;            // infinity where there are too few points for it
  double residual_error = 0;  // standard error, of throughput or, weighted relatively, as a fraction of it
  double lack_of_fit_p = 1;   // small: the repetitions agree with each other but not with this law
  std::vector<CurvePoint> curve;
};

// One n.
struct ScalingRow {
  double n = 0;
  std::uint32_t repetitions = 0;
  double throughput_per_s = 0;  // mean
  bool beyond_cpus = false;
  std::optional<double> karp_flatt;  // (1/S - 1/n) / (1 - 1/n): workers only, where n = 1 was measured
  Interval karp_flatt_interval;
  std::optional<double> predicted_per_s;  // by the chosen law
  std::optional<double> of_bound;         // tasks in flight: throughput as a fraction of C / R
};

struct ScalingFit {
  ScalingAxis axis = ScalingAxis::workers;
  Weighting weighting = Weighting::equal;  // as it was used
  double confidence = 0.95;
  std::vector<ScalingRow> rows;
  std::vector<LawFit> laws;   // what belongs to the axis, fitted or not
  std::optional<Law> chosen;  // none: no law was fitted
  std::string why_chosen;
  double residence_s = 0;            // R of Little's law, X <= C / R
  std::vector<std::string> verdict;  // sentences, the finding first

  const LawFit* find(Law law) const;
  const LawFit* chosen_law() const { return chosen ? find(*chosen) : nullptr; }
};

// Points may come in any order; those that are not finite or not above 0 in n are ignored. Never throws.
ScalingFit fit_scaling(std::span<const ScalingPoint> points, const ScalingOptions& options = {});

// The sentences of `fit`, from the rest of it.
std::vector<std::string> verdict_of(const ScalingFit& fit);

// What two worker counts tell: no law, but the serial fraction between them, in words. Nothing where there were more
// counts, or fewer.
struct KarpFlatt {
  double n = 0;
  std::string text;  // "1.4 % [-1.8, 5.1]"
};
std::optional<KarpFlatt> only_karp_flatt(const ScalingFit& fit);

// Karp and Flatt's experimentally determined serial fraction. n > 1.
double karp_flatt(double speedup, double n);

}  // namespace cbench
