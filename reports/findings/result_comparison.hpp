// Results against results: which cells of two or more files match, whether they may be compared, and what came of it.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/findings/metric.hpp"
#include "reports/findings/noise_floor.hpp"
#include "reports/stats/comparison.hpp"

namespace cbench {

struct ResultSet {
  std::string name;  // the file
  std::vector<TrialRecord> records;
};

struct CompareOptions {
  Metric metric;
  double threshold = 0.05;
  std::set<std::string> across;  // host facts that may differ (fact_names())
  std::optional<NoiseFloor> noise_floor;
  std::uint64_t seed = 1;
};

// One model under one load, in the base and in one other set.
struct ComparedCell {
  TrialSpec spec;     // of the base
  std::string label;  // the model with its settings
  std::string load;   // as load_text() says it
  std::size_t base_repetitions = 0;
  std::size_t changed_repetitions = 0;
  std::optional<double> noise_floor;
  bool failed_on_both_sides = false;
  std::string note;  // that some trials failed; empty where none did
  Comparison comparison;
};

// One set against the base.
struct ComparedSet {
  std::string name;
  std::vector<ComparedCell> cells;
  std::vector<std::string> only_in_base;  // cells, in words
  std::vector<std::string> only_here;
};

// What may be ranked: the models of one set under the same load, or the sets in one cell.
struct Tiers {
  std::string of;                               // "io, 64 in flight, 2 workers in new.csv"
  std::vector<std::vector<std::string>> tiers;  // names, the best tier first
};

struct ResultComparison {
  std::string base;
  Metric metric;
  double threshold = 0.05;
  bool has_noise_floor = false;
  std::vector<ComparedSet> sets;
  std::vector<Tiers> tiers;

  std::size_t count(Outcome outcome) const;
  // 0 no regression; 1 a regression, or what worked fails; 2 something could not be compared, or nothing was.
  int exit_code() const;
};

// The first set is the base of all others; Holm's correction goes over all cells of all of them.
ResultComparison compare_results(std::span<const ResultSet> sets, const CompareOptions& options);

}  // namespace cbench
