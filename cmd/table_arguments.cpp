#include "cmd/table_arguments.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "reports/shown/table_columns.hpp"
#include "text/terminal.hpp"

namespace cbench {

std::string TableArguments::given() const {
  if (!columns.empty()) return "--columns " + columns;
  return all_rows ? "--all-rows" : "";
}

void add_table_options(CLI::App& app, TableArguments& arguments) {
  app.add_option("--columns", arguments.columns,
                 fmt::format("Columns of the table: all, or of {}; default: the most important ones that fit the "
                             "terminal. Those asked for stand however wide they are",
                             fmt::join(column_names(), ", ")))
      ->type_name("all|NAME,...");
  app.add_flag("--all-rows", arguments.all_rows,
               "Every number of workers; default: of three models or more the best of each");
}

TableOptions table_options(const TableArguments& arguments) {
  return {.width = terminal_width(stdout),
          .colour = colour_allowed(stdout),
          .all_rows = arguments.all_rows,
          .columns = parse_columns(arguments.columns)};
}

}  // namespace cbench
