// A table in Markdown, printed row by row, since a row may take a while.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cbench::simulation {

using Row = std::vector<std::string>;

inline void print_row(const Row& cells) {
  fmt::print("| {} |\n", fmt::join(cells, " | "));
  std::fflush(stdout);
}

inline void print_header(const Row& names) {
  fmt::print("\n");
  print_row(names);
  fmt::print("|{}\n", fmt::join(std::vector<std::string>(names.size(), "---|"), ""));
}

// "0.9 %": how many of all.
inline std::string share(int count, int all) { return fmt::format("{:.1f} %", 100.0 * count / all); }

}  // namespace cbench::simulation
