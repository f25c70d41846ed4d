#include "reports/files/csv.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "record/column_text.hpp"
#include "record/columns.hpp"
#include "record/trial_id.hpp"
#include "reports/files/csv_rows.hpp"
#include "reports/files/decimal_mark.hpp"
#include "text/utf8.hpp"

namespace cbench {
namespace {

constexpr std::size_t longest_text = CsvRows::longest_field / 2;  // quotes may double it

// What each field of a row is; nullptr where cbench does not know it.
using Layout = std::vector<const Column*>;

// Of a header of this program, which may be of before some columns were added. Nothing of any other header.
std::optional<Layout> layout_of_ours(std::span<const std::string_view> fields) {
  Layout layout;
  for (const Column& column : columns()) {
    if (layout.size() < fields.size() && fields[layout.size()] == column.name) {
      layout.push_back(&column);
    } else if (!column.added_later) {
      return std::nullopt;
    }
  }
  return layout.size() == fields.size() ? std::optional(std::move(layout)) : std::nullopt;
}

std::runtime_error other_header(const CsvRows& rows, const std::string& path) {
  const auto found = rows.fields();
  const auto wanted = columns();
  const auto [differing, expected] = std::ranges::mismatch(found, wanted, {}, {}, &Column::name);
  const auto name_or_end = [](bool end, std::string_view name) {
    return end ? std::string("missing") : fmt::format("\"{}\"", name.substr(0, 40));
  };
  return std::runtime_error(
      fmt::format("{}:{}: the header is not that of this program (column {} is {}, not {}): write to another file",
                  path, rows.line(), differing - found.begin() + 1,
                  name_or_end(differing == found.end(), differing == found.end() ? "" : *differing),
                  expected == wanted.end() ? "missing" : fmt::format("\"{}\"", expected->name)));
}

// The same rows under the header of today.
std::string with_columns_of_today(CsvRows& rows, const Layout& layout) {
  std::string text = csv_header() + '\n';
  while (rows.next()) {
    if (rows.fields().size() != layout.size()) {
      throw rows.error(fmt::format("{} fields where the header has {}: mend it or write to another file",
                                   rows.fields().size(), layout.size()));
    }
    std::size_t next = 0;
    for (const Column& column : columns()) {
      if (&column != &columns().front()) text += ',';
      if (next < layout.size() && layout[next] == &column) text += csv_field(rows.fields()[next++]);
    }
    text += '\n';
  }
  return text;
}

AppendedFormat::Beginning begin_rows(std::string_view lines, const std::string& path) {
  CsvRows rows(lines, path);
  if (!rows.next()) return {.text = csv_header() + '\n', .replaces = false};
  const auto layout = layout_of_ours(rows.fields());
  if (!layout) throw other_header(rows, path);
  if (layout->size() == columns().size()) return {};
  return {.text = with_columns_of_today(rows, *layout), .replaces = true};
}

// What a line without its end is a row of, whose last column may be that of the trial's id. No row of ours has a line
// end within, so that the line is all that there is of the row.
AppendedFormat::Rest judge_row(std::string_view rest, std::size_t columns_of_file, bool ends_with_id) {
  std::size_t fields = 1;
  std::size_t last = 0;  // where the last one begins
  bool quoted = false;
  for (std::size_t at = 0; at < rest.size(); ++at) {
    if (rest[at] == '"') quoted = !quoted;
    if (rest[at] != ',' || quoted) continue;
    ++fields;
    last = at + 1;
  }
  const std::string_view version = rest.substr(0, rest.find(','));
  const bool begins_with_version =
      !version.empty() && std::ranges::all_of(version, [](char c) { return c >= '0' && c <= '9'; });
  if (csv_header().starts_with(rest)) return AppendedFormat::Rest::part_of_record;
  if (!begins_with_version || fields > columns_of_file) return AppendedFormat::Rest::other;
  if (fields < columns_of_file || quoted) return AppendedFormat::Rest::part_of_record;
  if (!ends_with_id) return AppendedFormat::Rest::other;
  const std::string_view id = rest.substr(last);
  if (is_trial_id(id)) return AppendedFormat::Rest::whole_record;
  return id.size() < 16 ? AppendedFormat::Rest::part_of_record : AppendedFormat::Rest::other;
}

AppendedFormat format_of(const std::string& path) {
  return {.noun = "row",
          .begin = [path](std::string_view lines) { return begin_rows(lines, path); },
          .grew = {},
          .judge = [](std::string_view rest) { return judge_row(rest, columns().size(), true); }};
}

Layout layout_of(const CsvRows& rows) {
  Layout layout;
  for (const std::string_view name : rows.fields()) {
    const Column* column = find_column(name);
    if (column != nullptr && std::ranges::find(layout, column) != layout.end()) {
      throw rows.error_in(layout.size(), name, "the header names it twice");
    }
    layout.push_back(column);
  }
  return layout;
}

// `results.csv:1: the header lacks seed, digest`, and no more than a person reads. Empty where it lacks nothing.
std::string lack_of(const Layout& layout, const CsvRows& header) {
  constexpr std::size_t most = 8;
  std::vector<std::string_view> names;
  for (const Column& column : columns()) {
    if (!column.added_later && std::ranges::find(layout, &column) == layout.end()) names.push_back(column.name);
  }
  if (names.empty()) return "";
  const std::size_t more = names.size() > most ? names.size() - most : 0;
  names.resize(names.size() - more);
  const std::string and_more = more > 0 ? fmt::format(" and {} more", more) : "";
  return header.error(fmt::format("the header lacks {}{}", fmt::join(names, ", "), and_more)).what();
}

// Reads rows under one header.
class RecordRows {
 public:
  explicit RecordRows(CsvRows& rows)
      : rows_(rows), layout_(layout_of(rows)), lack_(lack_of(layout_, rows)), decimals_(rows.separator()) {
    const auto version = std::ranges::find(layout_, find_column("schema_version"));
    version_ = static_cast<std::size_t>(version - layout_.begin());
    for (std::size_t at = 0; at < layout_.size(); ++at) {
      if (layout_[at] == nullptr) continue;
      const bool is_fact = layout_[at]->part == ColumnPart::host || layout_[at]->part == ColumnPart::build;
      known_.push_back(at);
      (is_fact ? facts_ : others_).push_back(at);
      if (layout_[at]->filled == Filled::when_ok) when_ok_.push_back(at);
    }
  }

