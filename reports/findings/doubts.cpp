#include "reports/findings/doubts.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <utility>

#include "reports/findings/cells/cell_words.hpp"
#include "reports/findings/limits.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr double tasks_for_times = 10;  // of each slot within the window: that cuts off at most a tenth of them

// The cells of which something holds.
struct Doubtful {
  Cells holding;
  Cells cells;  // for each model the one of which it holds most
  double worst = 0;
  std::size_t models = 0;  // in the block, that were measured

  bool all() const { return models > 2 && cells.size() == models; }
  std::string who() const { return all() ? "all models" : names(cells); }
};
template <class Holds, class Get>
Doubtful where(const Block& block, Holds holds, Get get) {
  Doubtful out;
  std::set<std::string> models;
  for (const Cell& cell : block.cells) {
    if (!cell.measured()) continue;
    models.insert(cell.label());
    if (!holds(cell)) continue;
    out.holding.push_back(&cell);
    const auto same =
        std::ranges::find_if(out.cells, [&](const Cell* other) { return other->label() == cell.label(); });
    if (same == out.cells.end()) {
      out.cells.push_back(&cell);
    } else if (get(cell) > get(**same)) {
      *same = &cell;
    }
    out.worst = std::max(out.worst, get(cell));
  }
  out.models = models.size();
  return out;
}

double window_us(const Cell& cell) {
  return std::chrono::duration<double, std::micro>(cell.spec.load.duration).count();
}

bool is_window_too_short(const Cell& cell) { return cell.littles_response_us() * tasks_for_times > window_us(cell); }

// Rounded up to two digits, as somebody would type it.
std::string time_to_ask_for(double us) {
  const double step = std::pow(10.0, std::floor(std::log10(us)) - 1);
  const double rounded = std::ceil(us / step - 1e-9) * step;
  return format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(rounded * 1000))));
}

const auto littles_time = [](const Cell& cell) { return cell.littles_response_us(); };
const auto mean_time = [](const Cell& cell) { return cell.response.mean_us; };

// Where the window is long enough and times do not hold all the same: which way do they err?
enum class Flow : std::uint8_t { holds, left_waiting, long_under_way, changing };

Flow flow_of(const Cell& cell) {
  if (cell.times_hold() || is_window_too_short(cell)) return Flow::holds;
  const auto [least, most] = std::ranges::minmax(cell.littles_in_flights);
  const double in_flight = cell.spec.load.concurrency;
  if (least < in_flight && most > in_flight && (littles_law_holds(cell.spec.load, cell.littles_in_flight))) {
    return Flow::changing;
  }
  return cell.littles_in_flight < in_flight ? Flow::left_waiting : Flow::long_under_way;
}

void add_flows(const Block& block, std::vector<std::string>& out) {
  const auto in_flow = [&](Flow flow) {
    return where(
        block, [&](const Cell& c) { return flow_of(c) == flow; }, littles_time);
  };
  const auto by_littles_law = [&](const Cells& cells) {
    return fmt::format("{}: by Little's law a task takes {} on average, those that finished took {}",
                       names_with_workers(block, cells), range(cells, littles_time, human_us),
                       range(cells, mean_time, human_us));
  };
  if (const auto starving = in_flow(Flow::left_waiting); !starving.cells.empty()) {
    out.push_back(by_littles_law(starving.holding) +
                  ": others were left waiting. Times are not shown: they would be those of the tasks that were "
                  "served.");
  }
  if (const auto long_under_way = in_flow(Flow::long_under_way); !long_under_way.cells.empty()) {
    out.push_back(by_littles_law(long_under_way.holding) +
                  ": many of these had been under way for long when the window opened. Times are not shown: they "
                  "would be too long.");
  }
  if (const auto changing = in_flow(Flow::changing); !changing.cells.empty()) {
    const auto text = [](double in_flight) { return human_number(in_flight); };
    const auto least = [](const Cell& c) { return std::ranges::min(c.littles_in_flights); };
    const auto most = [](const Cell& c) { return std::ranges::max(c.littles_in_flights); };
    out.push_back(fmt::format(
        "{}: by Little's law {} tasks were in flight in one repetition and {} in another, where {} were asked for. "
        "Times are not shown: they are not those of a steady flow.",
        names_with_workers(block, changing.holding), range(changing.holding, least, text),
        range(changing.holding, most, text),
        range(
            changing.holding, [](const Cell& c) { return c.spec.load.concurrency; },
            [](double count) { return human_count(static_cast<std::uint64_t>(count)); })));
  }
}

