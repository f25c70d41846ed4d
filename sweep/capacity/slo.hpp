// Service level objectives: what response times must be for a rate to count as sustained, and what one trial says of
// it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "record/trial_record.hpp"
#include "sweep/capacity/rate_search.hpp"
#include "workloads/work.hpp"

namespace cbench {

// A bound on one percentile of the response times.
struct Objective {
  std::string text;      // "p99<20ms", "light:p99<20ms"
  std::string of_class;  // empty: all tasks are of one kind
  double share = 1;      // of the tasks that are of that class
  double quantile = 0;
  std::chrono::nanoseconds limit{};
};

// All of which must hold.
struct Slo {
  std::string text;
  std::vector<Objective> objectives;

  // Requests that a trial must have for all its percentiles to be known: 10 beyond the rarest.
  double least_tasks() const;
  // The one class that all of them are on, empty where there are no classes; nothing where they are on several.
  std::optional<std::string> of_class() const;
};

// "p99<20ms,p99.9<50ms"; where tasks are of several classes, "light:p99<20ms". Throws UsageError for what is none, and
// where a class is missing or unknown.
Slo parse_slo(std::string_view text, const Work& work);

struct Judgement {
  Vote vote = Vote::none;
  // What it failed by, or why it says nothing: an objective's text, "overload", "errors", "generator", "peer" or "too
  // few requests".
  std::string limit;
};
// Of a trial under an open load, whose response histograms are still there.
Judgement judge(const Slo& slo, const TrialRecord& record);

// The response times of a class of tasks, of all of them where the class is empty; nullptr where they are not known.
const Histogram* responses_of(const std::string& of_class, const TrialRecord& record);

}  // namespace cbench
