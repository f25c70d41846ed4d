// Results as one JSON document: {schema_version, host, trials: [...]}, each trial as in the protocol
// (docs/protocol.md), with histograms and time series.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/files/replaced_file.hpp"
#include "reports/files/sink.hpp"

namespace cbench {

// Keeps the document whole at every moment: each trial writes it anew beside the old one and takes its place. The
// trials of a document that is there already stay.
class JsonWriter : public Sink {
 public:
  // Throws std::runtime_error (path, why) where the document cannot be written, or what is there is no such document.
  explicit JsonWriter(const std::string& path);

  // Throws std::runtime_error: path, why, and how many trials are safe.
  void add(const TrialRecord& record) override;

 private:
  void write();

  ReplacedFile file_;
  std::string host_;        // of the latest trial, as JSON
  std::string trials_;      // the inside of the list, as JSON, a trial a line
  std::uint64_t held_ = 0;  // trials in trials_
};

std::unique_ptr<Sink> open_json(const std::string& path);

// Throws std::runtime_error naming file and line, or the field.
std::vector<TrialRecord> read_json(const std::string& path);

}  // namespace cbench
