// Results as CSV: the tidy main format, one row a trial (docs/columns.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/files/appended_file.hpp"
#include "reports/files/sink.hpp"
#include "reports/files/take_trial.hpp"

namespace cbench {

// Appends rows, each as soon as it is given, after a header where the file is new or empty. A row is in the file whole
// or not at all: when the disk is full, what could be written of it is taken back. A file of before some column was
// there gets that column, empty in the rows that it has.
class CsvWriter : public Sink {
 public:
  // "-" is standard output. Throws std::runtime_error (path, why) where the file cannot be written, where it has
  // another header, and where its last line is no part of a row.
  explicit CsvWriter(std::string path);

  // Throws std::runtime_error: path, why, and how many rows of this writer are safe.
  void add(const TrialRecord& record) override;

  std::string note() const override { return file_.note(); }
  std::uint64_t rows() const { return file_.records(); }  // written by this writer

 private:
  AppendedFile file_;
};

std::unique_ptr<Sink> open_csv(const std::string& path);

// The trials of a file, of which no more than a piece is in memory at a time. Columns may stand in any order, and ones
// that cbench does not know are passed over. Throws std::runtime_error with file, line and column where the file is
// broken or of a schema version that this program does not read. A last row that was cut off is passed over: `notes`
// says so.
void read_csv(const std::string& path, std::vector<std::string>& notes, const TakeTrial& take);
std::vector<TrialRecord> read_csv(const std::string& path, std::vector<std::string>& notes);
std::vector<TrialRecord> read_csv(const std::string& path);

// Text as a field that every reader takes: one line (line ends become spaces), UTF-8, without zero bytes, not longer
// than CsvRows::longest_field, and in quotes where it needs them.
std::string csv_field(std::string_view text);

// One row, and the header, without the line end.
std::string csv_row(const TrialRecord& record);
std::string csv_header();

}  // namespace cbench
