#include "record/cell_name.hpp"

#include <fmt/format.h>

namespace cbench {
namespace {

constexpr std::string_view workers_part = "/workers=";

std::string word(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view("+-._%").find(c) == std::string_view::npos) c = '_';
  }
  return out;
}

}  // namespace

std::string cell_name(const TrialSpec& spec) {
  std::string name = fmt::format("{}/model={}", word(spec.workload), word(spec.model));
  for (const TextMap* map : {&spec.settings, &spec.parameters}) {
    for (const auto& [key, value] : *map) name += fmt::format("/{}={}", word(key), word(value));
  }
  name += fmt::format("{}{}/concurrency={}", workers_part, spec.workers, spec.load.concurrency);
  if (spec.load.kind == LoadKind::fixed) name += fmt::format("/tasks={}", spec.load.tasks);
  if (spec.load.kind == LoadKind::open) {
    name += fmt::format("/rate={}", spec.load.rate_per_s);
    if (!spec.load.poisson) name += "/arrivals=constant";
    if (spec.load.shed) name += "/late=shed";
  }
  return name;
}

// From the end: a parameter may be called workers, too.
std::string_view family_of(std::string_view cell_name) { return cell_name.substr(0, cell_name.rfind(workers_part)); }

std::string one_line(std::string_view text, std::size_t longest) {
  std::string out(text.substr(0, longest));
  for (char& c : out) {
    if (c < ' ' || c > '~') c = c == '\n' || c == '\t' ? ' ' : '?';
  }
  return out;
}

}  // namespace cbench