void add_times(const Block& block, std::vector<std::string>& out) {
  const auto too_long = where(
      block, [](const Cell& c) { return !c.times_hold() && is_window_too_short(c); }, littles_time);
  if (!too_long.cells.empty()) {
    const Cells& cells = too_long.holding;
    const bool outlasting =
        std::ranges::all_of(cells, [](const Cell* c) { return c->littles_response_us() > window_us(*c); });
    std::string text = fmt::format(
        "{}: {} the window of {}; by Little's law one takes {} on average, those that finished took {}. Their times "
        "are not shown; --duration {}",
        names_with_workers(block, cells), outlasting ? "most tasks outlast" : "tasks are too long for",
        range(cells, window_us, time_to_ask_for), range(cells, littles_time, human_us),
        range(cells, mean_time, human_us), time_to_ask_for(tasks_for_times * too_long.worst));
    const double warmup_us = 2 * too_long.worst;
    const bool warm = std::ranges::all_of(cells, [&](const Cell* c) {
      return std::chrono::duration<double, std::micro>(c->spec.load.warmup).count() >= warmup_us;
    });
    if (!warm) text += " --warmup " + time_to_ask_for(warmup_us);
    text += " would do.";
    if (std::ranges::any_of(cells, [](const Cell* c) { return !c->settled; })) {
      text +=
          " Not every slot had finished a task when the window opened, so that the throughput may not be that of "
          "a steady flow either.";
    }
    out.push_back(std::move(text));
  }
  add_flows(block, out);
}

void add_wide(const Block& block, std::vector<std::string>& out) {
  const auto interval = [](const Cell& c) { return c.throughput.relative_half_width(); };
  const auto shown = [](double width) { return "±" + percent_in_words(width); };
  // Of a model that keeps up with an open load it is the arrivals that scatter.
  const auto wide = where(
      block, [&](const Cell& c) { return c.throughput.has_interval() && interval(c) > 0.1 && !keeps_up(c); }, interval);
  if (const auto unknown = where(
          block, [](const Cell& c) { return c.throughput.repetitions > 1 && !c.throughput.has_interval(); }, interval);
      !unknown.cells.empty()) {
    out.push_back(
        fmt::format("Too few repetitions to say how precisely the throughput of {} is known (±?).", unknown.who()));
  }
  if (wide.cells.empty()) return;
  if (wide.cells.size() == 1) {
    out.push_back(fmt::format("The throughput of {} is known to within {} only: more repetitions would help.",
                              wide.who(), shown(wide.worst)));
    return;
  }
  constexpr std::size_t most_by_name = 4;
  if (wide.cells.size() <= most_by_name) {
    std::vector<std::string> each;
    for (const Cell* cell : wide.cells) each.push_back(fmt::format("{} ({})", cell->label(), shown(interval(*cell))));
    out.push_back(fmt::format("The throughput of {} is known no better than that: more repetitions would help.",
                              human_list(each)));
    return;
  }
  const auto [least, most] = std::ranges::minmax(wide.cells, {}, [&](const Cell* cell) { return interval(*cell); });
  const std::string who =
      wide.all() ? std::string("all models") : fmt::format("{} of {} models", wide.cells.size(), wide.models);
  out.push_back(
      fmt::format("The throughput of {} is known no better than to within {} ({}) to {} ({}): more "
                  "repetitions would help.",
                  who, shown(interval(*least)), least->label(), shown(interval(*most)), most->label()));
}

void add_above_ideal(const Block& block, std::vector<std::string>& out) {
  const auto efficiency = [](const Cell& c) { return c.efficiency; };
  const auto above = where(
      block,
      [](const Cell& c) {
        return !c.is_yardstick() && c.efficiency > 1.05 && c.has_efficiency_interval() && c.efficiency_interval.low > 1;
      },
      efficiency);
  if (above.cells.empty()) return;
  out.push_back(fmt::format(
      "{} {} {} of the ideal, which cannot be: a task takes less there than it took alone, and "
      "\"of ideal\" is too high.",
      above.who(), above.cells.size() == 1 ? "reaches" : "reach", range(above.cells, efficiency, percent_in_words)));
}

