// Specs, records and host facts as JSON: what a JSON file of results holds. Times of a spec are whole nanoseconds, in
// fields named *_ns; results have the names of the columns.
#pragma once

#include <string>
#include <string_view>

#include "record/trial_record.hpp"
#include "text/json_text.hpp"

namespace cbench {

// How a histogram's indexes map to values (docs/protocol.md has the formula).
inline constexpr std::string_view histogram_layout = "log-linear-1024-1h";

Json spec_to_json(const TrialSpec& spec);
Json host_to_json(const HostFacts& host);
Json build_to_json(const BuildFacts& build);
Json record_to_json(const TrialRecord& record);

// They throw std::runtime_error naming the field, after `where`: "trials[3].spec.workers: missing".
TrialSpec spec_from_json(const Json& json, const std::string& where = "");
HostFacts host_from_json(const Json& json, const std::string& where = "");
BuildFacts build_from_json(const Json& json, const std::string& where = "");
TrialRecord record_from_json(const Json& json, const std::string& where = "");

}  // namespace cbench
