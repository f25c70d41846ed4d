// Several files of results read as one: put together by host, each trial once, whatever formats it was written in.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "record/trial_record.hpp"

namespace cbench {

struct ResultFile {
  std::string name;
  std::size_t trials = 0;
  std::size_t repeated = 0;  // that were read before: `cbench run -o a.csv -o a.json` writes each trial twice
};

// What was measured on one host with one build of the program.
struct HostResults {
  HostFacts facts;
  BuildFacts build;
  std::string name;                      // short, and unlike those of the other hosts
  std::vector<std::string> differences;  // from the first host, as `cbench compare` says them
  std::vector<TrialRecord> records;
};

struct Results {
  std::vector<ResultFile> files;
  std::vector<HostResults> hosts;  // in the order in which they appear
};

// Hosts are the same where `cbench compare` would compare them (record/comparability.hpp). Of a trial that stands in
// several files the record with histograms is kept. Throws UsageError where no file is given, and where one cannot be
// read, is broken or holds no trial: path and why.
Results read_results(std::span<const std::string> files);

}  // namespace cbench
