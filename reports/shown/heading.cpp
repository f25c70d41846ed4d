#include "reports/shown/heading.hpp"

#include <string_view>

#include <fmt/format.h>

#include "reports/shown/spans.hpp"

namespace cbench {
namespace {

// " (sequential: 1)": of the baseline that ran for the others' sake, where it differs from theirs.
template <class Get>
std::string unlike(const Block& block, Get get) {
  const Cell& top = block.cells.front();
  if (!top.is_baseline() || values_of(block, get).contains(static_cast<double>(get(top)))) return "";
  return fmt::format(" ({}: {})", top.spec.model, whole(static_cast<double>(get(top))));
}

}  // namespace

std::string work_text(const std::string& workload, const TextMap& parameters) {
  std::string text = workload;
  std::string_view before = ":";
  for (const auto& [name, value] : parameters) {
    text += fmt::format("{} {}={}", before, name, value);
    before = ",";
  }
  return text;
}

std::string work_text(const Block& block) {
  const TrialSpec& spec = block.cells.front().spec;
  return work_text(spec.workload, spec.parameters);
}

std::string task_words(const std::string& count) { return count + (count == "1" ? " task" : " tasks"); }

std::string load_words(const Block& block) {
  const TrialSpec& spec = block.cells.back().spec;
  const std::string in_flight = spanned(block, concurrency_of, whole) + " in flight" + unlike(block, concurrency_of);
  const std::string repetitions = spanned(
      block, [](const Cell& cell) { return cell.trials(); }, whole);
  const std::string window = spanned(block, window_of, seconds);
  switch (spec.load.kind) {
    case LoadKind::closed: return fmt::format("closed loop, {}, {} x {}", in_flight, window, repetitions);
    case LoadKind::fixed:
      return fmt::format("fixed work, {}{}, {}, x {}", task_words(spanned(block, fixed_tasks_of, whole)),
                         unlike(block, fixed_tasks_of), in_flight, repetitions);
    case LoadKind::open:
      return fmt::format("open loop, {}/s {}, at most {}{}, {} x {}", spanned(block, rate_of, human_number),
                         spec.load.poisson ? "Poisson" : "equally spaced", in_flight,
                         spec.load.shed ? ", late ones shed" : "", window, repetitions);
  }
  return "";
}

std::string heading_text(const Block& block) { return fmt::format("{} · {}", work_text(block), load_words(block)); }

}  // namespace cbench
