// All files that a sweep writes its records to. One that cannot take a record does not keep the others from theirs.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/files/formats.hpp"

namespace cbench {

// Used by one thread, that of the sweep.
class Outputs {
 public:
  // Opens all of them, before anything is measured. Throws as open_sink does, and UsageError where one is named twice.
  explicit Outputs(std::span<const std::string> paths);

  // Gives the record, and first those that found no room before, to every output. Throws only where the one output is a
  // pipe that nobody reads any more: there is no use in going on.
  void add(const TrialRecord& record);

  // What was mended in files when they were opened: a sentence each.
  const std::vector<std::string>& notes() const { return notes_; }

  // Outputs that lack records, each with what the last attempt to write them said. Tries once more.
  std::vector<std::string> failures();

 private:
  struct Output {
    std::string path;
    std::unique_ptr<Sink> sink;
    std::vector<TrialRecord> waiting;  // for room
    std::string why;
  };

  void give(Output& output);

  std::vector<Output> outputs_;
  std::vector<std::string> notes_;
};

}  // namespace cbench
