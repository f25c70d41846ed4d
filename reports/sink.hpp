// Where the records of a run go while it runs: one file, in the format that its extension says.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/trial_record.hpp"

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
};

// A format that results are written in, and perhaps read from. To add one, write its file and name it in sink.cpp.
struct Format {
  std::string_view extension;  // ".csv"
  std::string_view summary;    // for `cbench --help`
  std::unique_ptr<Sink> (*open)(const std::string& path);
  std::vector<TrialRecord> (*read)(const std::string& path);  // nullptr where it cannot be read back
};
std::span<const Format> formats();

// Opens a file to add records to; what it holds already stays. "-" is CSV on standard output. Throws UsageError for an
// unknown extension, and std::runtime_error (path, why) where the file cannot be written: before anything is measured.
std::unique_ptr<Sink> open_sink(const std::string& path);

// Throws UsageError where the extension is that of a format that is written only.
void check_readable(const std::string& path);

// The records of a file of any format that can be read. Throws as open_sink does, and std::runtime_error naming the
// place in the file where it is broken.
std::vector<TrialRecord> read_records(const std::string& path);

}  // namespace cbench
