// What commands have in common that run closed loops first, and then open loops at rates that follow from them.
#pragma once

#include <cstdint>
#include <string>

#include "record/trial_record.hpp"
#include "record/trial_spec.hpp"
#include "workloads/work.hpp"

namespace cbench {

// Tasks in flight of an open loop at that rate, where nobody says how many: enough for it, and no more than the model
// can have. `of_workload`: what the workload has in a closed loop.
std::uint32_t slots_at(double rate_per_s, const TrialSpec& closed, const Work& work, std::uint32_t of_workload);

// Why so many in flight cannot be connected to the peer, which the closed loop, with fewer, did not find out; empty:
// they can.
std::string why_no_connections(const TrialSpec& closed, const Work& work, std::uint32_t slots);

// "failed in the closed loop: " and the reason: there is nothing for rates to follow from.
std::string without_closed_loop(const TrialRecord& record);

}  // namespace cbench
