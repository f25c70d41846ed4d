#include "reports/findings/precision.hpp"

#include <vector>

#include <fmt/format.h>

#include "text/human.hpp"

namespace cbench {
namespace {

// As it was asked for: ±2%, not ±2.0%.
std::string percent_asked(double fraction) { return fmt::format("±{:.3g}%", fraction * 100); }

// "fibers on 2 workers, 100 in flight".
std::string words(const Cell& cell) {
  return fmt::format("{} on {}, {} in flight", cell.label(), plural(cell.spec.workers, "worker"),
                     human_count(cell.spec.load.concurrency));
}

}  // namespace

Precision precision_of(const Cell& cell, const PrecisionGoal& goal) {
  if (!cell.failures.empty()) return Precision::failed;
  const Estimate& throughput = cell.throughput;
  const double asked = goal.relative * throughput.mean;
  if (throughput.mean > 0 && throughput.relative_half_width() <= goal.relative &&
      (throughput.trust() == Trust::full || (throughput.trust() == Trust::drifting && throughput.farthest <= asked))) {
    return Precision::reached;
  }
  return throughput.repetitions >= goal.max_repetitions ? Precision::capped : Precision::undecided;
}

std::string precision_words(const Cell& cell, const PrecisionGoal& goal, std::size_t undecided) {
  return fmt::format("{} of {}, {} undecided",
                     cell.throughput.repetitions > 1 ? plus_minus(cell.throughput) : "no interval",
                     percent_asked(goal.relative), plural(undecided, "cell"));
}

void add_shortfalls(Block& block, const PrecisionGoal& goal) {
  std::vector<std::string> capped;
  std::vector<std::string> failed;
  std::vector<std::string> undecided;  // interrupted
  for (const Cell& cell : block.cells) {
    const std::string with_interval =
        words(cell) + (cell.throughput.repetitions > 1 ? fmt::format(" ({})", plus_minus(cell.throughput)) : "");
    switch (precision_of(cell, goal)) {
      case Precision::reached: break;
      case Precision::capped: capped.push_back(with_interval); break;
      case Precision::failed: failed.push_back(words(cell)); break;
      case Precision::undecided: undecided.push_back(with_interval); break;
    }
  }
  if (!capped.empty()) {
    block.shortfalls.push_back(fmt::format("Not known to within {} after {} repetitions (--max-repetitions): {}.",
                                           percent_asked(goal.relative), goal.max_repetitions, human_list(capped)));
  }
  if (!failed.empty()) {
    block.shortfalls.push_back(fmt::format("Not repeated until known to within {}, since a repetition failed: {}.",
                                           percent_asked(goal.relative), human_list(failed)));
  }
  if (!undecided.empty()) {
    block.shortfalls.push_back(
        fmt::format("Not known to within {} yet: {}.", percent_asked(goal.relative), human_list(undecided)));
  }
}

}  // namespace cbench
