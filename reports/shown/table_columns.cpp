#include "reports/shown/table_columns.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "reports/shown/class_table.hpp"
#include "reports/shown/spans.hpp"
#include "text/fitted.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

// Throughput stands in any case.
constexpr std::array<std::string_view, 18> names{
    "workers", "p50",        "p50-interval", "p99",     "p99-interval",       "p99.9", "queued", "served",
    "late",    "shed",       "speedup",      "scaling", "speedup-sequential", "ideal", "cpu",    "lag",
    "memory",  "memory-task"};

// "±20%" where an efficiency is known no better than to within 5 percentage points.
std::string unsure_of_ideal(const Cell& cell) {
  if (cell.is_yardstick() || cell.efficiency <= 0 || !cell.has_efficiency_interval()) return "";
  const double half = (cell.efficiency_interval.high - cell.efficiency_interval.low) / 2;
  return half < 0.05 ? "" : fmt::format("±{:.0f}%", half * 100);
}

std::string factor(double value) { return value > 0 ? human_factor(value) : ""; }
std::string bytes(double count) { return count > 0 ? human_bytes(count) : ""; }
std::string duration(double ns) { return human_us(ns / 1000); }

class Columns {
 public:
  Columns(const Block& block, const TableRows& rows, const std::vector<std::string>& wanted)
      : block_(block), cells_(rows.cells()), wanted_(wanted) {
    if (rows.has_tiers) {
      GridColumn tier{.group = {}, .name = "#", .importance = GridColumn::never_dropped, .left = true, .texts = {}};
      for (const TableRow& row : rows.models) tier.texts.push_back(row.tier_text());
      for (const TableRow& row : rows.baselines) tier.texts.push_back(row.tier_text());
      out_.push_back(std::move(tier));
    }
  }

  void add_keys() {
    add_key({.group = {}, .name = "model", .importance = GridColumn::never_dropped, .left = true, .texts = {}},
            [](const Cell& cell) { return shortened(cell.label(), 26); });
    const bool of_workers = varies(block_, workers_of);
    if (of_workers || is_wanted("workers")) {
      add_key(named("workers", {}, "workers", of_workers ? GridColumn::never_dropped : 50),
              [](const Cell& cell) { return whole(cell.spec.workers) + (cell.is_beyond_cpus() ? "*" : ""); });
    }
    add_key_where_it_varies("in flight", concurrency_of, whole);
    add_key_where_it_varies("offered/s", rate_of, human_number);
    add_key_where_it_varies("tasks", fixed_tasks_of, whole);
    add_key_where_it_varies("window", window_of, duration);
    add_key_where_it_varies("warm-up", warmup_of, duration);
  }

  void add_throughput() {
    std::size_t intervals = 0;  // how wide the widest is
    for (const Cell* cell : cells_) {
      const std::size_t wide = display_width(plus_minus(cell->throughput));
      if (wide > 0) intervals = std::max<std::size_t>({intervals, wide + 1, 6});
    }
    add(named("throughput", {"throughput"}, "tasks/s", GridColumn::never_dropped), [intervals](const Cell& cell) {
      std::string text = (cell.unsteady > 0 ? "~" : "") + human_number(cell.throughput.mean);
      if (intervals > 0) text += padded(plus_minus(cell.throughput), intervals, false);
      return text;
    });
  }

  void add_times() {
    std::vector<std::string_view> response{"response time", "response", "resp."};
    if (has_classes(block_)) response = {"response, all tasks", "all tasks", "all"};
    add_time(named("p50", response, "p50", 85), &Cell::response, &Latency::p50_us, 0.5);
    add_time(named("p99", response, "p99", 80), &Cell::response, &Latency::p99_us, 0.99);
    add(named("p99-interval", response, "±", 25),
        [](const Cell& c) { return c.knows_percentile(0.99) ? plus_minus(c.response_p99_us) : std::string(); });
    add_time(named("p99.9", response, "p99.9", 60), &Cell::response, &Latency::p999_us, 0.999);
    const std::vector<std::string_view> parts{"of it, p50:", "p50"};
    add_time(named("queued", parts, "queued", 45), &Cell::queueing, &Latency::p50_us, 0.5);
    add_time(named("served", parts, "served", 44), &Cell::service, &Latency::p50_us, 0.5);
  }

