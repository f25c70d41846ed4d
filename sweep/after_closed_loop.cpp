#include "sweep/after_closed_loop.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sweep/plan/choice.hpp"
#include "sweep/plan/load_choice.hpp"
#include "text/quantity.hpp"

namespace cbench {

std::uint32_t slots_at(double rate_per_s, const TrialSpec& closed, const Work& work, std::uint32_t of_workload) {
  const ModelEntry* entry = catalogue().find(closed.model);
  const std::uint32_t enough = default_slots(rate_per_s, work.waiting(), of_workload);
  return entry == nullptr ? enough : std::min(enough, entry->info.most_in_flight);
}

std::string why_no_connections(const TrialSpec& closed, const Work& work, std::uint32_t slots) {
  try {
    check_connections(workload_of(closed), work, slots);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

std::string without_closed_loop(const TrialRecord& record) {
  return fmt::format("{} in the closed loop: {}", name_of(record.status),
                     record.reason.empty() ? "no reason" : record.reason);
}

}  // namespace cbench
