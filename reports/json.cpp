#include "reports/json.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "reports/file.hpp"
#include "reports/record_json.hpp"

namespace cbench {
namespace {

const Json& trials_of(const Json& document, const std::string& path) {
  if (!document.is_object() || !document.contains("schema_version") || !document.contains("trials") ||
      !document["trials"].is_array()) {
    throw std::runtime_error(path + ": not a document of cbench: no schema_version and trials");
  }
  if (document["schema_version"] != schema_version) {
    throw std::runtime_error(fmt::format("{}: schema version {}, but this program reads version {}", path,
                                         to_line(document["schema_version"]), schema_version));
  }
  return document["trials"];
}

}  // namespace

JsonWriter::JsonWriter(const std::string& path) : path_(path) {
  std::error_code error;
  const auto target = std::filesystem::canonical(path, error);
  if (!error) path_ = target.string();
  struct stat status {};
  if (::stat(path_.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) throw std::runtime_error(path_ + ": not a regular file");
    // Renaming over it would work without this right, but it was given for a reason.
    open_file(path_, O_WRONLY);
    mode_ = status.st_mode & 07777U;
    const std::string text = status.st_size > 0 ? read_file(path_) : "";
    if (!text.empty()) {
      const Json document = parse_json(text, path_);
      for (const Json& trial : trials_of(document, path_)) {
        const TrialRecord record = record_from_json(trial, fmt::format("{}: trials[{}]", path_, held_));
        host_ = to_line(host_to_json(record.host));
        trials_ += fmt::format("{}\n{}", held_ == 0 ? "" : ",", to_line(trial));
        ++held_;
      }
    }
  }
  written_ = held_;
  write();
}

void JsonWriter::add(const TrialRecord& record) {
  trials_ += fmt::format("{}\n{}", held_ == 0 ? "" : ",", to_line(record_to_json(record)));
  host_ = to_line(host_to_json(record.host));
  ++held_;
  write();
}

// Without fsync: it keeps the document from a crash of cbench, and the disk quiet for the next trial.
void JsonWriter::write() {
  const std::filesystem::path path(path_);
  const std::string beside = path.parent_path() / fmt::format(".{}.{}.part", path.filename().string(), ::getpid());
  const auto fail = [&](const std::string& why) {
    ::unlink(beside.c_str());
    throw std::runtime_error(fmt::format("{}: {}; {} {} in it {} safe", path_, why, written_,
                                         written_ == 1 ? "trial" : "trials", written_ == 1 ? "is" : "are"));
  };
  const File file = [&] {
    try {
      return open_file(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    } catch (const std::runtime_error&) {
      throw std::runtime_error(fmt::format("{}: {}", path_, std::strerror(errno)));
    }
  }();
  const std::string head = fmt::format("{{\n\"schema_version\": {},\n\"host\": {},\n\"trials\": [", schema_version,
                                       host_.empty() ? "null" : host_);
  for (const std::string_view part :
       {std::string_view(head), std::string_view(trials_), std::string_view("\n]\n}\n")}) {
    if (const int error = write_all(file.descriptor(), part); error != 0) fail(words_for_write_error(error));
  }
  if (mode_ != 0 && ::fchmod(file.descriptor(), mode_) != 0) fail(std::strerror(errno));
  if (::rename(beside.c_str(), path_.c_str()) != 0) fail(std::strerror(errno));
  written_ = held_;
}

std::unique_ptr<Sink> open_json(const std::string& path) { return std::make_unique<JsonWriter>(path); }

std::vector<TrialRecord> read_json(const std::string& path) {
  const Json document = parse_json(read_file(path), path);
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
