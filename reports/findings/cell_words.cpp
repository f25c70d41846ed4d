#include "reports/findings/cell_words.hpp"

namespace cbench {

std::string names_with_workers(const Block& block, const Cells& cells) {
  std::vector<std::string> out;
  for (const Cell* cell : cells) {
    const bool several = std::ranges::any_of(block.cells, [&](const Cell& other) {
      return other.measured() && other.label() == cell->label() && other.spec.workers != cell->spec.workers;
    });
    out.push_back(several ? fmt::format("{} on {}", cell->label(), plural(cell->spec.workers, "worker"))
                          : cell->label());
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
