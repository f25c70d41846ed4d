#include "text/grid.hpp"

#include <algorithm>
#include <utility>

#include "text/fitted.hpp"

namespace cbench {
namespace {

using Columns = std::vector<GridColumn>;
using Gaps = std::vector<std::size_t>;

bool same_group(const GridColumn& a, const GridColumn& b) { return !a.group.empty() && a.group == b.group; }

Gaps make_gaps(const Columns& columns, std::size_t in_group, std::size_t elsewhere) {
  Gaps gaps;
  for (std::size_t at = 0; at < columns.size(); ++at) {
    gaps.push_back(at == 0 ? 0 : same_group(columns[at - 1], columns[at]) ? in_group : elsewhere);
  }
  return gaps;
}

std::size_t total_width(const Columns& columns, const Gaps& gaps) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < columns.size(); ++at) width += gaps[at] + columns[at].width();
  return width;
}

// Drops columns until the rest fits with a space between any two, and spends what is left on wider gaps: those between
// groups first, from the left.
Gaps fit(Columns& columns, std::size_t width) {
  while (total_width(columns, make_gaps(columns, 1, 1)) > width) {
    const auto least = std::ranges::min_element(columns, {}, &GridColumn::importance);
    if (least->importance == GridColumn::never_dropped) break;
    columns.erase(least);
  }
  if (Gaps wide = make_gaps(columns, 2, 2); total_width(columns, wide) <= width) return wide;
  Gaps gaps = make_gaps(columns, 1, 1);
  const Gaps wanted = make_gaps(columns, 1, 2);
  for (std::size_t at = 0; at < columns.size() && total_width(columns, gaps) < width; ++at) gaps[at] = wanted[at];
  return gaps;
}

std::string finished(std::string line, std::size_t width) {
  while (line.ends_with(' ')) line.pop_back();
  return shortened(line, width);
}

}  // namespace

std::string padded(std::string_view text, std::size_t width, bool left) {
  const std::size_t used = display_width(text);
  const std::string space(width > used ? width - used : 0, ' ');
  return left ? std::string(text) + space : space + std::string(text);
}

std::size_t GridColumn::width() const {
  std::size_t most = display_width(name);
  for (const std::string& text : texts) most = std::max(most, display_width(text));
  return most;
}

bool GridColumn::is_empty() const {
  return std::ranges::all_of(texts, [](const std::string& text) { return text.empty(); });
}

Grid::Grid(std::vector<GridColumn> columns, std::size_t width) : columns_(std::move(columns)), width_(width) {
  for (const GridColumn& column : columns_) dropped_.push_back(column.id);
  gaps_ = fit(columns_, width);
  for (const GridColumn& column : columns_) widths_.push_back(column.width());
  std::erase_if(dropped_, [&](std::string_view id) {
    return id.empty() || std::ranges::find(columns_, id, &GridColumn::id) != columns_.end();
  });
}

std::string Grid::group_line() const {
  std::string line;
  for (std::size_t at = 0; at < columns_.size();) {
    const GridColumn& first = columns_[at];
    line += std::string(gaps_[at], ' ');
    std::size_t span = widths_[at];
    for (++at; at < columns_.size() && same_group(first, columns_[at]); ++at) span += gaps_[at] + widths_[at];
    const auto name = std::ranges::find_if(first.group, [&](auto text) { return display_width(text) <= span; });
    line += padded(name == first.group.end() ? "" : *name, span, first.left);
  }
  return finished(std::move(line), width_);
}

std::string Grid::name_line() const {
  std::string line;
  for (std::size_t at = 0; at < columns_.size(); ++at) {
    line += std::string(gaps_[at], ' ') + padded(columns_[at].name, widths_[at], columns_[at].left);
  }
  return finished(std::move(line), width_);
}

std::string Grid::line_of(std::string_view stroke) const {
  std::string line;
  for (std::size_t i = 0; i < std::min(width_, total()); ++i) line += stroke;
  return line;
}

std::string Grid::rule() const { return line_of("─"); }
std::string Grid::light_rule() const { return line_of("┄"); }

std::string Grid::row(std::size_t row, std::size_t count) const {
  std::string line;
  for (std::size_t at = 0; at < count; ++at) {
    line += std::string(gaps_[at], ' ') + padded(columns_[at].texts[row], widths_[at], columns_[at].left);
  }
  return finished(std::move(line), width_);
}

std::size_t Grid::index_of(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::find(columns_, name, &GridColumn::name) - columns_.begin());
}

std::size_t Grid::begin_of(std::size_t column) const {
  std::size_t at = 0;
  for (std::size_t before = 0; before < column; ++before) at += gaps_[before] + widths_[before];
  return at + (column < gaps_.size() ? gaps_[column] : 0);
}

}  // namespace cbench
