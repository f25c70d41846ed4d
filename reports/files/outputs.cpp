#include "reports/files/outputs.hpp"

#include <exception>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "reports/files/appended_file.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

bool same_file(const std::string& a, const std::string& b) {
  std::error_code missing;  // then they are not the same
  return a == b || std::filesystem::equivalent(a, b, missing);
}

}  // namespace

Outputs::Outputs(std::span<const std::string> paths) {
  for (const std::string& path : paths) {
    Output& output = outputs_.emplace_back();
    output.path = path;
    output.sink = open_sink(path);
    if (std::string note = output.sink->note(); !note.empty()) notes_.push_back(std::move(note));
    // Once it is there, so that two names of one file are seen to be that.
    for (const Output& other : outputs_) {
      if (&other != &output && same_file(other.path, path)) {
        throw UsageError(fmt::format("--output {}: named twice; every trial would be in it two times", path));
      }
    }
  }
}

// In the order in which they came; up to the first that finds no room.
void Outputs::give(Output& output) {
  std::size_t given = 0;
  try {
    for (; given < output.waiting.size(); ++given) output.sink->add(output.waiting[given]);
    output.why.clear();
  } catch (const ReaderGone& error) {
    output.why = error.what();
    if (outputs_.size() == 1) throw;
  } catch (const std::exception& error) {
    output.why = error.what();
  }
  output.waiting.erase(output.waiting.begin(), output.waiting.begin() + static_cast<std::ptrdiff_t>(given));
}

void Outputs::add(const TrialRecord& record) {
  for (Output& output : outputs_) {
    output.waiting.push_back(record);
    give(output);
  }
}

std::vector<std::string> Outputs::failures() {
  std::vector<std::string> texts;
  for (Output& output : outputs_) {
    if (!output.waiting.empty()) give(output);
    if (output.waiting.empty()) continue;
    texts.push_back(fmt::format("{}; it lacks {}", output.why, plural(output.waiting.size(), "trial")));
  }
  return texts;
}

}  // namespace cbench
