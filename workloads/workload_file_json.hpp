// Workloads as files have them (docs/workloads.md): what is printed, to start from.
#pragma once

#include <functional>
#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "workloads/workload.hpp"
#include "workloads/workload_file.hpp"

namespace cbench {

// What its tasks do: "steps", or "classes". Every number is exact.
nlohmann::ordered_json tasks_to_json(const WorkloadFile& file);

// 16 hexadecimal digits of what its tasks do: the same for two files that say the same, whatever they are called.
std::string digest_of(const WorkloadFile& file);

// The whole file, as parse_workload_file reads it back; times and sizes as people write them. Ends with a line end.
std::string workload_file_text(const WorkloadFile& file);

// A built-in workload as if it had been written down: it draws the same work. Throws UsageError for bad parameters.
WorkloadFile as_file(const WorkloadInfo& workload, const std::map<std::string, std::string, std::less<>>& given,
                     std::uint32_t workers);

}  // namespace cbench
