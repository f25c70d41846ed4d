// What repetitions of a trial have in common: the identity of a cell, written here and nowhere else. Everything that
// gathers, matches or names cells starts from it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "record/load_spec.hpp"
#include "record/text_map.hpp"
#include "record/trial_spec.hpp"

namespace cbench {

// The work that tasks do, whoever does it.
struct WorkKey {
  std::string workload;
  TextMap parameters;

  friend auto operator<=>(const WorkKey&, const WorkKey&) = default;
};

// What may stand in one table: the same work, brought in the same way.
struct BlockKey {
  WorkKey work;
  LoadKind load = LoadKind::closed;
  bool poisson = true;  // as in LoadSpec
  bool shed = false;

  friend auto operator<=>(const BlockKey&, const BlockKey&) = default;
};

// A cell. The load is normalised, times included: what was measured for 100 ms is not a repetition of what was measured
// for 2 s.
struct CellKey {
  WorkKey work;
  std::string model;
  TextMap settings;
  LoadSpec load;
  std::uint32_t workers = 0;

  BlockKey block() const { return {work, load.kind, load.poisson, load.shed}; }
  // The same cell on another number of workers; 0 stands for any, where cells are gathered over workers.
  CellKey on_workers(std::uint32_t count) const;

  friend std::partial_ordering operator<=>(const CellKey&, const CellKey&) = default;
  friend bool operator==(const CellKey&, const CellKey&) = default;
};

CellKey cell_key(const TrialSpec& spec);

// A trial of a plan: its cell and which repetition of it.
using TrialKey = std::pair<CellKey, std::uint32_t>;
TrialKey trial_key(const TrialSpec& spec);

}  // namespace cbench

template <>
struct std::hash<cbench::CellKey> {
  std::size_t operator()(const cbench::CellKey& key) const noexcept;
};
