#include "reports/shown/table.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "reports/findings/doubts.hpp"
#include "reports/findings/limits.hpp"
#include "reports/findings/ranking.hpp"
#include "reports/findings/verdict.hpp"
#include "reports/shown/class_table.hpp"
#include "reports/shown/heading.hpp"
#include "reports/shown/open_table.hpp"
#include "reports/shown/painter.hpp"
#include "reports/shown/table_columns.hpp"
#include "reports/shown/table_notes.hpp"
#include "reports/shown/table_rows.hpp"
#include "text/fitted.hpp"
#include "text/grid.hpp"

namespace cbench {
namespace {

std::string heading(const Block& block, const TableOptions& options, const Painter& painter) {
  const std::string& workload = block.cells.front().spec.workload;
  const std::string work = work_text(block);
  const std::string load = load_words(block);
  if (display_width(heading_text(block)) <= options.width) {
    return fmt::format("{}{} {} {}\n", painter.bold(workload), work.substr(workload.size()), painter.dim("·"), load);
  }
  std::string lines = paragraph(work, options.width, "", "  ");
  // The name is the first word of the first line.
  const std::size_t name = std::min(workload.size(), lines.size());
  lines = painter.bold(lines.substr(0, name)) + lines.substr(name);
  return lines + paragraph(load, options.width, "  ", "  ");
}

// With the ends of intervals kept together: where lines are broken a tab is no space, and in them it becomes one.
std::string with_whole_intervals(std::string text) {
  bool inside = false;
  for (char& c : text) {
    if (c == '[' || c == ']') inside = c == '[';
    if (inside && c == ' ') c = '\t';
  }
  return text;
}

// Each line painted for itself: escapes do not reach over line ends.
std::string verdicts(std::span<const Ranking> rankings, const TableOptions& options, const Painter& painter) {
  std::string out;
  for (const std::string& text : verdicts_over(rankings)) {
    const std::string lines = paragraph(with_whole_intervals(text + "."), options.width);
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = lines.find('\n', at);
      out += painter.bold(lines.substr(at, end - at)) + '\n';
      at = end + 1;
    }
  }
  return out;
}

// About the repetitions of a cell that are not ok, each reason once.
std::vector<std::string> failure_texts(const Cell& cell) {
  std::vector<std::string> out;
  for (const auto& [status, reason, times] : cell.failure_kinds()) {
    std::string text(name_of(status));
    std::ranges::replace(text, '_', ' ');
    if (times < cell.trials()) text += fmt::format(" {} of {}", times, cell.trials());
    if (!reason.empty()) text += ": " + reason;
    out.push_back(std::move(text));
  }
  return out;
}

// With a space wherever a word would be longer than a line: a reason is never cut.
std::string with_short_words(const std::string& text, std::size_t most) {
  std::string out;
  std::size_t length = 0;
  for (const char c : text) {
    const bool begins = (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    if (begins && length == most) {
      out += ' ';
      length = 0;
    }
    if (begins) length = c == ' ' ? 0 : length + 1;
    out += c;
  }
  return out;
}

// The lines of what failed, from column `indent` on.
std::vector<std::string> failure_lines(const Cell& cell, std::size_t indent, std::size_t width) {
  const std::string space(indent, ' ');
  const std::size_t room = width > indent + 1 ? width - indent : 1;
  std::vector<std::string> lines;
  for (const std::string& text : failure_texts(cell)) {
    const std::string wrapped = paragraph(with_short_words(text, room), indent + room, space, space);
    for (std::size_t at = 0; at < wrapped.size();) {
      const std::size_t end = wrapped.find('\n', at);
      lines.push_back(wrapped.substr(at, end - at));
      at = end + 1;
    }
  }
  return lines;
}

class RowLines {
 public:
  // `set_apart`: baselines stand below others.
  // `throughput`: the column of that.
  RowLines(const Grid& grid, std::string_view throughput, bool set_apart, const TableOptions& options,
           const Painter& painter)
      : grid_(grid), set_apart_(set_apart), width_(options.width), painter_(painter), keys_(grid.index_of(throughput)) {
    // What failed is said from the column on in which throughput would stand; where that leaves no room, further left.
    indent_ = grid.begin_of(keys_);
    constexpr std::size_t least_room = 24;
    if (width_ < indent_ + least_room) indent_ = width_ > least_room + 4 ? 4 : 1;
  }

  std::string of(const TableRow& row, std::size_t at) const {
    const Cell& cell = *row.cell;
    std::vector<std::string> failed = failure_lines(cell, indent_, width_);
    std::string line = cell.measured() ? grid_.row(at) : grid_.row(at, keys_);
    if (!cell.measured() && !failed.empty() && display_width(line) < indent_) {
      line = padded(line, indent_, true) + painter_.red(failed.front().substr(indent_));
      failed.erase(failed.begin());
    } else if (row.leads()) {
      line = painter_.green(line);
    } else if (cell.is_baseline() && set_apart_) {
      line = painter_.dim(line);
    }
    line += '\n';
    for (const std::string& more : failed)
      line += std::string(indent_, ' ') + painter_.red(more.substr(indent_)) + '\n';
    return line;
  }

 private:
  const Grid& grid_;
  bool set_apart_;
  std::size_t width_;
  const Painter& painter_;
  std::size_t keys_;
  std::size_t indent_ = 0;
};

std::string row_lines(const TableRows& rows, const Grid& grid, std::string_view throughput, const TableOptions& options,
                      const Painter& painter) {
  const bool set_apart = !rows.models.empty() && !rows.baselines.empty();
  const RowLines lines(grid, throughput, set_apart, options, painter);
  std::string out;
  std::size_t at = 0;
  for (const TableRow& row : rows.models) out += lines.of(row, at++);
  if (set_apart) out += painter.dim(grid.light_rule()) + '\n';
  for (const TableRow& row : rows.baselines) out += lines.of(row, at++);
  return out;
}

std::string sentences(const Block& block, const TableOptions& options, const Painter& painter) {
  std::string out;
  const auto add = [&](const std::vector<std::string>& texts, std::string_view mark, bool warning) {
    for (const std::string& text : texts) {
      const std::string lines = paragraph(text, options.width, mark, "  ");
      out += warning ? painter.yellow(lines.substr(0, lines.size() - 1)) + '\n' : lines;
    }
  };
  if (options.says_verdict) {
    add(limit_sentences(block), "• ", false);
    add(overload_sentences(block), "• ", false);
  }
  add(block.laws, "• ", false);
  add(block.shortfalls, "! ", true);
  add(doubts(block), "! ", true);
  return out;
}

}  // namespace

std::string render_table(std::span<const Block> blocks, const TableOptions& options) {
  const Painter painter(options.colour);
  const std::size_t grid_width = options.columns.empty() ? options.width : std::numeric_limits<std::size_t>::max();
  TableNotes notes(options.columns);
  OpenLegend open_legend;
  std::string out;
  for (const Block& block : blocks) {
    if (block.cells.empty()) continue;
    const bool open = is_open(block);
    const std::vector<Ranking> rankings = open ? std::vector<Ranking>{} : rankings_of(block);
    const TableRows rows = rows_of(block, rankings, options.all_rows || open);
    std::vector<GridColumn> columns =
        open ? open_columns(rows.cells(), options.columns) : columns_of(block, rows, options.columns);
    notes.add_columns(columns);
    const Grid grid(std::move(columns), grid_width);
    if (!out.empty()) out += '\n';
    out += heading(block, options, painter);
    if (options.says_verdict) out += verdicts(rankings, options, painter);
    out += '\n';
    const std::string groups = grid.group_line();
    if (!groups.empty()) out += painter.dim(groups) + '\n';
    out += painter.bold(grid.name_line()) + '\n' + painter.dim(grid.rule()) + '\n';
    out += row_lines(rows, grid, open ? "served/s" : "tasks/s", options, painter);
    out += painter.dim(grid.rule()) + '\n';
    const std::string by_class = class_table(rows.cells(), options.width, options.colour);
    notes.add_text(by_class);
    out += by_class;
    out += sentences(block, options, painter);
    if (open) {
      open_legend.add(block, grid);
      notes.add_marks(rows, grid);
    } else {
      notes.add(rows, grid);
    }
  }
  for (const std::string& text : {notes.hidden(options.width), open_legend.text() + notes.legend()}) {
    if (text.empty()) continue;
    const std::string lines = paragraph(text, options.width);
    out += painter.dim(lines.substr(0, lines.size() - 1)) + '\n';
  }
  return out;
}

}  // namespace cbench
