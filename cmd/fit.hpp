// `cbench fit`: which scaling law points follow, from results of cbench or from anybody's CSV.
#pragma once

#include <string>
#include <vector>

#include "reports/stats/scaling_laws.hpp"

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback prints and sets `exit_code` to 0; it throws UsageError or std::runtime_error (file,
// line, column) for input that cannot be used.
void add_fit_command(CLI::App& app, int& exit_code);

struct FitArguments {
  std::string file;
  std::string x;  // columns; empty: found by name
  std::string y;
  std::string axis;     // "workers", "in-flight", empty: by the name of x
  std::string weights;  // "auto", "equal", "relative"
  std::string model;    // results of cbench: only this one; empty: every one
  std::string workload;
  bool fixed_time = false;
  std::uint32_t resamples = 1000;
  std::uint64_t seed = 1;
};

// A fit with what it is of.
struct NamedFit {
  std::string title;   // "points.csv: throughput over workers", "fibers on io, 2 workers"
  std::string source;  // of the points: the file
  std::string model;   // empty for anybody's points
  std::string workload;
  std::string x;
  std::string y;
  ScalingFit fit;
};

std::vector<NamedFit> fits_of(const FitArguments& arguments);
std::string fits_text(const std::vector<NamedFit>& fits, std::size_t width);
// One fit is one object; several are {"fits": [...]}.
std::string fits_json(const std::vector<NamedFit>& fits);

}  // namespace cbench
