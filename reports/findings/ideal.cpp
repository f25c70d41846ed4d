#include "reports/findings/ideal.hpp"

#include <algorithm>
#include <limits>

#include "record/cell_key.hpp"

namespace cbench {
double ideal_throughput(const Demands& demands, std::uint32_t workers, std::uint32_t in_flight, double cpus_usable) {
  const double unbounded = std::numeric_limits<double>::infinity();
  const double cpus = std::min<double>(workers, cpus_usable);
  const double by_cpu = demands.cpu_us > 0 ? cpus / demands.cpu_us : unbounded;
  const double path = demands.path_us > 0 ? demands.path_us : demands.cpu_us + demands.wait_us;
  const double by_slots = path > 0 ? in_flight / path : unbounded;
  const double by_lock = demands.lock_us > 0 ? 1 / demands.lock_us : unbounded;
  const double per_us =
      by_cpu == unbounded && by_slots == unbounded ? unbounded : std::min({by_cpu, by_slots, by_lock});
  return per_us == unbounded ? 0 : per_us * 1e6;
}

double cpus_usable(const HostFacts& host) {
  const auto allowed = static_cast<double>(host.cpus_allowed);
  return host.cpu_quota > 0 ? std::min(allowed, host.cpu_quota) : allowed;
}

void Ideals::apply(TrialRecord& record) {
  if (record.status != Status::ok) return;
  const std::pair work(cell_key(record.spec).work, record.spec.runtime_name);
  if (record.spec.is_baseline) {
    if (record.demand_cpu_us + record.demand_wait_us <= 0) return;  // not known
    Sums& sums = demands_[work];
    sums.cpu_us += record.demand_cpu_us;
    sums.wait_us += record.demand_wait_us;
    sums.path_us += record.demand_path_us;
    sums.records += 1;
  } else {
    const auto found = demands_.find(work);
    if (found == demands_.end()) return;
    record.demand_cpu_us = found->second.cpu_us / found->second.records;
    record.demand_wait_us = found->second.wait_us / found->second.records;
    if (record.demand_path_us == 0) record.demand_path_us = found->second.path_us / found->second.records;
  }
  record.ideal_per_s = ideal_throughput({.cpu_us = record.demand_cpu_us,
                                         .wait_us = record.demand_wait_us,
                                         .path_us = record.demand_path_us,
                                         .lock_us = record.demand_lock_us},
                                        record.spec.workers, slots_in_use(record.spec.load), cpus_usable(record.host));
  if (record.ideal_per_s > 0) record.efficiency = record.throughput_per_s / record.ideal_per_s;
}

}  // namespace cbench