void add_disturbances(const Block& block, std::vector<std::string>& out) {
  const auto unsteady = [](const Cell& c) { return static_cast<double>(c.unsteady); };
  if (const auto drifting = where(
          block, [&](const Cell& c) { return c.unsteady > 0; }, unsteady);
      !drifting.cells.empty()) {
    std::size_t trials = 0;
    for (const Cell& cell : block.cells) trials += cell.unsteady;
    out.push_back(
        fmt::format("No steady state (~), {}: throughput did not keep its level over the window of {}. A longer "
                    "--warmup or --duration may help.",
                    drifting.who(), plural(trials, "trial")));
  }
  const auto foreign = [](const Cell& c) { return c.worst_other_cpu_share; };
  if (const auto busy_host = where(
          block, [&](const Cell& c) { return foreign(c) > most_by_others; }, foreign);
      !busy_host.cells.empty()) {
    out.push_back(others_used("up to " + percent_in_words(busy_host.worst), busy_host.who()));
  }
  const auto steal = [](const Cell& c) { return c.worst_steal_share; };
  if (const auto stolen = where(
          block, [&](const Cell& c) { return steal(c) > most_stolen; }, steal);
      !stolen.cells.empty()) {
    const bool awake = std::ranges::all_of(stolen.cells, [](const Cell* cell) { return cell->kept_awake; });
    out.push_back(hypervisor_took("up to " + percent_in_words(stolen.worst), stolen.who(), awake));
  }
  const auto peer = [](const Cell& c) { return c.worst_peer_cpu_share; };
  if (const auto full = where(
          block, [&](const Cell& c) { return peer(c) > 0.9 * c.peers; }, peer);
      !full.cells.empty()) {
    // More threads can only do more where CPUs are left for them.
    const auto has_room = [](const Cell* cell) {
      return cell->cpus - cell->most_cpu_share - cell->worst_peer_cpu_share >= cell->peers;
    };
    out.push_back(fmt::format("The peer used {} of a CPU with {}: it may be the limit, and not the model.{}",
                              percent_in_words(full.worst), full.who(),
                              std::ranges::all_of(full.cells, has_room)
                                  ? fmt::format(" --peers {} would tell.", 2 * full.cells.front()->peers)
                                  : ""));
  }
}

// Work of the runtime beside the tasks: of a compiler it ends some time, of a collector it does not.
void add_housekeeping(const Block& block, std::vector<std::string>& out) {
  constexpr double much = 0.05;
  const auto compiling = [](const Cell& c) { return c.worst_compiler_share; };
  if (const auto cold = where(
          block, [&](const Cell& c) { return compiling(c) > much; }, compiling);
      !cold.cells.empty()) {
    out.push_back(
        fmt::format("Not warm, {}: up to {} of the CPU time within a window went into compiling the program. A longer "
                    "--warmup may help.",
                    cold.who(), percent_in_words(cold.worst)));
  }
  const auto collecting = [](const Cell& c) { return c.worst_collector_share; };
  if (const auto busy = where(
          block, [&](const Cell& c) { return collecting(c) > much; }, collecting);
      !busy.cells.empty()) {
    out.push_back(fmt::format("Collecting garbage took up to {} of the CPU time of {}.", percent_in_words(busy.worst),
                              busy.who()));
  }
}

void add_unfairness(const Block& block, std::vector<std::string>& out) {
  const auto tasks = [](const Cell& c) { return c.least_tasks_per_slot; };
  if (const auto starved = where(block, has_starved_slot, tasks); !starved.cells.empty()) {
    const std::string in_flight = range(
        starved.cells, [](const Cell& c) { return c.spec.load.concurrency; },
        [](double count) { return human_count(static_cast<std::uint64_t>(count)); });
    out.push_back(fmt::format("Unfair, {}: some of {} slots finished no task while others finished {} on average.",
                              starved.who(), in_flight, range(starved.cells, tasks, human_number)));
  }
  const auto spread = [](const Cell& c) { return c.worst_slot_spread; };
  if (const auto unfair = where(block, is_unfair, spread); !unfair.cells.empty()) {
    out.push_back(fmt::format("Unfair, {}: some slots finished {:.1f} times as many tasks as others.", unfair.who(),
                              unfair.worst));
  }
}

