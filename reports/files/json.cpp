#include "reports/files/json.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "record/columns.hpp"
#include "record/record_json.hpp"
#include "reports/files/json_trials.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

constexpr std::string_view head_begins = "{\n\"schema_version\": ";

// A document up to its list, for results whose first trial ran on this host.
std::string head_for(const Json& host) {
  return fmt::format("{}{},\n\"host\": {},\n\"trials\": [", head_begins, schema_version, to_line(host));
}

// Nothing, or a document of ours whose head was not finished when what wrote it ended.
bool is_part_of_head(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos || head_begins.starts_with(text)) return true;
  if (!text.starts_with(head_begins)) return false;
  const JsonTrials found = find_trials(text, "");
  return !found.whole && !found.has_list;
}

// Throws where the document is not one of results, or of a version that this program does not read.
void check_document(const JsonTrials& found, const std::string& path) {
  const Json rest = parse_json(found.rest, path);
  if (rest.contains("summary_version")) {
    throw std::runtime_error(path + " is a summary, which cannot be read back; give the results that it was made of");
  }
  if (!rest.contains("schema_version") || !rest.contains("trials") || !rest["trials"].is_array()) {
    throw std::runtime_error(path + ": not a document of cbench: no schema_version and trials");
  }
  const Json& version = rest["schema_version"];
  const std::string why = version.is_number_unsigned()
                              ? why_not_read(version.get<std::uint64_t>())
                              : fmt::format("version {}, which is no number", to_line(version).substr(0, 40));
  if (!why.empty()) throw std::runtime_error(fmt::format("{}: schema {}", path, why));
}

}  // namespace

JsonWriter::JsonWriter(const std::string& path) : file_(path) {
  if (!file_.is_regular()) {
    throw std::runtime_error(path + ": not a regular file, which a JSON document of results has to be");
  }
  const SharedFile::Hold hold(file_);
  look_at_all();
}

// Leaves the file a whole document.
void JsonWriter::look_at_all() {
  const std::string text = file_.text();
  if (is_part_of_head(text)) {
    has_trials_ = false;
    tail_ = json_tail;
    const std::string head = head_for(nullptr);
    end_ = head.size();
    if (const int error = put(0, head + tail_); error != 0) {
      throw std::runtime_error(fmt::format("{}: {}", file_.path(), words_for_write_error(error)));
    }
    return;
  }
  const JsonTrials found = find_trials(text, file_.path());
  check_document(found, file_.path());
  has_trials_ = !found.trials.empty();
  end_ = found.end;
  tail_ = found.tail;
  if (found.whole) return;
  note_ = fmt::format("{}: what wrote it ended in the middle of a trial, which was taken away; {} before it are there",
                      file_.path(), found.trials.size());
  if (const int error = put(end_, tail_); error != 0) {
    throw std::runtime_error(fmt::format("{}: {}", file_.path(), words_for_write_error(error)));
  }
}

// What others have added since: whether it is whole trials, as all writers of this program add them. No trial has a
// line end in it, and the tail begins with one: what ends with the tail is whole.
bool JsonWriter::look_at_new() {
  const std::string added = file_.text(end_);
  if (!added.ends_with(tail_)) return false;
  if (added.size() == tail_.size()) return true;
  if (!added.starts_with(has_trials_ ? ",\n{" : "\n{")) return false;
  has_trials_ = true;
  end_ += added.size() - tail_.size();
  return true;
}

int JsonWriter::put(std::uint64_t at, const std::string& text) {
  file_.cut(at);
  return file_.append(text);
}

void JsonWriter::add(const TrialRecord& record) {
  const std::string trial = to_line(record_to_json(record));
  const SharedFile::Hold hold(file_);
  if (hold.is_new() || file_.size() < end_ || !look_at_new()) look_at_all();

  // With the first trial, the head gets its host. Nothing is lost where that goes wrong.
  const std::string head = has_trials_ ? "" : head_for(host_to_json(record.host));
  const bool ours = tail_ == json_tail && !head.empty();
  const std::uint64_t at = ours ? 0 : end_;
  const std::string before = ours ? head : "";
  const int error = put(at, before + (has_trials_ ? ",\n" : "\n") + trial + tail_);
  if (error == 0) {
    end_ = at + before.size() + (has_trials_ ? 2 : 1) + trial.size();
    has_trials_ = true;
    ++added_;
    return;
  }
  // What was there was shorter, so there is room for it.
  const int not_mended = ours ? put(0, head_for(nullptr) + tail_) : put(end_, tail_);
  if (ours && not_mended == 0) end_ = head_for(nullptr).size();
  throw std::runtime_error(fmt::format("{}: {}; {} before it {} safe", file_.path(), words_for_write_error(error),
                                       plural(added_, "trial"), added_ == 1 ? "is" : "are"));
}

std::unique_ptr<Sink> open_json(const std::string& path) { return std::make_unique<JsonWriter>(path); }

void read_json(const std::string& path, std::vector<std::string>& notes, const TakeTrial& take) {
  const std::string text = read_shared_file(path);
  if (text.empty()) throw std::runtime_error(path + ": the file is empty");
  const JsonTrials found = find_trials(text, path);
  check_document(found, path);
  std::size_t taken = 0;
  const auto record_of = [&](const Json& json) {
    try {
      return record_from_json(json, fmt::format("trials[{}]", taken));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
    }
  };
  for (const JsonTrials::Trial& trial : found.trials) {
    take(record_of(parse_json(trial.text, path, trial.line)));
    ++taken;
  }
  if (!found.whole) {
    notes.push_back(
        fmt::format("{}: what wrote it ended in the middle of a trial, which is passed over; {} before it "
                    "are read",
                    path, taken));
  }
}

std::vector<TrialRecord> read_json(const std::string& path, std::vector<std::string>& notes) {
  std::vector<TrialRecord> records;
  read_json(path, notes, [&](const TrialRecord& record) { records.push_back(record); });
  return records;
}

std::vector<TrialRecord> read_json(const std::string& path) {
  std::vector<std::string> notes;
  return read_json(path, notes);
}

}  // namespace cbench
