// Reading what a user wrote down as a workload (docs/workloads.md has the format, docs/workload.schema.json its
// schema).
#pragma once

#include <string>
#include <string_view>

#include "workloads/workload_file.hpp"

namespace cbench {

// The text of a file. `name` is the file's, for errors, and what the workload is called where the file does not say.
// Throws UsageError: the file, the line where it is no JSON, else the path (/classes/0/steps/2/delay), what is wrong
// and what is right.
WorkloadFile parse_workload_file(std::string_view text, const std::string& name);

// The same as it stands on disk. Throws UsageError, also where it cannot be read.
WorkloadFile read_workload_file(const std::string& path);

}  // namespace cbench
