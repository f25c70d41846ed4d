// The arrivals of an open load as the record of a trial says them (docs/protocol.md), but for the histogram of the
// generator's lag.
#pragma once

#include "harness/arrival_counts.hpp"
#include "text/json_fields.hpp"

namespace cbench {

Json arrival_counts_to_json(const ArrivalCounts& counts);

// Throws std::runtime_error that names the field.
ArrivalCounts arrival_counts_from(const JsonFields& fields);

}  // namespace cbench
