#include "reports/files/outputs.hpp"

#include <exception>

#include <fmt/format.h>

namespace cbench {

Outputs::Outputs(std::span<const std::string> paths) {
  for (const std::string& path : paths) outputs_.emplace_back().sink = open_sink(path);
}

void Outputs::add(const TrialRecord& record) {
  for (Output& output : outputs_) {
    if (output.lacks == 0) {
      try {
        output.sink->add(record);
        continue;
      } catch (const std::exception& error) {
        output.why = error.what();
      }
    }
    ++output.lacks;
  }
}

std::vector<std::string> Outputs::failures() {
  std::vector<std::string> texts;
  for (const Output& output : outputs_) {
    if (output.lacks == 0) continue;
    texts.push_back(fmt::format("{}; it lacks {} trial{}", output.why, output.lacks, output.lacks == 1 ? "" : "s"));
  }
  return texts;
}

}  // namespace cbench
