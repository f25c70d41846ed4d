#include "record/cell_label.hpp"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "text/human.hpp"

namespace cbench {

std::string map_text(const TextMap& map) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : map) parts.push_back(fmt::format("{}={}", name, value));
  return parts.empty() ? "defaults" : fmt::format("{}", fmt::join(parts, ","));
}

std::string label_of(const TrialSpec& spec) {
  return spec.settings.empty() ? spec.model : fmt::format("{}:{}", spec.model, map_text(spec.settings));
}

std::string work_label_of(const TrialSpec& spec) {
  return spec.parameters.empty() ? spec.workload : fmt::format("{}:{}", spec.workload, map_text(spec.parameters));
}

std::string words_for(const TrialSpec& spec) {
  return fmt::format("{} on {}, {}, {}", label_of(spec), work_label_of(spec), load_text(spec.load),
                     plural(spec.workers, "worker"));
}

}  // namespace cbench
