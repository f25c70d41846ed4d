#include "reports/findings/failures.hpp"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/stats/fisher.hpp"

namespace cbench {
namespace {

bool is_interrupted(const TrialRecord& trial) {
  return trial.status == Status::failed && trial.reason.starts_with("interrupted");
}

std::string count_text(std::size_t count, std::size_t of, std::string_view what) {
  return fmt::format("{} of {} trial{} {}", count == 0 ? "none" : fmt::format("{}", count), of, of == 1 ? "" : "s",
                     what);
}

}  // namespace

void TrialEnds::add(const TrialRecord& trial) {
  if (is_interrupted(trial)) return;
  if (is_finding(trial.status)) {
    ++ok;
    return;
  }
  const bool is_invalid = trial.status == Status::invalid;
  const bool is_first = is_invalid ? failed + invalid == 0 : failed == 0;
  if (is_first) first_failure = fmt::format("{}: {}", name_of(trial.status), trial.reason);
  ++(is_invalid ? invalid : failed);
}

bool fails_anew(const TrialEnds& base, const TrialEnds& changed) {
  if (changed.failed == 0) return false;
  if (base.judged() == 0) return false;  // nothing is known of before
  if (base.failed == 0) return true;
  return fisher_p({.hits = base.failed, .of = base.judged()}, {.hits = changed.failed, .of = changed.judged()}) < 0.05;
}

std::string words_on(const TrialEnds& base, const TrialEnds& changed) {
  std::vector<std::string> parts;
  if (base.failed + changed.failed > 0) {
    parts.push_back(
        count_text(changed.failed, changed.judged(), "failed in the other") + ", " +
        fmt::format("{} of {} in the base", base.failed == 0 ? "none" : fmt::format("{}", base.failed), base.judged()));
  }
  if (base.invalid + changed.invalid > 0) {
    parts.push_back(fmt::format("invalid: {} in the base, {} in the other", base.invalid, changed.invalid));
  }
  const std::string& failure = changed.failed + changed.invalid > 0 ? changed.first_failure : base.first_failure;
  if (!parts.empty() && !failure.empty()) parts.push_back(failure);
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace cbench
