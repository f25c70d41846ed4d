#include "reports/files/csv.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "record/column_text.hpp"
#include "record/columns.hpp"
#include "reports/files/csv_rows.hpp"

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
void check_header(const AppendedFile& file) {
  const std::string& path = file.path();
  const std::string text = file.text();
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
  file.check_last_line(text);
}

// Of those that this version of the schema has: "seed, digest", and no more than a person reads.
std::string missing_columns(const std::vector<const Column*>& layout, int version) {
  constexpr std::size_t most = 8;
  std::string names;
  std::size_t count = 0;
  for (const Column& column : columns()) {
    if (column.since > version || std::ranges::find(layout, &column) != layout.end()) continue;
    if (++count <= most) names += fmt::format("{}{}", names.empty() ? "" : ", ", column.name);
  }
  return count > most ? fmt::format("{} and {} more", names, count - most) : names;
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

CsvWriter::CsvWriter(std::string path) : file_(std::move(path), "row") {
  if (file_.has_text()) {
    check_header(file_);
  } else {
    file_.write(csv_header() + '\n');
  }
}

void CsvWriter::add(const TrialRecord& record) { file_.add(csv_row(record) + '\n'); }

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
  const bool other_separator = layout.size() == 1 && rows.fields()[0].find_first_of(";\t") != std::string_view::npos;
  const auto incomplete = [&](const std::string& missing) {
    return rows.error(
        fmt::format("the header lacks {}{}", missing, other_separator ? "; fields must be separated by commas" : ""));
  };
  const auto version_at =
      static_cast<std::size_t>(std::ranges::find(layout, find_column("schema_version")) - layout.begin());
  const std::string missing_of_2 = missing_columns(layout, schema_version);
  const std::string missing_of_1 = missing_columns(layout, 1);

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
    std::uint64_t version = schema_version;
    if (version_at < std::min(fields, layout.size())) {
      parse(version_at, record);
      from_text(rows.fields()[version_at], version);
    }
    if (const std::string& missing = version == 1 ? missing_of_1 : missing_of_2; !missing.empty()) {
      throw incomplete(missing);
    }
    if (fields != layout.size()) {
      throw rows.error(fmt::format("{} fields where the header has {}{}", fields, layout.size(),
                                   fields < layout.size() ? ": the row is cut off" : ""));
    }
    if (!rows.ends_with_line_end()) throw rows.error("the row has no line end: it may be cut off");
    for (std::size_t at = 0; at < fields; ++at) {
      if (layout[at] != nullptr) parse(at, record);
    }
    upgrade(record, version);
    if (record.status != Status::ok) continue;
    for (std::size_t at = 0; at < fields; ++at) {
      if (layout[at] != nullptr && layout[at]->filled == Filled::when_ok && rows.fields()[at].empty()) {
        throw rows.error_in(at, layout[at]->name, "empty, though the trial is ok");
      }
    }
  }
  if (!missing_of_1.empty()) throw incomplete(missing_of_1);
  return records;
}

}  // namespace cbench
