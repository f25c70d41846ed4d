// Several files of results read as one: put together by host, each trial once, whatever formats it was written in.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "record/trials.hpp"
#include "reports/files/take_trial.hpp"

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
  TextMap runtimes;                      // of other languages: runtimes_of() of all its trials
  std::string name;                      // short, and unlike those of the other hosts
  std::vector<std::string> differences;  // from the first host, as `cbench compare` says them
  Trials trials;
};

struct Results {
  std::vector<ResultFile> files;
  std::vector<std::string> notes;  // sentences on what was passed over
  std::vector<HostResults> hosts;  // in the order in which they appear
};

// The trials of one file, each once: two records with one id are one trial. Records of before trials had ids are all
// taken, however alike they are. Throws UsageError where the file cannot be read, is broken or holds no trial: path and
// why; some trials may have been taken by then. `notes`: what was passed over.
void read_trials(const std::string& path, std::vector<std::string>& notes, const TakeTrial& take);

// Hosts are the same where `cbench compare` would compare them (record/comparability.hpp). Of a trial that stands in
// several files the record with histograms is kept. Trials without an id are the same where nothing tells their records
// apart: the second such record of one file is that of the second of another. Throws UsageError as read_trials does,
// and where no file is given.
Results read_results(std::span<const std::string> files);

// The same for who needs whole records: hosts are without trials. Calls `take` with the host's place among them and the
// trial's place among the host's, both from 0. A trial that was taken comes again in its place where another of its
// records has histograms and the first had none.
using TakeResult = std::function<void(std::size_t host, std::size_t number, const TrialRecord& record)>;
Results read_results(std::span<const std::string> files, const TakeResult& take);

}  // namespace cbench
