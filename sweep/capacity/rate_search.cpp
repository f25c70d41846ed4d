#include "sweep/capacity/rate_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

namespace cbench {
namespace {

// What a rate is worth at one stage of the search. Early stages take short trials, few for each rate, and are content
// with bounds far apart; later ones confirm or overturn what those found.
struct Stage {
  double width = 0;   // in widths of the goal
  double trial = 0;   // in windows of a trial that decides
  double trials = 0;  // for each rate; up to 1: as a number, above: in `RateSearch::trials`
};
constexpr std::array<Stage, 4> stages{{{16, 0.25, 0}, {4, 0.5, 0}, {2, 1, 0}, {1, 1, 1}}};
constexpr std::size_t deciding_stage = stages.size() - 1;

// Requests come at random: so much more than the least a trial is planned for.
constexpr double spare_tasks = 1.15;
constexpr double longest_share = 1.0 / 6;  // of the time of a search, for one trial
constexpr double first_step = 4;           // down from the guess, and while nothing passes
constexpr std::uint32_t invalid_to_give_up = 2;
constexpr std::uint32_t invalid_to_believe = 5;  // before the answer is that the generator is the limit
constexpr int probes = 2;                        // of a rate that is too low to be judged well
// What is left of the time goes to the ends of this interval. Farther out, trials would not tell where the capacity is;
// farther in, not how much trials scatter (docs/statistics.md).
constexpr double probed = 0.8;
constexpr double in_full = 0.998;        // of a rate, which was served but for what fluctuates
constexpr double beside_capacity = 1.1;  // up to there, trials above a capacity tell what is served at it
// An interval as wide as that says too little to be called an answer.
constexpr double widest_answer = 0.3;

// Four significant digits: a person can read it, and bisection comes back to the same number.
double rounded(double rate) {
  const double scale = std::pow(10.0, 3 - std::floor(std::log10(rate)));
  return std::round(rate * scale) / scale;
}

struct Tally {
  std::uint32_t passes = 0;
  std::uint32_t fails = 0;
  std::uint32_t invalid = 0;
  std::uint32_t all() const { return passes + fails + invalid; }
};
using Tallies = std::map<double, Tally>;  // by rate

enum class Standing : std::uint8_t { open, lower, upper, unmeasured };

// MLRsearch's rule: a bound is what no outcome of the trials that are missing can change.
Standing standing_of(const Tally& tally, std::uint32_t trials, double exceed_ratio) {
  if (tally.invalid >= invalid_to_give_up && tally.invalid > tally.passes + tally.fails) return Standing::unmeasured;
  const double total = std::max(tally.passes + tally.fails, trials);
  if (total - tally.passes <= exceed_ratio * total) return Standing::lower;
  if (tally.fails > exceed_ratio * total) return Standing::upper;
  return Standing::open;
}

struct Bounds {
  std::optional<double> lower;
  std::optional<double> upper;
  bool upper_is_unmeasured = false;
  bool contradictory = false;
};

// One goal of a search, with what the trials say of it.
class Hunt {
 public:
  Hunt(const RateSearch& search, std::size_t goal, std::span<const RateTrial> trials)
      : search_(search), at_(goal), goal_(search.goals[goal]), trials_(trials) {
    // Below that, a trial that could be judged takes too long.
    const double slowest = goal_.least_tasks * spare_tasks / (search_.time_s * longest_share);
    floor_is_of_time_ = slowest > search_.least_per_s;
    floor_ = rounded(std::max(search_.least_per_s, slowest));
    ceiling_ = rounded(search_.most_per_s);
  }

