// Results as CSV: the tidy main format, one row a trial (docs/columns.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/files/appended_file.hpp"
#include "reports/files/sink.hpp"

namespace cbench {

// Appends rows, each with one write(2) as soon as it is given, after a header where the file is new or empty. A row is
// in the file whole or not at all: when the disk is full, what could be written of it is taken back.
class CsvWriter : public Sink {
 public:
  // "-" is standard output. Throws std::runtime_error (path, why) where the file cannot be written, where it has
  // another header, and where its last row is cut off.
  explicit CsvWriter(std::string path);

  // Throws std::runtime_error: path, why, and how many rows of this writer are safe.
  void add(const TrialRecord& record) override;

  std::uint64_t rows() const { return file_.records(); }  // written by this writer

 private:
  AppendedFile file_;
};

std::unique_ptr<Sink> open_csv(const std::string& path);

// All rows of a file. Columns may stand in any order, and ones that cbench does not know are passed over. Throws
// std::runtime_error with file, line and column where the file is broken or of another schema version.
std::vector<TrialRecord> read_csv(const std::string& path);

// One row, and the header, without the line end.
std::string csv_row(const TrialRecord& record);
std::string csv_header();

}  // namespace cbench