  const std::string& lack() const { return lack_; }
  AppendedFormat::Rest judge(std::string_view rest) const {
    if (rows_.separator() != ',') return AppendedFormat::Rest::other;
    return judge_row(rest, layout_.size(), layout_.back() == find_column("trial_id"));
  }

  // The trial of the current row, until the next one is read.
  const TrialRecord& read(bool must_end) {
    const std::size_t fields = rows_.fields().size();
    // The version first, before a word about columns: another version has other ones.
    if (version_ < std::min(fields, layout_.size())) parse(version_);
    if (!lack_.empty()) throw std::runtime_error(lack_);
    if (fields != layout_.size()) {
      throw rows_.error(fmt::format("{} fields where the header has {}{}", fields, layout_.size(),
                                    fields < layout_.size() ? ": the row is cut off" : ""));
    }
    if (must_end && !rows_.ends_with_line_end()) throw rows_.error("the row has no line end: it may be cut off");
    TrialRecord before = std::exchange(record_, {});
    const bool facts_are_known = has_facts_of_before();
    if (facts_are_known) {
      record_.host = std::move(before.host);
      record_.build = std::move(before.build);
    }
    for (const std::size_t at : facts_are_known ? others_ : known_) parse(at);
    std::uint64_t version = schema_version;
    if (version_ < fields) from_text(rows_.fields()[version_], version);
    upgrade(record_, version);
    if (record_.status != Status::ok) return record_;
    for (const std::size_t at : when_ok_) {
      if (rows_.fields()[at].empty()) throw rows_.error_in(at, layout_[at]->name, "empty, though the trial is ok");
    }
    return record_;
  }

