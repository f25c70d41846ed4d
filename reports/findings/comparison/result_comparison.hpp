// Results against results: which cells of two or more files match, whether they may be compared, and what came of it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/findings/comparison/failures.hpp"
#include "reports/findings/comparison/gathered.hpp"
#include "reports/findings/comparison/metric.hpp"
#include "reports/findings/comparison/noise_floor.hpp"
#include "reports/stats/comparison.hpp"

namespace cbench {

struct CompareOptions {
  Metric metric;
  double threshold = 0.05;
  std::set<std::string> across;  // host facts that may differ (fact_names())
  std::optional<NoiseFloor> noise_floor;
  bool allow_missing = false;  // cells that the base alone has are no regression
};

// One model under one load, in the base and in one other set.
struct ComparedCell {
  TrialSpec spec;     // of the base
  std::string label;  // the model with its settings
  std::string load;   // as load_text() says it
  std::size_t base_repetitions = 0;
  std::size_t changed_repetitions = 0;
  TrialEnds base_ends;
  TrialEnds changed_ends;
  bool new_failures = false;  // a regression whatever the numbers say of the trials that did not fail
  std::string note;           // on trials that failed; empty where none did
  Comparison comparison;      // of the numbers

  std::string_view outcome() const;  // "new failures", or that of the numbers
};

// One set against the base.
struct ComparedSet {
  std::string name;
  std::vector<ComparedCell> cells;
  // Cells, in words.
  std::vector<std::string> missing;       // measured in the base, and not there: a regression
  std::vector<std::string> only_in_base;  // not there, which is none: a baseline, never worked, or allowed
  std::vector<std::string> only_here;
};

// What may be ranked: the models of one set under the same load, or the sets in one cell.
struct Tiers {
  std::string of;                               // "io, 64 in flight, 2 workers in new.csv"
  std::vector<std::vector<std::string>> tiers;  // names, the best tier first
  std::map<std::string, std::string> doubts;    // of a name: why its place is not sure
};

struct ResultComparison {
  std::string base;
  Metric metric;
  double threshold = 0.05;
  std::optional<NoiseFloor> noise_floor;
  std::vector<ComparedSet> sets;
  std::vector<Tiers> tiers;

  std::size_t count(Outcome outcome) const;  // of the cells without new failures
  std::size_t count_new_failures() const;
  std::size_t count_missing() const;
  // 0 no regression; 1 a regression: of numbers, new failures, cells that are missing; 2 something could not be
  // compared, or nothing was.
  int exit_code() const;
};

// The first set is the base of all others, all of them gathered by the metric of the options; Holm's correction goes
// over all cells of all of them.
ResultComparison compare_results(std::span<const ResultSet> sets, const CompareOptions& options);

}  // namespace cbench
