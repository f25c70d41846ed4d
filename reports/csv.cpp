#include "reports/csv.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/columns.hpp"
#include "reports/csv_rows.hpp"

namespace cbench {
namespace {

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

// Throws where the rows of this program do not belong under the header of the file.
void check_header(const std::string& path) {
  const std::string text = read_file(path);
  CsvRows rows(text, path);
  if (!rows.next()) return;
  const auto found = rows.fields();
  const auto wanted = columns();
  const auto [differing, expected] = std::ranges::mismatch(found, wanted, {}, {}, &Column::name);
  if (differing != found.end() || expected != wanted.end()) {
    const auto name_or_end = [](bool end, std::string_view name) {
      return end ? std::string("missing") : fmt::format("\"{}\"", name.substr(0, 40));
    };
    throw std::runtime_error(
        fmt::format("{}:{}: the header is not that of this program (column {} is {}, not {}): write to another file",
                    path, rows.line(), differing - found.begin() + 1,
                    name_or_end(differing == found.end(), differing == found.end() ? "" : *differing),
                    expected == wanted.end() ? "missing" : fmt::format("\"{}\"", expected->name)));
  }
  if (!text.ends_with('\n')) {
    throw std::runtime_error(
        fmt::format("{}: the last row has no line end; it may be cut off: mend it or write to another file", path));
  }
}

}  // namespace

std::string csv_header() {
  std::string line;
  for (const Column& column : columns()) {
    if (!line.empty()) line += ',';
    line += column.name;
  }
  return line;
}

std::string csv_row(const TrialRecord& record) {
  std::string line;
  for (const Column& column : columns()) {
    if (&column != &columns().front()) line += ',';
    line += quoted(column.text(record));
  }
  return line;
}

CsvWriter::CsvWriter(std::string path) : path_(std::move(path)) {
  if (path_ == "-") {
    path_ = "standard output";
    file_ = File(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    append(csv_header());
    return;
  }
  file_ = open_file(path_, O_WRONLY | O_APPEND | O_CREAT);
  struct stat status {};
  regular_ = ::fstat(file_.descriptor(), &status) == 0 && S_ISREG(status.st_mode);
  if (regular_ && status.st_size > 0) {
    check_header(path_);
  } else {
    append(csv_header());
  }
}

void CsvWriter::add(const TrialRecord& record) {
  append(csv_row(record));
  ++rows_;
}

void CsvWriter::append(const std::string& line) {
  const off_t before = regular_ ? ::lseek(file_.descriptor(), 0, SEEK_END) : -1;
  const int error = write_all(file_.descriptor(), line + '\n');
  if (error == 0) return;
  const bool taken_back = !regular_ || (before >= 0 && ::ftruncate(file_.descriptor(), before) == 0);
  throw std::runtime_error(fmt::format("{}: {}; {} {} before it {} safe{}", path_, words_for_write_error(error), rows_,
                                       rows_ == 1 ? "row" : "rows", rows_ == 1 ? "is" : "are",
                                       taken_back ? "" : ", but the file ends with a part of one more"));
}

std::unique_ptr<Sink> open_csv(const std::string& path) { return std::make_unique<CsvWriter>(path); }

std::vector<TrialRecord> read_csv(const std::string& path) {
  const std::string text = read_file(path);
  CsvRows rows(text, path);
  if (!rows.next()) throw std::runtime_error(fmt::format("{}: the file is empty: not even a header", path));

  // What each field of a row is; nullptr where cbench does not know it.
  std::vector<const Column*> layout;
  for (const std::string_view name : rows.fields()) {
    const Column* column = find_column(name);
    if (column != nullptr && std::ranges::find(layout, column) != layout.end()) {
      throw rows.error_in(layout.size(), name, "the header names it twice");
    }
    layout.push_back(column);
  }
  std::string missing;
  for (const Column& column : columns()) {
    if (std::ranges::find(layout, &column) != layout.end()) continue;
    missing += fmt::format("{}{}", missing.empty() ? "" : ", ", column.name);
  }
  const std::runtime_error incomplete = rows.error(fmt::format("the header lacks {}", missing));
  const auto version =
      static_cast<std::size_t>(std::ranges::find(layout, find_column("schema_version")) - layout.begin());

  const auto parse = [&](std::size_t at, TrialRecord& record) {
    try {
      layout[at]->parse(rows.fields()[at], record);
    } catch (const std::runtime_error& error) {
      throw rows.error_in(at, layout[at]->name, error.what());
    }
  };
  std::vector<TrialRecord> records;
  while (rows.next()) {
    TrialRecord& record = records.emplace_back();
    const std::size_t fields = rows.fields().size();
    // The version first, before a word about columns: another version has other ones.
    if (version < std::min(fields, layout.size())) parse(version, record);
    if (!missing.empty()) throw incomplete;
    if (fields != layout.size()) {
      throw rows.error(fmt::format("{} fields where the header has {}{}", fields, layout.size(),
                                   fields < layout.size() ? ": the row is cut off" : ""));
    }
    if (!rows.ends_with_line_end()) throw rows.error("the row has no line end: it may be cut off");
    for (std::size_t at = 0; at < fields; ++at) {
      if (layout[at] != nullptr) parse(at, record);
    }
    if (record.status != Status::ok) continue;
    for (std::size_t at = 0; at < fields; ++at) {
      if (layout[at] != nullptr && layout[at]->filled == Filled::when_ok && rows.fields()[at].empty()) {
        throw rows.error_in(at, layout[at]->name, "empty, though the trial is ok");
      }
    }
  }
  if (!missing.empty()) throw incomplete;
  return records;
}

}  // namespace cbench
