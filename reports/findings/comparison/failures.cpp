#include "reports/findings/comparison/failures.hpp"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/stats/fisher.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

bool is_interrupted(const TrialRecord& trial) {
  return trial.status == Status::failed && trial.reason.starts_with("interrupted");
}

std::string or_none(std::size_t count) { return count == 0 ? "none" : human_count(count); }

std::string count_text(std::size_t count, std::size_t of, std::string_view what) {
  return fmt::format("{} of {} {}", or_none(count), plural(of, "trial"), what);
}

// Three trials a side that are all one way and all the other are the fewest that chance makes rare.
bool is_overloaded_anew(const TrialEnds& base, const TrialEnds& changed) {
  constexpr std::size_t fewest = 3;
  if (base.ok == 0 || changed.overloaded == 0) return false;
  const bool all_of_them = changed.ok >= fewest && base.ok >= fewest && changed.overloaded == changed.ok;
  if (all_of_them && base.overloaded == 0) return true;
  return fisher_p({.hits = base.overloaded, .of = base.ok}, {.hits = changed.overloaded, .of = changed.ok}) < 0.05;
}

}  // namespace

void TrialEnds::add(const TrialRecord& trial) {
  if (is_interrupted(trial)) return;
  if (is_finding(trial.status)) {
    ++ok;
    overloaded += trial.status == Status::overloaded ? 1 : 0;
    return;
  }
  const bool is_invalid = trial.status == Status::invalid;
  const bool is_first = is_invalid ? failed + invalid == 0 : failed == 0;
  if (is_first) first_failure = fmt::format("{}: {}", name_of(trial.status), trial.reason);
  ++(is_invalid ? invalid : failed);
}

bool fails_anew(const TrialEnds& base, const TrialEnds& changed) {
  if (is_overloaded_anew(base, changed)) return true;
  if (changed.failed == 0) return false;
  if (base.judged() == 0) return false;  // nothing is known of before
  if (base.failed == 0) return true;
  return fisher_p({.hits = base.failed, .of = base.judged()}, {.hits = changed.failed, .of = changed.judged()}) < 0.05;
}

std::string words_on(const TrialEnds& base, const TrialEnds& changed) {
  std::vector<std::string> parts;
  if (base.failed + changed.failed > 0) {
    parts.push_back(count_text(changed.failed, changed.judged(), "failed in the other") + ", " +
                    fmt::format("{} of {} in the base", or_none(base.failed), human_count(base.judged())));
  }
  if (base.overloaded + changed.overloaded > 0) {
    parts.push_back(fmt::format("overloaded: {} of {} in the base, {} of {} in the other", human_count(base.overloaded),
                                human_count(base.ok), human_count(changed.overloaded), human_count(changed.ok)));
  }
  if (base.invalid + changed.invalid > 0) {
    parts.push_back(fmt::format("invalid: {} in the base, {} in the other", human_count(base.invalid),
                                human_count(changed.invalid)));
  }
  const std::string& failure = changed.failed + changed.invalid > 0 ? changed.first_failure : base.first_failure;
  if (!parts.empty() && !failure.empty()) parts.push_back(failure);
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace cbench
