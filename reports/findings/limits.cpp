#include "reports/findings/limits.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "text/human.hpp"

namespace cbench {
namespace {

constexpr double near_ideal = 0.9;
constexpr double busy = 0.8;

double delay_bound(const Cell& cell) {
  return cell.demand_path_us > 0 ? cell.spec.concurrency / cell.demand_path_us * 1e6 : INFINITY;
}

// Little's law: tasks that are started and not finished.
double tasks_in_service(const Cell& cell) { return cell.throughput.mean * cell.service.mean_us / 1e6; }

// The cells that sentences are about: each model at its best, without the baseline where there is anything else.
std::vector<const Cell*> best_of_each(const Block& block) {
  std::map<std::string, const Cell*> best;
  for (const Cell& cell : block.cells) {
    if (!cell.measured()) continue;
    const Cell*& known = best[cell.label()];
    if (known == nullptr || cell.throughput.mean > known->throughput.mean) known = &cell;
  }
  std::vector<const Cell*> out;
  for (const Cell& cell : block.cells) {  // in the order of the block
    const auto found = best.find(cell.label());
    if (found != best.end() && found->second == &cell) out.push_back(&cell);
  }
  const auto others = std::ranges::count_if(out, [](const Cell* cell) { return !cell->is_baseline(); });
  if (others > 0) std::erase_if(out, [](const Cell* cell) { return cell->is_baseline(); });
  return out;
}

using Cells = std::vector<const Cell*>;

std::string names(const Cells& cells) {
  std::vector<std::string> out;
  for (const Cell* cell : cells) out.push_back(cell->label());
  return human_list(out);
}

// "98 %", or "91 % to 98 %" where the cells differ.
template <class Get, class Show>
std::string range(const Cells& cells, Get get, Show show) {
  std::vector<double> values;
  for (const Cell* cell : cells) values.push_back(get(*cell));
  const auto [least, most] = std::ranges::minmax(values);
  const std::string low = show(least);
  const std::string high = show(most);
  return low == high ? low : fmt::format("{} to {}", low, high);
}

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", human_count(count), count == 1 ? one : many);
}

std::string all_cpus(double count) {
  if (count == 1) return "the CPU is";
  return count == 2 ? "both CPUs are" : fmt::format("all {:.3g} CPUs are", count);
}

// "2 CPUs": as many as the workers can be on at once.
std::string usable_cpus(const Cell& cell) {
  const double count = cell.cpus > 0 ? std::min<double>(cell.spec.workers, cell.cpus) : cell.spec.workers;
  return fmt::format("{:.3g} {}", count, count == 1 ? "CPU" : "CPUs");
}

const auto efficiency = [](const Cell& cell) { return cell.efficiency; };
const auto cpu_per_task = [](const Cell& cell) { return cell.cpu_per_task_us; };

// About cells with the same limit and the same workers and tasks in flight.
std::string sentence(Limit limit, const Cells& cells) {
  const Cell& first = *cells.front();
  const bool one = cells.size() == 1;
  const std::string who = names(cells);
  const std::string in_flight = fmt::format("{} in flight", human_count(first.spec.concurrency));
  const std::string workers = plural(first.spec.workers, "worker", "workers");
  switch (limit) {
    case Limit::delay:
      return fmt::format("{} {} {} of the ideal: the delay of each task is the limit (Little's law: {} / {} = {}/s).",
                         who, one ? "reaches" : "reach", range(cells, efficiency, percent_in_words), in_flight,
                         human_us(first.demand_path_us), human_number(first.ideal_per_s));
    case Limit::work:
      return fmt::format("{} {} {} of the ideal: the work itself is the limit ({} of CPU a task, on {} = {}/s).", who,
                         one ? "reaches" : "reach", range(cells, efficiency, percent_in_words),
                         human_us(first.demand_cpu_us), usable_cpus(first), human_number(first.ideal_per_s));
    case Limit::offered:
      return fmt::format("{} {} up with the {} tasks/s offered: the limit was not reached.", who,
                         one ? "keeps" : "keep", human_number(first.spec.rate_per_s));
    case Limit::blocked:
      return fmt::format("{}: {}, each blocked for {} by one task: {}/s is the ceiling, however many are in flight.",
                         who, workers, human_us(first.service.mean_us),
                         human_number(first.spec.workers / first.service.mean_us * 1e6));
    case Limit::cpus: {
      std::string out = fmt::format("{} {} CPU-bound: ", who, one ? "is" : "are");
      if (first.cpus > 0 && first.cpu_share + first.peer_cpu_share >= busy * first.cpus) {
        out += all_cpus(first.cpus) + " busy";
        if (first.peer_cpu_share >= 0.1) {
          out += fmt::format(" ({} {:.2f}, the peer {:.2f})", one ? "the model" : first.label(), first.cpu_share,
                             first.peer_cpu_share);
        }
      } else {
        out += fmt::format("the CPUs of {} are busy", workers);
      }
      out += fmt::format(", and a task costs {} of CPU", range(cells, cpu_per_task, human_us));
      if (first.demand_cpu_us > 0) out += fmt::format(", {} of it its own work", human_us(first.demand_cpu_us));
      return out + ".";
    }
    case Limit::disturbed:
      return fmt::format("What limits {} cannot be told: others used {} of {:.3g} CPUs.", who,
                         range(
                             cells, [](const Cell& c) { return c.foreign_cpu_share; },
                             [](double share) { return fmt::format("{:.2f}", share); }),
                         first.cpus);
    case Limit::serial:
      return fmt::format("{} {} one CPU in spite of {}: something is done one at a time, in a lock or in one loop.",
                         who, one ? "uses" : "use", workers);
    case Limit::waiting:
      return fmt::format(
          "{} {} {} of the ideal and {} {} of {} CPUs: tasks wait for something that is not CPU time "
          "(half of them {} before they start).",
          who, one ? "reaches" : "reach", range(cells, efficiency, percent_in_words), one ? "uses" : "use",
          range(
              cells, [](const Cell& c) { return c.cpu_share; },
              [](double share) { return fmt::format("{:.2f}", share); }),
          first.cpus,
          range(
              cells, [](const Cell& c) { return c.queueing.p50_us; }, human_us));
    case Limit::unknown: break;
  }
  return "";
}

bool is_unfair(const Cell& cell) {
  if (cell.spec.concurrency < 2 || cell.tasks_per_slot < 25) return false;
  if (cell.worst_slot_spread == 0) return true;
  const double chance = 4 * std::sqrt(cell.tasks_per_slot);
  return cell.worst_slot_spread > 1.5 &&
         cell.worst_slot_spread > (cell.tasks_per_slot + chance) / (cell.tasks_per_slot - chance);
}

// The cells of which something holds, one for each model, and the largest of what it is about.
struct Doubtful {
  Cells cells;
  double worst = 0;
  bool all = false;  // whether it holds for every model, and there are several

