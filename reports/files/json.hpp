// Results as one JSON document: {schema_version, host, trials: [...]}, each trial on a line, as in the protocol
// (docs/protocol.md), with histograms and time series. docs/files.md says what a reader may rely on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/files/shared_file.hpp"
#include "reports/files/sink.hpp"
#include "reports/files/take_trial.hpp"

namespace cbench {

// Adds trials in the place where the list ends, and the end behind them: the thousandth costs what the first did. The
// document is whole whenever the file is not held; what a process that was killed in the middle left of a trial is
// taken away by the next writer, and passed over by readers.
class JsonWriter : public Sink {
 public:
  // Throws std::runtime_error (path, why) where the document cannot be written, or what is there is no such document.
  explicit JsonWriter(const std::string& path);

  // Throws std::runtime_error: path, why, and how many trials of this writer are safe.
  void add(const TrialRecord& record) override;

  std::string note() const override { return note_; }

 private:
  void look_at_all();
  bool look_at_new();
  int put(std::uint64_t at, const std::string& text);

  SharedFile file_;
  std::uint64_t end_ = 0;  // behind the last trial
  std::string tail_;       // what follows there
  bool has_trials_ = false;
  std::uint64_t added_ = 0;
  std::string note_;
};

std::unique_ptr<Sink> open_json(const std::string& path);

// The trials of a document, one at a time. Throws std::runtime_error naming file and line, or the field. A document
// that is cut off has the trials before: `notes` says so.
void read_json(const std::string& path, std::vector<std::string>& notes, const TakeTrial& take);
std::vector<TrialRecord> read_json(const std::string& path, std::vector<std::string>& notes);
std::vector<TrialRecord> read_json(const std::string& path);

}  // namespace cbench
