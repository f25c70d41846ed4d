// The trials of one cell in one set of results, before anything is made of them: what a comparison holds side by side.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/findings/metric.hpp"

namespace cbench {

struct Gathered {
  std::vector<const TrialRecord*> all;  // ok or not
  std::vector<const TrialRecord*> ok;
  std::vector<double> values;  // of those that are ok and know the metric

  const TrialSpec& spec() const { return all.front()->spec; }
};

// "pool", "fibers:stack=16k".
std::string label_of(const TrialSpec& spec);
// "stack=16k", "defaults".
std::string map_text(const TextMap& map);
std::string workers_text(std::uint32_t workers);
// "fibers on io, closed, 64 in flight, 2 workers".
std::string words_for(const TrialSpec& spec);

// The smallest relative step that a value can show: a task of the window's, or the histograms' last digit.
double resolution_of(const Gathered& cell, const Metric& metric);

// Settings, parameters, hosts but for the facts of `across`, or work that are not the same; empty where none is.
std::string why_not_comparable(const Gathered& base, const Gathered& changed, const std::set<std::string>& across);

}  // namespace cbench
