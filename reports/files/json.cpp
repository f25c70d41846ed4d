#include "reports/files/json.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "record/record_json.hpp"
#include "reports/files/file.hpp"

namespace cbench {
namespace {

const Json& trials_of(const Json& document, const std::string& path) {
  if (!document.is_object() || !document.contains("schema_version") || !document.contains("trials") ||
      !document["trials"].is_array()) {
    throw std::runtime_error(path + ": not a document of cbench: no schema_version and trials");
  }
  const Json& version = document["schema_version"];
  try {
    check_schema_version(version.is_number_unsigned() ? version.get<std::uint64_t>() : 0);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
  }
  return document["trials"];
}

}  // namespace

JsonWriter::JsonWriter(const std::string& path) : file_(path) {
  if (const std::string text = file_.text(); !text.empty()) {
    const Json document = parse_json(text, file_.path());
    for (const Json& trial : trials_of(document, file_.path())) {
      const TrialRecord record = record_from_json(trial, fmt::format("{}: trials[{}]", file_.path(), held_));
      host_ = to_line(host_to_json(record.host));
      trials_ += fmt::format("{}\n{}", held_ == 0 ? "" : ",", to_line(trial));
      ++held_;
    }
  }
  file_.holds(held_);
  write();
}

void JsonWriter::add(const TrialRecord& record) {
  trials_ += fmt::format("{}\n{}", held_ == 0 ? "" : ",", to_line(record_to_json(record)));
  host_ = to_line(host_to_json(record.host));
  ++held_;
  write();
}

void JsonWriter::write() {
  const std::string head = fmt::format("{{\n\"schema_version\": {},\n\"host\": {},\n\"trials\": [", schema_version,
                                       host_.empty() ? "null" : host_);
  file_.replace({head, trials_, "\n]\n}\n"}, held_);
}

std::unique_ptr<Sink> open_json(const std::string& path) { return std::make_unique<JsonWriter>(path); }

std::vector<TrialRecord> read_json(const std::string& path) {
  const std::string text = read_file(path);
  if (text.empty()) throw std::runtime_error(path + ": the file is empty");
  const Json document = parse_json(text, path);
  const Json& trials = trials_of(document, path);
  std::vector<TrialRecord> records;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    try {
      records.push_back(record_from_json(trials[i], fmt::format("trials[{}]", i)));
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
    }
  }
  return records;
}

}  // namespace cbench