// Numbers stand in a row that are those of the trials that did not fail.
void add_failures(const Block& block, std::vector<std::string>& out) {
  const auto failures = [](const Cell& c) { return static_cast<double>(c.failures.size()); };
  const auto failing = where(
      block, [](const Cell& c) { return !words_on_failed(c).empty(); }, failures);
  for (const Cell* cell : failing.holding) {
    out.push_back(fmt::format("{} {}: its numbers are those of the others.", names_with_workers(block, {cell}),
                              words_on_failed(*cell)));
  }
}

// What the records say themselves, each once with the models that it is about.
void add_warnings(const Block& block, std::vector<std::string>& out) {
  std::vector<std::pair<std::string, std::vector<std::string>>> own;
  for (const Cell& cell : block.cells) {
    for (const std::string& warning : cell.warnings) {
      auto at = std::ranges::find(own, warning, &std::pair<std::string, std::vector<std::string>>::first);
      if (at == own.end()) at = own.insert(own.end(), {warning, {}});
      if (std::ranges::find(at->second, cell.label()) == at->second.end()) at->second.push_back(cell.label());
    }
  }
  for (const auto& [warning, labels] : own) out.push_back(fmt::format("{}: {}.", human_list(labels), warning));
}

// Who adds to a file with another --duration has cells that look alike and are not. The baseline that ran for the
// others' sake has the times of its run.
void add_mixed_times(const Block& block, std::vector<std::string>& out) {
  for (const auto& [time, what] :
       {std::pair{&LoadSpec::duration, "windows"}, std::pair{&LoadSpec::warmup, "times of warm-up"}}) {
    std::set<std::chrono::nanoseconds> values;
    for (const Cell& cell : block.cells) {
      if (!cell.spec.unasked) values.insert(cell.spec.load.*time);
    }
    if (values.size() < 2) continue;
    out.push_back(
        fmt::format("The {} differ, {} to {}: such cells are not repetitions of each other, and what differs "
                    "between them may come from that.",
                    what, format_duration(*values.begin()), format_duration(*values.rbegin())));
  }
}

}  // namespace

std::string others_used(std::string_view how_much, std::string_view who) {
  return fmt::format("Other processes used {} of a CPU beside {}.", how_much, who);
}

std::string hypervisor_took(std::string_view how_much, std::string_view who, bool kept_awake) {
  return fmt::format("The hypervisor took {} of a CPU from {}.{}", how_much, who,
                     kept_awake ? "" : " Of CPUs that --keep-awake keeps from halting it may take less.");
}

bool has_starved_slot(const Cell& cell) {
  const LoadSpec& load = cell.spec.load;
  if (load.kind == LoadKind::open || load.concurrency < 2 || cell.worst_slot_spread != 0) return false;
  constexpr double by_chance = 0.01;
  // Slots that are served in random order finish counts as Poisson has them: none with the probability of e^-m.
  const double slots = static_cast<double>(load.concurrency) * static_cast<double>(cell.throughput.repetitions);
  return cell.least_tasks_per_slot >= 5 && slots * std::exp(-cell.least_tasks_per_slot) < by_chance;
}

bool is_unfair(const Cell& cell) {
  const LoadSpec& load = cell.spec.load;
  if (load.kind == LoadKind::open || load.concurrency < 2 || cell.tasks_per_slot < 25) return false;
  const double chance = 4 * std::sqrt(cell.tasks_per_slot);
  return cell.worst_slot_spread > 1.5 &&
         cell.worst_slot_spread > (cell.tasks_per_slot + chance) / (cell.tasks_per_slot - chance);
}

std::vector<std::string> doubts(const Block& block) {
  std::vector<std::string> out;
  const auto all_once = std::ranges::all_of(block.cells, [](const Cell& c) { return c.throughput.repetitions <= 1; });
  const bool any = std::ranges::any_of(block.cells, &Cell::measured);
  if (any && all_once) out.push_back("One repetition: there is no interval, and no telling noise from difference.");
  add_failures(block, out);
  add_mixed_times(block, out);
  add_wide(block, out);
  add_times(block, out);
  add_above_ideal(block, out);
  add_disturbances(block, out);
  add_housekeeping(block, out);
  add_unfairness(block, out);
  add_warnings(block, out);
  return out;
}

}  // namespace cbench
