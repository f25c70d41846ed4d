#include "tests/contract/candidate.hpp"

namespace cbench::contract_tests {

std::string Candidate::name() const {
  std::string text(info->name);
  for (const auto& [setting, value] : settings) text += ":" + setting + "=" + value;
  return text;
}

std::ostream& operator<<(std::ostream& out, const Candidate& candidate) { return out << candidate.name(); }

std::vector<std::string> choices_of(const Setting& setting) {
  std::vector<std::string> choices;
  std::string_view rest = setting.values;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(", ");
    const std::size_t last = rest.find(" or ");
    const std::size_t end = std::min(comma, last);
    choices.emplace_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + (end == comma ? 2 : 4));
  }
  if (choices.size() < 2) choices.clear();
  return choices;
}

std::vector<Candidate> candidates() {
  std::vector<Candidate> all;
  for (const ModelInfo* info : models()) {
    if (info->make == nullptr) continue;
    all.push_back({info, {}});
    for (const Setting& setting : info->settings) {
      for (const std::string& choice : choices_of(setting)) {
        if (choice != setting.fallback) all.push_back({info, {{std::string(setting.name), choice}}});
      }
    }
  }
  return all;
}

}  // namespace cbench::contract_tests
