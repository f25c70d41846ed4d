// What a delay, a size or an amount of work is drawn from. Drawn before a trial, by rank and not by chance: the values
// of a workload have the mean and the percentiles that were asked for, however few of them there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cbench {

// Of whole numbers from 0 on: nanoseconds, bytes, rounds of a kernel. A value; reading it is safe from any thread.
class Distribution {
 public:
  enum class Kind : std::uint8_t { constant, uniform, exponential, lognormal, values };
  struct Weighted {
    std::uint64_t value = 0;
    std::uint32_t weight = 1;

    friend bool operator==(const Weighted&, const Weighted&) = default;
  };

  Distribution() = default;  // always 0
  static Distribution constant(std::uint64_t value);
  static Distribution uniform(std::uint64_t from, std::uint64_t to);       // from <= to
  static Distribution exponential(std::uint64_t mean);                     // mean > 0
  static Distribution lognormal(std::uint64_t median, std::uint64_t p99);  // 0 < median < p99
  static Distribution values(std::vector<Weighted> values);                // weights > 0, at least one value

  Kind kind() const { return kind_; }
  bool is_constant() const { return kind_ == Kind::constant; }
  // The two numbers that it was made of: value; from and to; mean; median and p99.
  std::uint64_t first() const { return first_; }
  std::uint64_t second() const { return second_; }
  const std::vector<Weighted>& weighted() const { return values_; }

  double mean() const;

  // `count` values, one for each `count`-th of the probability, from the lowest on (of a list: in its order). Ranks
  // that lie in one of 40 steps share the mean of the step: the steps are narrow towards the upper end, and p50, p90,
  // p99 and p99.9 each lie in the middle of one. The mean of all is mean() but for rounding. At most 40 values differ,
  // since each distinct amount of work is timed and each distinct script travels to the trial. Rounded to four digits,
  // which are the same on every machine, whatever the last bit of its logarithm is.
  std::vector<std::uint64_t> ranks(std::size_t count) const;
  std::uint64_t largest() const;  // that ranks() of any count gives, or a little more

  friend bool operator==(const Distribution&, const Distribution&) = default;

 private:
  double mean_between(double from, double to) const;  // of the values between two ranks, from 0 to 1
  std::vector<std::uint64_t> listed(std::size_t count) const;

  Kind kind_ = Kind::constant;
  std::uint64_t first_ = 0;
  std::uint64_t second_ = 0;
  std::vector<Weighted> values_;
};

}  // namespace cbench