  std::string who() const { return all ? "all models" : names(cells); }
};
template <class Holds, class Get>
Doubtful where(const Block& block, Holds holds, Get get) {
  Doubtful out;
  for (const Cell& cell : block.cells) {
    if (!cell.measured() || !holds(cell)) continue;
    const auto same = [&](const Cell* other) { return other->label() == cell.label(); };
    if (std::ranges::none_of(out.cells, same)) out.cells.push_back(&cell);
    out.worst = std::max(out.worst, get(cell));
  }
  std::set<std::string> models;
  for (const Cell& cell : block.cells) {
    if (cell.measured()) models.insert(cell.label());
  }
  out.all = models.size() > 2 && out.cells.size() == models.size();
  return out;
}

}  // namespace

Limit limit_of(const Cell& cell) {
  if (!cell.measured() || cell.throughput.mean <= 0) return Limit::unknown;
  const double workers = cell.spec.workers;
  if (cell.ideal_per_s > 0 && cell.efficiency >= near_ideal) {
    return delay_bound(cell) <= cell.ideal_per_s * 1.01 ? Limit::delay : Limit::work;
  }
  if (cell.spec.load == LoadKind::open && cell.throughput.mean >= 0.98 * cell.spec.rate_per_s) return Limit::offered;
  if (workers < cell.spec.concurrency && cell.demand_wait_us > cell.demand_cpu_us &&
      std::abs(tasks_in_service(cell) - workers) <= 0.15 * workers) {
    return Limit::blocked;
  }
  const double used = cell.cpu_share + cell.peer_cpu_share;
  if ((cell.cpus > 0 && used >= busy * cell.cpus) || cell.cpu_share >= busy * workers) return Limit::cpus;
  if (cell.cpus > 0 && used + cell.foreign_cpu_share >= busy * cell.cpus) return Limit::disturbed;
  const bool works = cell.demand_cpu_us > cell.demand_wait_us;
  if (works && workers > 1 && cell.cpu_share >= 0.85 && cell.cpu_share <= 1.15) return Limit::serial;
  return cell.ideal_per_s > 0 ? Limit::waiting : Limit::unknown;
}

