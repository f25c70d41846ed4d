// What a table of an open loop shows: what was offered and what was served, how long that took from when it was due,
// and whether the model kept up.
#pragma once

#include <string>
#include <vector>

#include "reports/findings/cells/cells.hpp"
#include "text/grid.hpp"

namespace cbench {

bool is_open(const Block& block);

// The columns that are wanted (table_columns.hpp; no wish: all), with a text for each of these cells; the one before
// which failures are said is called "served/s".
std::vector<GridColumn> open_columns(const std::vector<const Cell*>& cells, const std::vector<std::string>& wanted);

// Which models could not keep up with what, and what became of the tasks: a sentence each.
std::vector<std::string> overload_sentences(const Block& block);

// What readers of such tables should know of the words in them. A plain value.
class OpenLegend {
 public:
  void add(const Block& block, const Grid& grid);
  // Sentences with a space behind each; empty where there was no table.
  std::string text() const;

 private:
  bool any_ = false;
  bool intervals_ = false;
  bool late_ = false;
  bool shed_ = false;
  bool backlog_ = false;   // a model is overloaded, and its backlog grows
  bool overshed_ = false;  // or what it cannot do is shed
};

}  // namespace cbench