  struct Asked {
    std::size_t stage = 0;
    AskedTrial trial;
  };
  std::optional<Asked> next() const {
    if (const auto probe = next_probe()) return Asked{0, *probe};
    if (floor_ > ceiling_) return std::nullopt;
    if (floor_is_of_time_ && probed_fails() >= probes) return std::nullopt;
    Bounds before{.lower = clamped(search_.guess_per_s / first_step), .upper = clamped(search_.guess_per_s)};
    for (std::size_t stage = 0; stage < stages.size(); ++stage) {
      const Tallies tallies = tallies_of(stage);
      const Bounds now = bounds_of(tallies, stage);
      if (const auto rate = next_rate(stage, now, before, tallies)) {
        return Asked{stage, {*rate, window_of(stage, *rate), at_}};
      }
      if (now.lower) before.lower = now.lower;
      if (now.upper) before.upper = now.upper;
      if (now.lower && !now.upper) before.upper = now.lower;
      if (now.upper && !now.lower) before.lower = now.upper;
    }
    if (const auto rate = doubtful_ceiling()) {
      return Asked{deciding_stage, {*rate, window_of(deciding_stage, *rate), at_}};
    }
    // The bounds stand; what is left goes into how well the capacity between them is known.
    if (const auto rate = end_of_interval()) {
      return Asked{stages.size(), {*rate, window_of(deciding_stage, *rate), at_}};
    }
    return std::nullopt;
  }

  RateAnswer answer() const {
    RateAnswer answer;
    const Tallies tallies = tallies_of(deciding_stage);
    answer.votes = votes_of(tallies);
    Bounds bounds = bounds_of(tallies, deciding_stage);
    answer.passing_per_s = bounds.lower;
    answer.lower_per_s = bounds.lower;
    answer.upper_per_s = bounds.upper;
    answer.upper_is_unmeasured = bounds.upper_is_unmeasured;
    answer.contradictory = bounds.contradictory;
    if (floor_is_of_time_ && probed_fails() >= probes) {
      answer.known = Known::none_passes;
      answer.passing_per_s.reset();
      answer.lower_per_s.reset();
      answer.upper_per_s = probe_rate();
      return answer;
    }
    answer.too_slow_to_judge = floor_is_of_time_ && (floor_ > ceiling_ || bounds.upper == floor_);
    if (bounds.upper && *bounds.upper <= floor_ && !bounds.upper_is_unmeasured) {
      if (!floor_is_of_time_) answer.known = Known::none_passes;
      return answer;
    }
    if (bounds.lower && (*bounds.lower >= ceiling_ || bounds.upper_is_unmeasured)) {
      answer.known = Known::at_least;
      // What passes and was not served in full is no rate that it sustains.
      const auto served = served_between(*bounds.lower, *bounds.lower);
      if (served && *served < in_full * *bounds.lower) answer.lower_per_s = *served;
      return answer;
    }
    answer.capacity = capacity_of(answer.votes);
    if (!answer.capacity) return answer;
    const double width = answer.capacity->width();
    if (width > widest_answer) return answer;
    answer.known = Known::found;
    cap_by_served(answer);
    answer.is_narrow = answer.capacity->width() <= goal_.width;
    return answer;
  }

 private:
  // Where the time is too short to see the percentiles of low rates, a low rate can still be seen to fail: the
  // percentiles that are known may be beyond their limits already.
  double probe_rate() const { return std::min(floor_, rounded(search_.guess_per_s / first_step)); }
  int probed_fails() const {
    int fails = 0;
    for (const RateTrial& trial : trials_) {
      if (trial.rate_per_s == probe_rate()) fails += trial.votes[at_] == Vote::fails ? 1 : -probes;
    }
    return fails;
  }
  std::optional<AskedTrial> next_probe() const {
    if (!floor_is_of_time_ || probe_rate() >= floor_) return std::nullopt;
    const int fails = probed_fails();
    if (fails < 0 || fails >= probes) return std::nullopt;
    return AskedTrial{probe_rate(), std::max(search_.trial_s, search_.time_s * longest_share / probes), at_};
  }

  // A rate at which trials were invalid may have met a busy machine: it is tried again before it is believed.
  std::optional<double> doubtful_ceiling() const {
    const Tallies tallies = tallies_of(deciding_stage);
    const Bounds bounds = bounds_of(tallies, deciding_stage);
    if (!bounds.upper_is_unmeasured || tallies.at(*bounds.upper).invalid >= invalid_to_believe) return std::nullopt;
    return bounds.upper;
  }

