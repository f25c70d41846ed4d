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
  // Opens all of them, before anything is measured. Throws as open_sink does.
  explicit Outputs(std::span<const std::string> paths);

  // Gives the record to every output that took those before it.
  void add(const TrialRecord& record);

  // Outputs that lack records, each with why.
  std::vector<std::string> failures();

 private:
  struct Output {
    std::unique_ptr<Sink> sink;
    std::size_t lacks = 0;
    std::string why;
  };

  std::vector<Output> outputs_;
};

}  // namespace cbench