  void add_ratios() {
    const auto over_baseline = [](const Cell& c) { return factor(c.speedup_over_sequential); };
    // Where models of several runtimes stand side by side, that over the native baseline, too.
    const bool foreign = std::ranges::any_of(cells_, [](const Cell* c) { return c->is_foreign(); });
    const auto native = std::ranges::find_if(
        block_.cells, [](const Cell& c) { return c.is_baseline() && c.measured() && !c.is_foreign(); });
    const auto over_native = [&](const Cell& c) {
      // Of fixed work that is longer start-up weighs less: see set_speedups.
      const bool comparable = foreign && native != block_.cells.end() && native->spec.load.tasks <= c.spec.load.tasks;
      return comparable ? factor(c.throughput.mean / native->throughput.mean) : "";
    };
    if (varies(block_, workers_of)) {
      const std::vector<std::string_view> speedup{"speedup over", "speedup", "over"};
      add(named("speedup", speedup, "serial", 75), over_baseline);
      add(named("scaling", speedup, "n = 1", 70),
          [](const Cell& c) { return c.is_baseline() ? "" : factor(c.speedup_over_one_worker); });
      add(named("speedup-sequential", speedup, "sequential", 68), over_native);
    } else {
      add(named("speedup", {" "}, "speedup", 75), over_baseline);
      add(named("speedup-sequential", {"speedup over", "over"}, "sequential", 68), over_native);
    }
    const bool any_unsure = std::ranges::any_of(cells_, [](const Cell* c) { return !unsure_of_ideal(*c).empty(); });
    add_dashed(named("ideal", {"of"}, "ideal", 65), [any_unsure](const Cell& c) -> std::string {
      if (c.efficiency <= 0 || c.is_yardstick()) return "";
      return human_percent(c.efficiency) + (any_unsure ? padded(unsure_of_ideal(c), 4, true) : "");
    });
  }

  void add_costs() {
    add(named("cpu", {"CPU"}, "a task", 55),
        [](const Cell& c) { return c.cpu_per_task_us > 0 ? human_us(c.cpu_per_task_us) : ""; });
    add(named("memory", {"peak"}, "memory", 30),
        [](const Cell& c) { return bytes(static_cast<double>(c.peak_memory_bytes)); });
    add(named("memory-task", {"memory"}, "a task", 24), [](const Cell& c) { return bytes(c.bytes_per_task); });
  }

  std::vector<GridColumn> take() && { return std::move(out_); }

 private:
  static GridColumn named(std::string_view id, std::vector<std::string_view> group, std::string_view name,
                          int importance) {
    return {.group = std::move(group), .name = name, .importance = importance, .left = false, .texts = {}, .id = id};
  }

  bool is_wanted(std::string_view id) const { return id == "throughput" || cbench::is_wanted(id, wanted_); }

  // What tells cells apart is known of those that failed, too.
  template <class Show>
  void add_key(GridColumn column, Show show) {
    for (const Cell* cell : cells_) column.texts.push_back(show(*cell));
    out_.push_back(std::move(column));
  }
  template <class Get, class Show>
  void add_key_where_it_varies(std::string_view name, Get get, Show show) {
    if (!varies(block_, get)) return;
    add_key(named("", {}, name, GridColumn::never_dropped),
            [&](const Cell& cell) { return show(static_cast<double>(get(cell))); });
  }

  // `show` is asked of measured cells only, and returns nothing where it does not know.
  template <class Show>
  void add(GridColumn column, Show show) {
    if (!is_wanted(column.id)) return;
    for (const Cell* cell : cells_) column.texts.push_back(cell->measured() ? show(*cell) : "");
    if (!column.is_empty()) out_.push_back(std::move(column));
  }
  // The same, where a cell that does not know gets a dash.
  template <class Show>
  void add_dashed(GridColumn column, Show show) {
    const std::size_t before = out_.size();
    add(std::move(column), show);
    if (out_.size() == before) return;
    for (std::size_t row = 0; row < cells_.size(); ++row) {
      std::string& text = out_.back().texts[row];
      if (cells_[row]->measured() && text.empty()) text = unknown_number;
    }
  }
  void add_time(GridColumn column, Latency Cell::*latency, double Latency::*value, double fraction) {
    add_dashed(std::move(column), [&](const Cell& cell) {
      return cell.knows_percentile(fraction) ? human_us(cell.*latency.*value) : std::string();
    });
  }

  const Block& block_;
  std::vector<const Cell*> cells_;
  const std::vector<std::string>& wanted_;
  std::vector<GridColumn> out_;
};

}  // namespace

std::span<const std::string_view> column_names() { return names; }

bool is_wanted(std::string_view id, const std::vector<std::string>& wanted) {
  const auto asks_for = [&](std::string_view name) { return std::ranges::find(wanted, name) != wanted.end(); };
  return wanted.empty() || asks_for(all_columns) || asks_for(id);
}

std::vector<std::string> parse_columns(std::string_view text) {
  std::vector<std::string> wanted;
  if (text.empty()) return wanted;
  std::vector<std::string> known(names.begin(), names.end());
  known.emplace_back(all_columns);
  while (true) {
    const std::size_t comma = text.find(',');
    std::string name(text.substr(0, comma));
    if (std::ranges::find(known, name) == known.end()) throw unknown("column", name, known);
    wanted.push_back(std::move(name));
    if (comma == std::string_view::npos) return wanted;
    text.remove_prefix(comma + 1);
  }
}

std::vector<GridColumn> columns_of(const Block& block, const TableRows& rows, const std::vector<std::string>& wanted) {
  Columns columns(block, rows, wanted);
  columns.add_keys();
  columns.add_throughput();
  columns.add_times();
  columns.add_ratios();
  columns.add_costs();
  return std::move(columns).take();
}

}  // namespace cbench