 private:
  // Whether machine and build are spelled as in the row before. In nearly all rows they are, and they are a third of a
  // row: they are taken apart once.
  bool has_facts_of_before() {
    bool same = facts_text_.size() == facts_.size();
    facts_text_.resize(facts_.size());
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      const std::string_view field = rows_.fields()[facts_[i]];
      if (facts_text_[i] == field) continue;
      facts_text_[i] = field;
      same = false;
    }
    return same;
  }

  void parse(std::size_t at) {
    const Column& column = *layout_[at];
    const std::string_view field = rows_.fields()[at];
    if (field.empty() && column.added_later) return;
    try {
      column.parse(column.kind == ColumnKind::number ? decimals_.with_point(field) : field, record_);
    } catch (const std::runtime_error& error) {
      throw rows_.error_in(at, column.name, error.what());
    }
  }

  CsvRows& rows_;
  Layout layout_;
  std::string lack_;
  DecimalMark decimals_;
  std::size_t version_ = 0;         // where its column is
  std::vector<std::size_t> known_;  // the columns that cbench knows: those on machine and build, and those on the trial
  std::vector<std::size_t> facts_;
  std::vector<std::size_t> others_;
  std::vector<std::size_t> when_ok_;     // that must be filled where the trial is ok
  std::vector<std::string> facts_text_;  // as it is in the row before
  TrialRecord record_;
};

}  // namespace

std::string csv_field(std::string_view text) {
  std::string field = valid_utf8(text.substr(0, longest_text));
  for (char& c : field) {
    if (c == '\n' || c == '\r' || c == '\0') c = ' ';
  }
  if (field.find_first_of(",\"") == std::string::npos) return field;
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

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
    line += csv_field(column.text(record));
  }
  return line;
}

CsvWriter::CsvWriter(std::string path) : file_(path, format_of(path)) {}

void CsvWriter::add(const TrialRecord& record) {
  file_.add([&] { return csv_row(record) + '\n'; });
}

std::unique_ptr<Sink> open_csv(const std::string& path) { return std::make_unique<CsvWriter>(path); }

void read_csv(const std::string& path, std::vector<std::string>& notes, const TakeTrial& take) {
  SharedReading file(path);
  CsvRows rows([&](std::string& text) { return file.more(text); }, path);
  if (!rows.next()) throw std::runtime_error(fmt::format("{}: the file is empty: not even a header", path));
  if (!rows.ends_with_line_end()) throw rows.error("the header has no line end: it may be cut off");
  RecordRows reader(rows);
  rows.leave_rest();
  while (rows.next()) take(reader.read(true));
  if (!rows.rest().empty()) {
    const AppendedFormat::Rest verdict = reader.judge(rows.rest());
    if (verdict == AppendedFormat::Rest::part_of_record) {
      notes.push_back(fmt::format("{}:{}: the last row was cut off when what wrote it ended; it is passed over", path,
                                  rows.line()));
    } else {
      rows.take_rest();
      rows.next();
      take(reader.read(verdict != AppendedFormat::Rest::whole_record));
    }
  }
  if (!reader.lack().empty()) throw std::runtime_error(reader.lack());
}

std::vector<TrialRecord> read_csv(const std::string& path, std::vector<std::string>& notes) {
  std::vector<TrialRecord> records;
  read_csv(path, notes, [&](const TrialRecord& record) { records.push_back(record); });
  return records;
}

std::vector<TrialRecord> read_csv(const std::string& path) {
  std::vector<std::string> notes;
  return read_csv(path, notes);
}

}  // namespace cbench
