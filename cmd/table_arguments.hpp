// The options of every command that prints tables.
#pragma once

#include <string>

#include "reports/shown/table.hpp"

namespace CLI {
class App;
}

namespace cbench {

struct TableArguments {
  std::string columns;
  bool all_rows = false;

  // The option that was given, by which tables are changed; empty where none was.
  std::string given() const;
};

void add_table_options(CLI::App& app, TableArguments& arguments);

// For standard output. Throws UsageError for a column that there is not: ask before anything is measured.
TableOptions table_options(const TableArguments& arguments);

}  // namespace cbench
