// What a quantity is over the cells of a block, for its heading and its columns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include <fmt/format.h>

#include "reports/findings/cells/cells.hpp"
#include "text/human.hpp"

namespace cbench {

inline const auto concurrency_of = [](const Cell& cell) { return cell.spec.load.concurrency; };
inline const auto workers_of = [](const Cell& cell) { return cell.spec.workers; };
inline const auto rate_of = [](const Cell& cell) { return cell.spec.load.rate_per_s; };
inline const auto fixed_tasks_of = [](const Cell& cell) { return cell.spec.load.tasks; };
inline const auto window_of = [](const Cell& cell) { return cell.spec.load.duration.count(); };
inline const auto warmup_of = [](const Cell& cell) { return cell.spec.load.warmup.count(); };

// Of the cells that are not a baseline, where there are others.
template <class Get>
std::set<double> values_of(const Block& block, Get get) {
  const bool others = std::ranges::any_of(block.cells, [](const Cell& cell) { return !cell.is_baseline(); });
  std::set<double> values;
  for (const Cell& cell : block.cells) {
    if (!others || !cell.is_baseline()) values.insert(static_cast<double>(get(cell)));
  }
  return values;
}

template <class Get>
bool varies(const Block& block, Get get) {
  return values_of(block, get).size() > 1;
}

// "1,000" or "8 to 1,000".
template <class Get, class Show>
std::string spanned(const Block& block, Get get, Show show) {
  const std::set<double> values = values_of(block, get);
  if (values.empty()) return "";
  if (values.size() == 1) return show(*values.begin());
  return fmt::format("{} to {}", show(*values.begin()), show(*values.rbegin()));
}

inline std::string whole(double value) { return human_count(static_cast<std::uint64_t>(value)); }
inline std::string seconds(double ns) { return fmt::format("{:.4g} s", ns / 1e9); }

}  // namespace cbench
