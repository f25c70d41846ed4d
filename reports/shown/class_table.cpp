#include "reports/shown/class_table.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "text/fitted.hpp"
#include "text/grid.hpp"
#include "text/human.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::string_view unknown = "–";
constexpr std::size_t columns_of_keys = 30;  // about: the model and its load
constexpr std::size_t columns_of_class = 22;

using Cells = std::vector<const Cell*>;

const CellClass* class_named(const Cell& cell, std::string_view name) {
  const auto found = std::ranges::find(cell.classes, name, &CellClass::name);
  return found == cell.classes.end() ? nullptr : &*found;
}

template <class Get>
bool varies(const Cells& cells, Get get) {
  std::set<double> values;
  for (const Cell* cell : cells) {
    if (!cell->is_baseline()) values.insert(static_cast<double>(get(*cell)));
  }
  return values.size() > 1;
}

std::vector<GridColumn> keys_of(const Cells& cells) {
  std::vector<GridColumn> out;
  const auto add = [&](std::string_view name, bool left, auto show) {
    GridColumn column{{}, name, GridColumn::never_dropped, left, {}};
    for (const Cell* cell : cells) column.texts.push_back(show(*cell));
    out.push_back(std::move(column));
  };
  add("model", true, [](const Cell& cell) { return shortened(cell.label(), 26); });
  if (varies(cells, [](const Cell& cell) { return cell.spec.workers; })) {
    add("workers", false, [](const Cell& cell) { return human_count(cell.spec.workers); });
  }
  if (varies(cells, [](const Cell& cell) { return cell.spec.load.concurrency; })) {
    add("in flight", false, [](const Cell& cell) { return human_count(cell.spec.load.concurrency); });
  }
  if (varies(cells, [](const Cell& cell) { return cell.spec.load.rate_per_s; })) {
    add("offered/s", false, [](const Cell& cell) { return human_number(cell.spec.load.rate_per_s); });
  }
  return out;
}

void add_class(const Cells& cells, const std::string& name, std::vector<GridColumn>& out) {
  const auto add = [&](std::string_view column, int importance, auto show) {
    GridColumn one{{name}, column, importance, false, {}};
    for (const Cell* cell : cells) {
      const CellClass* of_class = class_named(*cell, name);
      one.texts.push_back(of_class == nullptr ? std::string(unknown) : show(*cell, *of_class));
    }
    out.push_back(std::move(one));
  };
  const auto add_percentile = [&](std::string_view column, int importance, double fraction, double Latency::*value) {
    add(column, importance, [&](const Cell& cell, const CellClass& of_class) {
      if (!cell.times_hold() || !of_class.knows_percentile(fraction)) return std::string(unknown);
      return human_us(of_class.response.*value);
    });
  };
  add("tasks", 20, [](const Cell&, const CellClass& of_class) { return human_count(of_class.tasks); });
  add_percentile("p50", 30, 0.5, &Latency::p50_us);
  add_percentile("p99", GridColumn::never_dropped, 0.99, &Latency::p99_us);
  add_percentile("p99.9", 10, 0.999, &Latency::p999_us);
}

}  // namespace

bool has_classes(const Block& block) {
  return std::ranges::any_of(block.cells, [](const Cell& cell) { return !cell.classes.empty(); });
}

std::string class_table(const std::vector<const Cell*>& shown, std::size_t width, bool colour) {
  Cells cells;
  std::set<std::string> names;
  for (const Cell* cell : shown) {
    if (cell->classes.empty()) continue;
    cells.push_back(cell);
    for (const CellClass& one : cell->classes) names.insert(one.name);
  }
  const std::vector<std::string> classes(names.begin(), names.end());
  const std::size_t together =
      width > columns_of_keys ? std::max<std::size_t>(1, (width - columns_of_keys) / columns_of_class) : 1;
  std::string out;
  for (std::size_t first = 0; first < classes.size(); first += together) {
    std::vector<GridColumn> columns = keys_of(cells);
    for (std::size_t i = first; i < std::min(first + together, classes.size()); ++i) {
      add_class(cells, classes[i], columns);
    }
    const Grid grid(std::move(columns), width);
    if (first == 0) out += paragraph("Response times by class of task:", width);
    out += grid.group_line() + '\n' + coloured(grid.name_line(), Colour::bold, colour) + '\n';
    for (std::size_t row = 0; row < cells.size(); ++row) out += grid.row(row) + '\n';
    out += grid.rule() + '\n';
  }
  return out;
}

}  // namespace cbench
