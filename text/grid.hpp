// A grid of text that fits a given width: columns of unlike importance, some of them gathered under a common name.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace cbench {

// One column, with the text of every row. Neighbours with the same `group` are named together over their own names, by
// the first of these that fits there.
struct GridColumn {
  static constexpr int never_dropped = std::numeric_limits<int>::max();

  std::vector<std::string_view> group;
  std::string_view name;
  int importance = 0;  // the least important are dropped first
  bool left = false;
  std::vector<std::string> texts;
  std::string_view id = {};  // what dropped() calls it

  std::size_t width() const;
  bool is_empty() const;
};

// Columns that fit into `width`, once the least important are dropped, with gaps as wide as there is room for. Lines
// have no line end and no spaces at their end; none is wider than `width`.
class Grid {
 public:
  Grid(std::vector<GridColumn> columns, std::size_t width);

  std::string group_line() const;  // empty where no group is left
  std::string name_line() const;
  std::string rule() const;
  std::string light_rule() const;  // between rows
  // The first `count` columns of a row.
  std::string row(std::size_t row, std::size_t count) const;
  std::string row(std::size_t at) const { return row(at, columns_.size()); }

  // The ids of the columns for which there was no room, as they would have stood.
  const std::vector<std::string_view>& dropped() const { return dropped_; }

  std::size_t index_of(std::string_view name) const;  // the number of columns where it was dropped
  std::size_t begin_of(std::size_t column) const;     // where on the line its gap ends

 private:
  std::string line_of(std::string_view stroke) const;
  std::size_t total() const { return begin_of(columns_.size()); }

  std::vector<GridColumn> columns_;
  std::size_t width_;
  std::vector<std::string_view> dropped_;
  std::vector<std::size_t> gaps_;    // the spaces before each column
  std::vector<std::size_t> widths_;  // of the columns, which every row asks for
};

// With spaces on the right, or on the left, up to `width` columns.
std::string padded(std::string_view text, std::size_t width, bool left);

}  // namespace cbench
