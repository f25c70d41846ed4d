// What stands under tables: what their marks mean, and what they do not show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/findings/cells/cell.hpp"
#include "reports/shown/table_rows.hpp"
#include "text/grid.hpp"

namespace cbench {

// Collected over all tables of an output, and said once. A plain value.
class TableNotes {
 public:
  // `wanted`: the columns that were asked for, as parse_columns() returns them.
  explicit TableNotes(std::vector<std::string> wanted) : absent_(std::move(wanted)) {}

  void add(const TableRows& rows, const Grid& grid);
  // What a table has numbers for.
  void add_columns(const std::vector<GridColumn>& columns);
  // Of its marks, and of columns for which there was no room, alone: an open load has a legend of its own.
  void add_marks(const TableRows& rows, const Grid& grid);
  // A smaller table, as it is printed.
  void add_text(std::string_view table);

  // Sentences with a space behind each: of what is in the tables alone. Empty where there is nothing to explain.
  std::string legend() const;

  // How to see the columns for which there was no room, and the rows that were left out; which columns were asked for
  // that no table has.
  std::string hidden(std::size_t width) const;

 private:
  void add_dropped(const Grid& grid);

  bool medians_ = false;
  bool intervals_ = false;
  bool few_ = false;
  bool marked_ = false;
  bool ideals_ = false;
  bool locks_ = false;
  bool foreign_ = false;
  bool dashes_ = false;
  bool memories_ = false;
  bool kernel_memory_ = false;
  bool tiers_ = false;
  bool unsure_tiers_ = false;
  double cpus_ = 0;  // where a cell has more workers than that
  std::size_t rows_ = 0;
  std::vector<std::string_view> columns_;
  std::vector<std::string> absent_;  // of those that were asked for
};

}  // namespace cbench