  double clamped(double rate) const { return std::clamp(rounded(rate), floor_, ceiling_); }
  double width_of(std::size_t stage) const { return 1 + goal_.width * stages[stage].width; }
  double window_of(std::size_t stage, double rate) const {
    return std::max(search_.trial_s * stages[stage].trial, goal_.least_tasks * spare_tasks / rate);
  }
  std::uint32_t trials_of(std::size_t stage) const {
    const double wanted = stages[stage].trials * search_.trials;
    // Odd: an even number can end in a draw, which costs a trial and decides nothing.
    return 2 * static_cast<std::uint32_t>(wanted / 2) + 1;
  }

  // Shorter trials have no vote: a queue that grows slowly is not seen in them.
  Tallies tallies_of(std::size_t stage) const {
    Tallies tallies;
    for (const RateTrial& trial : trials_) {
      if (trial.window_s < search_.trial_s * stages[stage].trial * 0.999) continue;
      Tally& tally = tallies[trial.rate_per_s];
      if (!trial.measured) {
        ++tally.invalid;
      } else if (trial.votes[at_] == Vote::passes) {
        ++tally.passes;
      } else if (trial.votes[at_] == Vote::fails) {
        ++tally.fails;
      } else if (trial.window_s * trial.rate_per_s >= goal_.least_tasks) {
        ++tally.invalid;  // else it was another goal's, and too short for this one
      }
    }
    return tallies;
  }

  // The median over the trials that decide; nothing where none tells.
  std::optional<double> served_between(double from_per_s, double to_per_s) const {
    std::vector<double> served;
    for (const RateTrial& trial : trials_) {
      const bool decides = trial.measured && trial.window_s >= search_.trial_s * 0.999 && trial.served_per_s > 0;
      if (!decides || trial.rate_per_s < from_per_s || trial.rate_per_s > to_per_s) continue;
      served.push_back(trial.served_per_s);
    }
    if (served.empty()) return std::nullopt;
    return median_of(std::move(served));
  }

  // A backlog that grows slowly is not told from chance in a trial: it passes. What was served tells, at the capacity
  // and somewhat above. Where the highest rate that passes was served there is no doubt: above it, a model that is
  // overloaded may serve less.
  void cap_by_served(RateAnswer& answer) const {
    const double capacity = answer.capacity->median_per_s();
    const auto above = served_between(capacity, capacity * beside_capacity);
    if (!above) return;
    const double passing = answer.lower_per_s.value_or(0);
    const double at_passing = served_between(passing, passing).value_or(0);
    if (at_passing > 0 && at_passing >= in_full * passing) return;
    const double most = std::max(*above, at_passing);
    if (most >= answer.capacity->interval_per_s().low) return;
    answer.passes_unserved_per_s = capacity;
    answer.capacity = answer.capacity->lowered_to(most);
  }

  static std::vector<RateVotes> votes_of(const Tallies& tallies) {
    std::vector<RateVotes> votes;
    for (const auto& [rate, tally] : tallies) {
      if (tally.passes + tally.fails > 0) votes.push_back({rate, tally.passes, tally.fails});
    }
    return votes;
  }

  // An end of what is believed of the capacity, the two in turn; nothing where that is narrow enough, or there is none.
  std::optional<double> end_of_interval() const {
    const Tallies tallies = tallies_of(deciding_stage);
    const std::vector<RateVotes> votes = votes_of(tallies);
    const auto capacity = capacity_of(votes);
    if (!capacity || capacity->width() <= goal_.width) return std::nullopt;
    std::uint32_t count = 0;
    for (const RateVotes& vote : votes) count += vote.passes + vote.fails;
    const Interval interval = capacity->interval_per_s(probed);
    const double end = clamped(count % 2 == 0 ? interval.low : interval.high);
    return near(end, 1 + goal_.width / 4, tallies).value_or(end);
  }

