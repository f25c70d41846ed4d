#include "reports/findings/ideal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "record/cell_key.hpp"

namespace cbench {
namespace {

constexpr double unbounded = std::numeric_limits<double>::infinity();
constexpr double about_as_long = 0.9;

double ideal_by(const Demands& demands, double slots_per_s, double cpus) {
  const double by_cpu = demands.cpu_us > 0 ? cpus / demands.cpu_us : unbounded;
  const double by_slots = slots_per_s / 1e6;
  const double by_lock = demands.lock_us > 0 ? 1 / demands.lock_us : unbounded;
  if (by_cpu == unbounded && by_slots == unbounded) return 0;
  return std::min({by_cpu, by_slots, by_lock}) * 1e6;
}

}  // namespace

bool Demands::alike() const { return path_us == 0 && shortest_us > 0 && shortest_us >= about_as_long * alone_us(); }

double most_by_slots(const Demands& demands, const LoadSpec& load) {
  const double path_us = demands.alone_us();
  if (path_us <= 0) return unbounded;
  const auto slots = static_cast<double>(slots_in_use(load));
  if (load.kind != LoadKind::fixed || load.tasks == 0) return slots / path_us * 1e6;
  const auto tasks = static_cast<double>(load.tasks);
  // The mean over the tasks of all slots together, and what the fullest has at least.
  const double shortest_us = demands.path_us == 0 ? std::min(demands.shortest_us, path_us) : 0;
  return tasks / std::max(tasks / slots * path_us, std::ceil(tasks / slots) * shortest_us) * 1e6;
}

double ideal_throughput(const Demands& demands, std::uint32_t workers, const LoadSpec& load, double cpus_usable) {
  return ideal_by(demands, most_by_slots(demands, load), std::min<double>(workers, cpus_usable));
}

double ideal_throughput(const Demands& demands, std::uint32_t workers, std::uint32_t in_flight, double cpus_usable) {
  return ideal_throughput(demands, workers, LoadSpec{.concurrency = in_flight}, cpus_usable);
}

bool finished_nothing(Status status, std::string_view reason) {
  return status == Status::failed && reason.find("no task finished within") != std::string_view::npos;
}

double cpus_usable(const HostFacts& host) {
  const auto allowed = static_cast<double>(host.cpus_allowed);
  return host.cpu_quota > 0 ? std::min(allowed, host.cpu_quota) : allowed;
}

void Ideals::apply(TrialRecord& record) {
  const std::pair work(cell_key(record.spec).work, record.spec.runtime_name);
  if (record.spec.is_baseline && finished_nothing(record.status, record.reason)) demands_[work].survivors = true;
  if (record.status != Status::ok) return;
  if (record.spec.is_baseline) {
    if (record.demand_cpu_us + record.demand_wait_us <= 0) return;  // not known
    Sums& sums = demands_[work];
    sums.cpu_us += record.demand_cpu_us;
    sums.wait_us += record.demand_wait_us;
    sums.path_us += record.demand_path_us;
    sums.records += 1;
    if (const double us = record.demand_shortest_us; us > 0) {
      sums.shortest_us = sums.shortest_us > 0 ? std::min(sums.shortest_us, us) : us;
    }
  } else {
    const auto found = demands_.find(work);
    if (found == demands_.end() || found->second.records == 0) return;
    record.demand_cpu_us = found->second.cpu_us / found->second.records;
    record.demand_wait_us = found->second.wait_us / found->second.records;
    if (record.demand_path_us == 0) record.demand_path_us = found->second.path_us / found->second.records;
    record.demand_shortest_us = found->second.shortest_us;
  }
  const Sums& sums = demands_[work];
  if (sums.survivors) return;
  record.ideal_per_s = ideal_throughput({.cpu_us = record.demand_cpu_us,
                                         .wait_us = record.demand_wait_us,
                                         .path_us = record.demand_path_us,
                                         .lock_us = record.demand_lock_us,
                                         .shortest_us = sums.shortest_us},
                                        record.spec.workers, record.spec.load, cpus_usable(record.host));
  if (record.ideal_per_s > 0) record.efficiency = record.throughput_per_s / record.ideal_per_s;
}

}  // namespace cbench
