#include "reports/shown/open_table.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "reports/shown/table_columns.hpp"
#include "text/fitted.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

template <class Get>
bool varies(const std::vector<const Cell*>& cells, Get get) {
  std::set<double> values;
  for (const Cell* cell : cells) values.insert(static_cast<double>(get(*cell)));
  return values.size() > 1;
}

// Percentiles are of all repetitions together, their intervals between the repetitions.
std::string percentile(const Cell& cell, double fraction, double us) {
  return cell.knows_percentile(fraction) ? human_us(us) : std::string(unknown_number);
}
std::string interval(const Cell& cell, double fraction, const Estimate& estimate) {
  return cell.knows_repeated_percentile(fraction) ? plus_minus(estimate) : "";
}

std::string share(std::uint64_t part, std::uint64_t of) {
  return part == 0 ? ""
                   : human_percent(static_cast<double>(part) / static_cast<double>(std::max<std::uint64_t>(of, 1)));
}

std::string verdict(const Cell& cell) {
  const std::size_t measured = cell.throughput.repetitions;
  if (cell.overloaded == 0) return "ok";
  if (cell.overloaded == measured) return "overloaded";
  return fmt::format("overloaded {} of {}", cell.overloaded, measured);
}

GridColumn named(std::string_view id, std::vector<std::string_view> group, std::string_view name, int importance) {
  return {.group = std::move(group), .name = name, .importance = importance, .left = false, .texts = {}, .id = id};
}

// Whether other cells of the model have other workers.
bool workers_vary(const Block& block, const Cell& cell) {
  return std::ranges::any_of(block.cells, [&](const Cell& other) {
    return other.spec.workers != cell.spec.workers && other.label() == cell.label();
  });
}

std::string sentence(const Block& block, const Cell& cell) {
  std::string who = cell.label();
  if (cell.spec.workers > 1 || workers_vary(block, cell)) {
    who += fmt::format(" on {}", plural(cell.spec.workers, "worker"));
  }
  return fmt::format("{} could not keep up with {}/s: it {}.", who, human_number(cell.spec.load.rate_per_s),
                     cell.overload);
}

}  // namespace

bool is_open(const Block& block) {
  return !block.cells.empty() && block.cells.front().spec.load.kind == LoadKind::open;
}

std::vector<GridColumn> open_columns(const std::vector<const Cell*>& cells, const std::vector<std::string>& wanted) {
  std::vector<GridColumn> out;
  const auto add_key = [&](GridColumn column, auto show) {
    for (const Cell* cell : cells) column.texts.push_back(show(*cell));
    out.push_back(std::move(column));
  };
  // Of measured cells only; a column in which nothing stands is left out.
  const auto add = [&](GridColumn column, auto show) {
    if (column.importance != GridColumn::never_dropped && !is_wanted(column.id, wanted)) return;
    for (const Cell* cell : cells) column.texts.push_back(cell->measured() ? show(*cell) : "");
    if (!column.is_empty()) out.push_back(std::move(column));
  };
  constexpr int kept = GridColumn::never_dropped;

  add_key({{}, "model", kept, true}, [](const Cell& c) { return shortened(c.label(), 26); });
  const auto workers = [](const Cell& c) { return c.spec.workers; };
  if (varies(cells, workers) || is_wanted("workers", wanted)) {
    add_key(named("workers", {}, "workers", varies(cells, workers) ? kept : 50),
            [&](const Cell& c) { return human_count(c.spec.workers) + (c.is_beyond_cpus() ? "*" : ""); });
  }
  const auto slots = [](const Cell& c) { return c.spec.load.concurrency; };
  if (varies(cells, slots)) add_key({{}, "slots", kept}, [&](const Cell& c) { return human_count(slots(c)); });
  add_key({{}, "offered/s", kept}, [](const Cell& c) {
    return human_number(c.arrived.offered_per_s > 0 ? c.arrived.offered_per_s : c.spec.load.rate_per_s);
  });
  add({{}, "served/s", kept}, [](const Cell& c) { return human_number(c.throughput.mean); });

  const std::vector<std::string_view> response{"response time", "response", "resp."};
  add(named("p50", response, "p50", 85), [](const Cell& c) { return percentile(c, 0.5, c.response.p50_us); });
  add(named("p50-interval", response, "p50 ±", 24), [](const Cell& c) { return interval(c, 0.5, c.response_p50_us); });
  add(named("p99", response, "p99", 90), [](const Cell& c) { return percentile(c, 0.99, c.response.p99_us); });
  add(named("p99-interval", response, "p99 ±", 70), [](const Cell& c) { return interval(c, 0.99, c.response_p99_us); });
  add(named("p99.9", response, "p99.9", 60), [](const Cell& c) { return percentile(c, 0.999, c.response.p999_us); });

  // Means, since these add up.
  const std::vector<std::string_view> parts{"of it, mean:", "mean"};
  const auto mean = [](const Cell& c, const Latency& latency) {
    return c.percentiles == PercentilesFrom::nothing ? std::string() : human_us(latency.mean_us);
  };
  add(named("queued", parts, "queued", 46), [&](const Cell& c) { return mean(c, c.queueing); });
  add(named("served", parts, "served", 45), [&](const Cell& c) { return mean(c, c.service); });

  add(named("late", {}, "late", 65), [](const Cell& c) { return share(c.arrived.late, c.arrived.due); });
  add(named("shed", {}, "shed", 66), [](const Cell& c) { return share(c.arrived.shed, c.arrived.due); });
  add(named("cpu", {"CPU"}, "a task", 30),
      [](const Cell& c) { return c.cpu_per_task_us > 0 ? human_us(c.cpu_per_task_us) : ""; });
  add(named("lag", {"generator", "gen."}, "lag p99", 20),
      [](const Cell& c) { return c.arrived.lag_p99_us > 0 ? human_us(c.arrived.lag_p99_us) : std::string(); });
  add({{}, "verdict", kept, true}, verdict);
  return out;
}

std::vector<std::string> overload_sentences(const Block& block) {
  std::vector<std::string> out;
  for (const Cell& cell : block.cells) {
    if (cell.overloaded > 0) out.push_back(sentence(block, cell));
  }
  return out;
}

void OpenLegend::add(const Block& block, const Grid& grid) {
  const auto any = [&](auto holds) { return std::ranges::any_of(block.cells, holds); };
  const auto shows = [names = grid.name_line()](std::string_view name) {
    return names.find(name) != std::string::npos;
  };
  any_ = true;
  intervals_ = intervals_ || shows("±");
  late_ = late_ || shows("late");
  shed_ = shed_ || shows("shed");
  backlog_ = backlog_ || any([](const Cell& c) { return c.overloaded > 0 && c.arrived.shed == 0; });
  overshed_ = overshed_ || any([](const Cell& c) { return c.overloaded > 0 && c.arrived.shed > 0; });
}

std::string OpenLegend::text() const {
  if (!any_) return "";
  std::string text = "Response times count from when a task was due, of all that were due within the window";
  text += intervals_ ? "; ± is the 95% interval between repetitions. " : ". ";
  if (late_) text += "Late: had to wait for one of the slots. ";
  if (shed_) text += "Shed: dropped, since no slot was free; they have no response time. ";
  if (backlog_) {
    text += "Overloaded: the backlog grows for as long as the trial lasts, and the response times with it. ";
  } else if (overshed_) {
    text += "Overloaded: more arrives than is done, and is shed. ";
  }
  return text;
}

}  // namespace cbench