std::vector<std::string> verdict(const Block& block) {
  // What must be the same for one sentence to hold for two cells.
  const auto key = [](const Cell& cell) {
    const Limit limit = limit_of(cell);
    const bool by_workers = limit == Limit::blocked || limit == Limit::serial;
    return std::make_tuple(limit, by_workers ? cell.spec.workers : 0, limit == Limit::work ? usable_cpus(cell) : "",
                           limit == Limit::delay ? cell.spec.concurrency : 0, cell.spec.rate_per_s);
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
    std::string text = sentence(limit_of(*cells.front()), cells);
    if (!text.empty()) out.push_back(std::move(text));
  }
  return out;
}

std::vector<std::string> doubts(const Block& block) {
  std::vector<std::string> out;
  const auto all_once = std::ranges::all_of(block.cells, [](const Cell& c) { return c.throughput.repetitions <= 1; });
  const bool any = std::ranges::any_of(block.cells, &Cell::measured);
  if (any && all_once) out.push_back("One repetition: there is no interval, and no telling noise from difference.");

  const auto interval = [](const Cell& c) { return c.throughput.relative_half_width(); };
  if (const auto wide = where(
          block, [&](const Cell& c) { return c.throughput.has_interval() && interval(c) > 0.1; }, interval);
      !wide.cells.empty()) {
    out.push_back(fmt::format("The throughput of {} is known to within ±{} only: more repetitions would help.",
                              wide.who(), percent_in_words(wide.worst)));
  }
  if (const auto unknown = where(
          block, [](const Cell& c) { return c.throughput.repetitions > 1 && !c.throughput.has_interval(); }, interval);
      !unknown.cells.empty()) {
    out.push_back(
        fmt::format("Too few repetitions to say how precisely the throughput of {} is known (±?).", unknown.who()));
  }
  const auto unsteady = [](const Cell& c) { return static_cast<double>(c.unsteady); };
  if (const auto drifting = where(
          block, [&](const Cell& c) { return c.unsteady > 0; }, unsteady);
      !drifting.cells.empty()) {
    std::size_t trials = 0;
    for (const Cell& cell : block.cells) trials += cell.unsteady;
    out.push_back(
        fmt::format("No steady state (~), {}: throughput drifts over the window of {}. A longer --warmup or "
                    "--duration may help.",
                    drifting.who(), plural(trials, "trial", "trials")));
  }
  const auto foreign = [](const Cell& c) { return c.worst_other_cpu_share; };
  if (const auto busy_host = where(
          block, [&](const Cell& c) { return foreign(c) > 0.1; }, foreign);
      !busy_host.cells.empty()) {
    out.push_back(fmt::format("Other processes used up to {} of a CPU beside {}.", percent_in_words(busy_host.worst),
                              busy_host.who()));
  }
  const auto steal = [](const Cell& c) { return c.worst_steal_share; };
  if (const auto stolen = where(
          block, [&](const Cell& c) { return steal(c) > 0.05; }, steal);
      !stolen.cells.empty()) {
    out.push_back(
        fmt::format("The hypervisor took up to {} of a CPU from {}.", percent_in_words(stolen.worst), stolen.who()));
  }
  const auto peer = [](const Cell& c) { return c.worst_peer_cpu_share; };
  if (const auto full = where(
          block, [&](const Cell& c) { return peer(c) > 0.9; }, peer);
      !full.cells.empty()) {
    out.push_back(fmt::format("The peer used {} of a CPU with {}: it may be the limit, and not the model.",
                              percent_in_words(full.worst), full.who()));
  }
  const auto spread = [](const Cell& c) { return c.worst_slot_spread == 0 ? INFINITY : c.worst_slot_spread; };
  if (const auto unfair = where(block, is_unfair, spread); !unfair.cells.empty()) {
    const std::string how = std::isinf(unfair.worst)
                                ? std::string("some slots finished no task at all")
                                : fmt::format("some slots finished {:.1f} times as many tasks as others", unfair.worst);
    out.push_back(fmt::format("Unfair, {}: {}. Throughput was bought with starvation.", unfair.who(), how));
  }
  // What the records say themselves, each once with the models that it is about.
  std::vector<std::pair<std::string, std::vector<std::string>>> own;
  for (const Cell& cell : block.cells) {
    for (const std::string& warning : cell.warnings) {
      auto at = std::ranges::find(own, warning, &std::pair<std::string, std::vector<std::string>>::first);
      if (at == own.end()) at = own.insert(own.end(), {warning, {}});
      if (std::ranges::find(at->second, cell.label()) == at->second.end()) at->second.push_back(cell.label());
    }
  }
  for (const auto& [warning, labels] : own) out.push_back(fmt::format("{}: {}.", human_list(labels), warning));
  return out;
}

}  // namespace cbench
