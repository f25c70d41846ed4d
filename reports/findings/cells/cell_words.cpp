#include "reports/findings/cells/cell_words.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

namespace cbench {

std::string names_with_workers(const Block& block, const Cells& cells) {
  std::vector<std::string> out;
  std::set<std::string> named;
  for (const Cell* cell : cells) {
    if (!named.insert(cell->label()).second) continue;
    std::set<std::uint32_t> meant;
    std::set<std::uint32_t> measured;
    for (const Cell* other : cells) {
      if (other->label() == cell->label()) meant.insert(other->spec.workers);
    }
    for (const Cell& other : block.cells) {
      if (other.measured() && other.label() == cell->label()) measured.insert(other.spec.workers);
    }
    std::vector<std::string> counts;
    for (const std::uint32_t count : meant) counts.push_back(human_count(count));
    const bool all = std::ranges::includes(meant, measured);
    out.push_back(all ? cell->label()
                      : fmt::format("{} on {} {}", cell->label(), human_list(counts),
                                    meant == std::set<std::uint32_t>{1} ? "worker" : "workers"));
  }
  return human_list(out);
}

std::string words_on_failed(const Cell& cell) {
  const Failure* first = nullptr;
  std::size_t failed = 0;
  for (const Failure& failure : cell.failures) {
    const bool by_itself = failure.status == Status::failed || failure.status == Status::timed_out;
    if (!by_itself || failure.reason.starts_with("interrupted")) continue;
    if (failed++ == 0) first = &failure;
  }
  if (failed == 0) return "";
  return fmt::format("failed {} of {} ({})", human_count(failed), plural(cell.trials(), "trial"),
                     first->reason.empty() ? name_of(first->status) : first->reason);
}

}  // namespace cbench
