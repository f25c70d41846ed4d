// The trials of one set of results by cell, before anything is made of them: what a comparison holds side by side. Of
// each trial it holds what a comparison by one metric needs, and no more.
#pragma once

#include <list>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "record/cell_key.hpp"
#include "record/comparability.hpp"
#include "record/trial_record.hpp"
#include "reports/findings/comparison/failures.hpp"
#include "reports/findings/comparison/metric.hpp"

namespace cbench {

// Where and with what trials were measured.
struct TrialFacts {
  HostFacts host;
  BuildFacts build;
  TextMap runtimes;  // runtimes_of()
};

struct Gathered {
  TrialSpec spec;                        // of the first
  std::vector<const TrialFacts*> facts;  // each once, in the order in which trials came; never empty
  TrialEnds ends;
  std::vector<SeedDigest> work;      // of those that are ok
  std::vector<double> values;        // of those that are ok and tell the metric
  std::string untold;                // why others that are ok do not; empty where all do
  double throughput_resolution = 0;  // the largest relative step of a throughput among those that are ok
};

// The trials of one file.
class ResultSet {
 public:
  using Cells = std::unordered_map<CellKey, Gathered>;

  ResultSet(std::string name, Metric metric) : name_(std::move(name)), metric_(std::move(metric)) {}

  void add(const TrialRecord& record);

  const std::string& name() const { return name_; }  // the file
  const HostFacts& first_host() const { return facts_.front().host; }
  const Gathered* find(const CellKey& key) const;
  std::vector<const Cells::value_type*> in_order() const;  // of the keys

 private:
  const TrialFacts* shared_facts(const TrialRecord& record);

  std::string name_;
  Metric metric_;
  Cells cells_;
  std::list<TrialFacts> facts_;  // cells point at them
};

// The smallest relative step that a value can show: a task of the window's, or the histograms' last digit.
double resolution_of(const Gathered& cell, const Metric& metric);

// Settings, parameters, hosts but for the facts of `across`, or work that are not the same; empty where none is.
std::string why_not_comparable(const Gathered& base, const Gathered& changed, const std::set<std::string>& across);

}  // namespace cbench
