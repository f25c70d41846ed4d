// Points (n, throughput) from anybody's CSV, for `cbench fit`: with or without a header, columns by name, by habit, or
// by position.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/stats/scaling_laws.hpp"

namespace cbench {

struct PointsFile {
  std::string x;  // the columns that were taken; "column 1" where the file has no header
  std::string y;
  std::vector<ScalingPoint> points;
};

// Whether the text of the file begins with the header of cbench's own results, which read_trials reads. Throws
// std::runtime_error, with file and line, where that is no text.
bool is_results_header(std::string_view text, const std::string& path);

// `text` is the file's, `path` what errors name. Where x or y is empty, the column is found by the names that such
// files use (n, workers, threads, users, ...; throughput, tps, ...), or the file has just two. Throws UsageError where
// columns cannot be found, std::runtime_error with file, line and column where a value is no finite number, n is not
// above 0 or throughput is below 0. Where fields are separated by semicolons, numbers may have decimal commas.
PointsFile points_of_csv(std::string_view text, const std::string& path, std::string_view x = {},
                         std::string_view y = {});

}  // namespace cbench
