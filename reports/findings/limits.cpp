#include "reports/findings/limits.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "reports/findings/cells/cell_words.hpp"
#include "reports/findings/ideal.hpp"

namespace cbench {
namespace {

constexpr double near_ideal = 0.9;
constexpr double surely_near = 0.8;
constexpr double busy = 0.8;
constexpr double surely_busy = 0.7;
constexpr double disturbing = 0.1;  // of a CPU, that others used
constexpr double tolerance = 0.15;  // of a worker that is held by one task

constexpr double many_turns = 10;  // of a slot

Demands demands_of(const Cell& cell) {
  return {.cpu_us = cell.demand_cpu_us,
          .wait_us = cell.demand_wait_us,
          .path_us = cell.demand_branch_us,
          .shortest_us = cell.demand_shortest_us};
}

double delay_bound(const Cell& cell) { return most_by_slots(demands_of(cell), cell.spec.load); }

// Whether the last tasks of fixed work leave so many slots empty that no model comes near the ideal, for all that is
// known of the tasks.
bool ends_in_part(const Cell& cell) {
  const LoadSpec& load = cell.spec.load;
  return load.kind == LoadKind::fixed && static_cast<double>(load.tasks) < many_turns * slots_in_use(load) &&
         !demands_of(cell).alike();
}

// "Little's law: 20 in flight / 50.1ms = 399/s", or where slots do not come out even "30 tasks in 20 places take 2
// rounds of 50.1ms: 299/s".
std::string delay_words(const Cell& cell, const std::string& in_flight) {
  const LoadSpec& load = cell.spec.load;
  const std::uint32_t slots = slots_in_use(load);
  const std::string per_s = human_number(cell.ideal_per_s) + "/s";
  if (delay_bound(cell) >= 0.99 * slots / cell.demand_path_us * 1e6) {
    return fmt::format("Little's law: {} / {} = {}", in_flight, human_us(cell.demand_path_us), per_s);
  }
  return fmt::format("{} in {} take {} of {}: {}", plural(load.tasks, "task"), plural(slots, "place"),
                     plural((load.tasks + slots - 1) / slots, "round"), human_us(cell.demand_shortest_us), per_s);
}

double lock_bound(const Cell& cell) { return cell.demand_lock_us > 0 ? 1e6 / cell.demand_lock_us : INFINITY; }

// Of a cell near its ideal: what that is made of.
Limit limit_of_ideal(const Cell& cell) {
  const double ideal = cell.ideal_per_s * 1.01;
  if (lock_bound(cell) <= ideal) return Limit::lock;
  return delay_bound(cell) <= ideal ? Limit::delay : Limit::work;
}

// What the interval of the efficiency leaves open. Of one repetition there is none, and doubts() says so.
bool is_near_ideal(const Cell& cell) {
  return cell.ideal_per_s > 0 && cell.efficiency >= near_ideal &&
         (!cell.has_efficiency_interval() || cell.efficiency_interval.low >= surely_near);
}
bool may_be_near_ideal(const Cell& cell) {
  return cell.efficiency >= near_ideal ||
         (cell.has_efficiency_interval() && cell.efficiency_interval.high >= near_ideal);
}

// The cells that sentences are about: each model at its best, without the baseline where there is anything else.
Cells best_of_each(const Block& block) {
  std::map<std::string, const Cell*> best;
  for (const Cell& cell : block.cells) {
    if (!cell.measured()) continue;
    const Cell*& known = best[cell.label()];
    if (known == nullptr || cell.throughput.mean > known->throughput.mean) known = &cell;
  }
  Cells out;
  for (const Cell& cell : block.cells) {  // in the order of the block
    const auto found = best.find(cell.label());
    if (found != best.end() && found->second == &cell) out.push_back(&cell);
  }
  const auto others = std::ranges::count_if(out, [](const Cell* cell) { return !cell->is_baseline(); });
  if (others > 0) std::erase_if(out, [](const Cell* cell) { return cell->is_baseline(); });
  return out;
}

std::string all_cpus(double count) {
  if (count == 1) return "the CPU is";
  return count == 2 ? "both CPUs are" : fmt::format("all {:.3g} CPUs are", count);
}

// Whether the model and the peer leave no CPU of the machine idle, which is more than the workers' being busy.
bool all_are_busy(const Cell& cell) {
  return cell.cpus > 0 && cell.cpu_share + cell.peer_cpu_share >= busy * cell.cpus &&
         cell.least_used_cpus >= surely_busy * cell.cpus;
}

// "2 CPUs": as many as the workers can be on at once.
std::string usable_cpus(const Cell& cell) {
  const double count = cell.cpus > 0 ? std::min<double>(cell.spec.workers, cell.cpus) : cell.spec.workers;
  return fmt::format("{:.3g} {}", count, count == 1 ? "CPU" : "CPUs");
}

const auto efficiency = [](const Cell& cell) { return cell.efficiency; };
const auto cpu_per_task = [](const Cell& cell) { return cell.cpu_per_task_us; };
const auto service = [](const Cell& cell) { return cell.service.mean_us; };
// Of workers that are each held by one task.
const auto ceiling = [](const Cell& cell) { return cell.spec.workers / cell.service.mean_us * 1e6; };

std::string cpus_sentence(const Cells& cells, const std::string& who, const std::string& workers) {
  const Cell& first = *cells.front();
  const bool one = cells.size() == 1;
  std::string out = fmt::format("{} {} CPU-bound: ", who, one ? "is" : "are");
  if (all_are_busy(first)) {
    out += all_cpus(first.cpus) + " busy";
    if (first.peer_cpu_share >= 0.1) {
      out += fmt::format(" ({} {:.2f}, the peer {:.2f})", one ? "the model" : first.label(), first.cpu_share,
                         first.peer_cpu_share);
    }
  } else {
    out += fmt::format("the CPUs of {} are busy", workers);
  }
  out += fmt::format(", and a task costs {} of CPU", range(cells, cpu_per_task, human_us));
  const bool fits =
      std::ranges::all_of(cells, [&](const Cell* c) { return c->cpu_per_task_us >= first.demand_cpu_us; });
  if (first.demand_cpu_us > 0 && fits) out += fmt::format(", {} of it its own work", human_us(first.demand_cpu_us));
  return out + ".";
}

std::string waiting_sentence(const Cells& cells, const std::string& who, const std::string& in_flight) {
  const Cell& first = *cells.front();
  const bool one = cells.size() == 1;
  std::string out = fmt::format(
      "{} {} {} of the ideal and {} {} of {} CPUs: tasks wait for something that is not CPU time", who,
      one ? "reaches" : "reach", range(cells, efficiency, percent_in_words), one ? "uses" : "use",
      range(
          cells, [](const Cell& c) { return c.cpu_share; }, [](double share) { return fmt::format("{:.2f}", share); }),
      first.cpus);
  if (std::ranges::all_of(cells, [](const Cell* c) { return c->knows_percentile(0.5); })) {
    out += fmt::format(" (half of them {} before they start)",
                       range(
                           cells, [](const Cell& c) { return c.queueing.p50_us; }, human_us));
  }
  out += ".";
  // Threads of a pool that its settings size, for instance, of which nothing else tells.
  if (one && first.times_hold() && 2 * tasks_in_service(first) < slots_in_use(first.spec.load)) {
    out += fmt::format(" It serves about {} of {} at a time (Little's law: {}/s x {}).",
                       human_count(static_cast<std::uint64_t>(std::llround(tasks_in_service(first)))), in_flight,
                       human_number(first.throughput.mean), human_us(first.service.mean_us));
  }
  return out;
}

// About cells with the same limit and the same workers and tasks in flight.
std::string sentence(Limit limit, const Cells& cells, const Block& block) {
  const Cell& first = *cells.front();
  const bool one = cells.size() == 1;
  const std::string who = names(cells);
  const std::string in_flight = fmt::format("{} in flight", human_count(slots_in_use(first.spec.load)));
  const std::string workers = plural(first.spec.workers, "worker");
  switch (limit) {
    case Limit::lock:
      return fmt::format("{} {} {} of the ideal: one lock is the limit (each task holds it for {}: {}/s).", who,
                         one ? "reaches" : "reach", range(cells, efficiency, percent_in_words),
                         human_us(first.demand_lock_us), human_number(first.ideal_per_s));
    case Limit::delay:
      return fmt::format("{} {} {} of the ideal: the delay of each task is the limit ({}).", who,
                         one ? "reaches" : "reach", range(cells, efficiency, percent_in_words),
                         delay_words(first, in_flight));
    case Limit::work:
      return fmt::format("{} {} {} of the ideal: the work itself is the limit ({} of CPU a task, on {} = {}/s).", who,
                         one ? "reaches" : "reach", range(cells, efficiency, percent_in_words),
                         human_us(first.demand_cpu_us), usable_cpus(first), human_number(first.ideal_per_s));
    case Limit::offered:
      return fmt::format("{} {} up with the {} tasks/s offered: the limit was not reached.",
                         names_with_workers(block, cells), one ? "keeps" : "keep",
                         human_number(first.spec.load.rate_per_s));
    case Limit::blocked:
      return fmt::format("{}: {}, each blocked for {} by one task: {} is the ceiling, however many are in flight.", who,
                         workers, range(cells, service, human_us),
                         range(cells, ceiling, [](double per_s) { return human_number(per_s) + "/s"; }));
    case Limit::cpus: return cpus_sentence(cells, who, workers);
    case Limit::disturbed:
      return fmt::format("What limits {} cannot be told: others used {} of {:.3g} CPUs.", who,
                         range(
                             cells, [](const Cell& c) { return c.foreign_cpu_share; },
                             [](double share) { return fmt::format("{:.2f}", share); }),
                         first.cpus);
    case Limit::serial:
      return fmt::format("{} {} one CPU in spite of {}: something is done one at a time, in a lock or in one loop.",
                         who, one ? "uses" : "use", workers);
    case Limit::waiting: return waiting_sentence(cells, who, in_flight);
    case Limit::unknown: break;
  }
  return "";
}

}  // namespace

double tasks_in_service(const Cell& cell) { return cell.throughput.mean * cell.service.mean_us / 1e6; }

bool keeps_up(const Cell& cell) {
  return cell.spec.load.kind == LoadKind::open && cell.measured() && cell.overloaded == 0 &&
         cell.served_share >= 0.98 && cell.least_served_share >= 0.95;
}

Limit limit_of(const Cell& cell) {
  if (!cell.measured() || cell.throughput.mean <= 0) return Limit::unknown;
  const double workers = cell.spec.workers;
  const LoadSpec& load = cell.spec.load;
  if (is_near_ideal(cell)) return limit_of_ideal(cell);
  if (keeps_up(cell)) return Limit::offered;
  if (workers < slots_in_use(load) && cell.demand_wait_us > cell.demand_cpu_us &&
      std::abs(tasks_in_service(cell) - workers) <= tolerance * workers &&
      cell.throughput.relative_half_width() <= tolerance) {
    return Limit::blocked;
  }
  const double used = cell.cpu_share + cell.peer_cpu_share;
  const bool workers_busy = cell.cpu_share >= busy * workers && cell.least_cpu_share >= surely_busy * workers;
  if (all_are_busy(cell) || workers_busy) return Limit::cpus;
  const bool disturbs = cell.foreign_cpu_share >= disturbing;
  if (cell.cpus > 0 && disturbs && used + cell.foreign_cpu_share >= busy * cell.cpus) return Limit::disturbed;
  if (cell.cpus > 0 && used >= busy * cell.cpus) return Limit::unknown;  // busy, but not in each repetition
  const bool works = cell.demand_cpu_us > cell.demand_wait_us;
  if (works && workers > 1 && !may_be_near_ideal(cell) && cell.cpu_share >= 0.85 && cell.cpu_share <= 1.15 &&
      cell.least_cpu_share >= 0.75 && cell.most_cpu_share <= 1.25) {
    return Limit::serial;
  }
  if (cell.cpu_share <= 0 || !cell.knows_foreign) return Limit::unknown;  // the CPUs may have been the limit
  return cell.ideal_per_s > 0 && !may_be_near_ideal(cell) && !ends_in_part(cell) ? Limit::waiting : Limit::unknown;
}

std::vector<std::string> limit_sentences(const Block& block) {
  // What must be the same for one sentence to hold for two cells.
  const auto key = [](const Cell& cell) {
    const Limit limit = limit_of(cell);
    const bool busy_workers = limit == Limit::cpus && !all_are_busy(cell);
    const bool by_workers = limit == Limit::blocked || limit == Limit::serial || busy_workers;
    // Demands are those of the model's own runtime, and its own branches; the sentence names them once for all.
    const bool by_ideal = limit == Limit::work || limit == Limit::delay || limit == Limit::lock;
    return std::make_tuple(limit, by_workers ? cell.spec.workers : 0, limit == Limit::work ? usable_cpus(cell) : "",
                           limit == Limit::delay ? cell.spec.load.concurrency : 0,
                           limit == Limit::delay ? cell.spec.load.tasks : 0, cell.spec.load.rate_per_s,
                           by_ideal || limit == Limit::cpus ? cell.spec.runtime_name : "",
                           by_ideal ? human_number(cell.ideal_per_s) : "");
  };
  std::vector<Cells> groups;  // each where the first of its cells would stand
  for (const Cell* cell : best_of_each(block)) {
    const auto group =
        std::ranges::find_if(groups, [&](const Cells& cells) { return key(*cells.front()) == key(*cell); });
    if (group == groups.end()) {
      groups.push_back({cell});
    } else {
      group->push_back(cell);
    }
  }
  std::vector<std::string> out;
  for (const Cells& cells : groups) {
    std::string text = sentence(limit_of(*cells.front()), cells, block);
    if (!text.empty()) out.push_back(std::move(text));
  }
  return out;
}

}  // namespace cbench
