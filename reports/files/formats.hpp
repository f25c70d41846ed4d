// The formats of result files: which there are, and the one that a file's extension names.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/files/sink.hpp"
#include "reports/files/take_trial.hpp"

namespace cbench {

// A format that results are written in, and perhaps read from. To add one, write its file and name it in formats.cpp.
struct Format {
  std::string_view extension;  // ".csv"
  std::string_view summary;    // for `cbench --help`
  std::unique_ptr<Sink> (*open)(const std::string& path);
  // nullptr where it cannot be read back
  void (*read)(const std::string& path, std::vector<std::string>& notes, const TakeTrial& take);
};
std::span<const Format> formats();

// Opens a file to add records to; what it holds already stays. "-" is CSV on standard output. Throws UsageError for an
// unknown extension, and std::runtime_error (path, why) where the file cannot be written: before anything is measured.
std::unique_ptr<Sink> open_sink(const std::string& path);

// Whatever the case of its letters.
bool has_extension(const std::string& path, std::string_view extension);

// Whether the extension is that of a format that can be read back, whatever the case of its letters.
bool can_be_read(const std::string& path);

// Throws UsageError where the extension is that of a format that is written only.
void check_readable(const std::string& path);

// The records of a file of any format that can be read. Throws as open_sink does, and std::runtime_error naming the
// place in the file where it is broken. `notes`: sentences on what was passed over, a record that was cut off.
void read_records(const std::string& path, std::vector<std::string>& notes, const TakeTrial& take);
std::vector<TrialRecord> read_records(const std::string& path, std::vector<std::string>& notes);
std::vector<TrialRecord> read_records(const std::string& path);

}  // namespace cbench
