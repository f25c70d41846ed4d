// `cbench compare`: whether results differ from a base, cell by cell, so that a sceptic believes it and a pull request
// can hang on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reports/findings/comparison/result_comparison.hpp"

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback prints and sets `exit_code`: 0 no regression, 1 regression, new failures or missing
// cells, 2 not comparable or bad input (a file that cannot be read too, which it reports itself).
void add_compare_command(CLI::App& app, int& exit_code);

struct CompareArguments {
  std::vector<std::string> files;  // the base first
  std::string metric = "throughput";
  std::string threshold = "5%";
  std::vector<std::string> across;
  bool allow_missing = false;
  std::uint64_t seed = 1;  // of no use any more
};

// Throws UsageError, and std::runtime_error for files that are broken.
ResultComparison comparison_of(const CompareArguments& arguments);

std::string comparison_text(const ResultComparison& comparison, std::size_t width, bool colour);
std::string comparison_markdown(const ResultComparison& comparison);
std::string comparison_json(const ResultComparison& comparison);

}  // namespace cbench
