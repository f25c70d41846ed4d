// Whether two results may be compared at all: the same machine, the same program, the same work. Measured elsewhere or
// otherwise, a difference says nothing about what one means to compare.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "record/trial_record.hpp"

namespace cbench {

struct FactDifference {
  std::string fact;  // as HostFacts or BuildFacts calls it: "cpu_model"
  std::string base;
  std::string changed;
};

// Facts that differ. The machine's memory may differ by 1 %, and of the clock only its kind counts: both are measured.
std::vector<FactDifference> differences(const HostFacts& base, const HostFacts& changed);
std::vector<FactDifference> differences(const BuildFacts& base, const BuildFacts& changed);
// Of the machine, then of the build.
std::vector<FactDifference> differences(const TrialRecord& base, const TrialRecord& changed);

// What a model of another language ran on, by the name of its runtime: "go" is "go go1.22.1". Empty of native models.
TextMap runtimes_of(const TrialRecord& record);

// The names of all facts, for `--across`.
std::vector<std::string> fact_names();

// "libuv 1.44.2 -> 1.45.0", where most is left out of what is long.
std::string text_of(const FactDifference& difference);

// The digest that a trial's tasks were to have, by the seed that they were drawn from.
struct SeedDigest {
  std::uint64_t seed = 0;
  std::uint64_t digest = 0;
};

// Why the work of two cells is not the same, by its digests; empty where nothing says so. Trials with the same seed
// have drawn the same tasks.
std::string work_differs(std::span<const SeedDigest> base, std::span<const SeedDigest> changed);

}  // namespace cbench