  Bounds bounds_of(const Tallies& tallies, std::size_t stage) const {
    Bounds bounds;
    for (const auto& [rate, tally] : tallies) {
      const Standing standing = standing_of(tally, trials_of(stage), goal_.exceed_ratio);
      if (standing == Standing::lower) {
        if (!bounds.upper) bounds.lower = rate;
        if (bounds.upper && !bounds.upper_is_unmeasured) bounds.contradictory = true;
      } else if (standing != Standing::open && !bounds.upper) {
        bounds.upper = rate;
        bounds.upper_is_unmeasured = standing == Standing::unmeasured;
      }
    }
    return bounds;
  }

  // Nothing where this stage is content.
  std::optional<double> next_rate(std::size_t stage, const Bounds& now, const Bounds& before,
                                  const Tallies& tallies) const {
    const double width = width_of(stage);
    if (now.lower && now.upper) return between(*now.lower, *now.upper, width, tallies);
    if (now.lower) {
      if (*now.lower >= ceiling_) return std::nullopt;
      if (*before.upper > *now.lower) return before.upper;
      return clamped(*now.lower * std::max(width, *now.lower / *before.upper));
    }
    if (now.upper) {
      if (*now.upper <= floor_) return std::nullopt;
      if (*before.lower < *now.upper) return before.lower;
      const double step = std::max(width, *before.lower / *now.upper);
      return clamped(*now.upper / (stage == 0 ? std::max(step, first_step) : step));
    }
    if (stage == 0) return before.lower;
    if (const auto middle = between(*before.lower, *before.upper, width, tallies)) return middle;
    return before.lower;
  }

  // The middle of the two on a logarithmic scale, or a rate near it that was tried before; nothing where they are close
  // enough.
  static std::optional<double> between(double lower, double upper, double width, const Tallies& tallies) {
    if (upper <= lower * width * 1.0005) return std::nullopt;
    const double middle = std::sqrt(lower * upper);
    if (const auto tried = near(middle, std::pow(upper / lower, 0.2), tallies)) return tried;
    const double rate = rounded(middle);
    if (rate <= lower || rate >= upper) return std::nullopt;
    return rate;
  }

  // The nearest rate that was tried, at most a factor away.
  static std::optional<double> near(double rate, double factor, const Tallies& tallies) {
    std::optional<double> nearest;
    double least = std::log(factor);
    for (const auto& [tried, tally] : tallies) {
      const double distance = std::abs(std::log(tried / rate));
      if (distance <= least) {
        nearest = tried;
        least = distance;
      }
    }
    return nearest;
  }

  const RateSearch& search_;
  std::size_t at_;
  const RateGoal& goal_;
  std::span<const RateTrial> trials_;
  double floor_ = 0;
  double ceiling_ = 0;
  bool floor_is_of_time_ = false;
};

double overhead_s(const RateSearch& search, std::span<const RateTrial> trials) {
  if (trials.empty()) return search.overhead_s;
  double overhead = 0;
  for (const RateTrial& trial : trials) overhead += trial.took_s - trial.window_s;
  return std::max(0.0, overhead / static_cast<double>(trials.size()));
}

}  // namespace

std::optional<AskedTrial> next_trial(const RateSearch& search, std::span<const RateTrial> trials) {
  if (trials.size() >= search.most_trials) return std::nullopt;
  double left = search.time_s - overhead_s(search, trials);
  for (const RateTrial& trial : trials) left -= trial.took_s;
  // The goal that is farthest behind, and of those the shortest trial at the lowest rate.
  std::optional<Hunt::Asked> best;
  for (std::size_t goal = 0; goal < search.goals.size(); ++goal) {
    const auto asked = Hunt(search, goal, trials).next();
    if (!asked || asked->trial.window_s > left) continue;
    const auto order = [](const Hunt::Asked& one) {
      return std::tuple(one.stage, one.trial.window_s, one.trial.rate_per_s);
    };
    if (!best || order(*asked) < order(*best)) best = asked;
  }
  if (!best) return std::nullopt;
  return best->trial;
}

RateAnswer answer_of(const RateSearch& search, std::size_t goal, std::span<const RateTrial> trials) {
  return Hunt(search, goal, trials).answer();
}

}  // namespace cbench
