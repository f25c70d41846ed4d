// Where the records of a run go while it runs.
#pragma once

#include <string>

#include "record/trial_record.hpp"

namespace cbench {

// Takes records one at a time, from the thread that runs the sweep. When add() returns, the record is in the file.
class Sink {
 public:
  Sink() = default;
  virtual ~Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // Throws std::runtime_error where the file cannot take it; what it took before is still there.
  virtual void add(const TrialRecord& record) = 0;

  // What was mended in the file, as a sentence for a person; empty where nothing was.
  virtual std::string note() const { return ""; }
};

}  // namespace cbench
