// The columns of a table: what there is, and which of them are shown.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/findings/cells/cells.hpp"
#include "reports/shown/table_rows.hpp"
#include "text/grid.hpp"

namespace cbench {

inline constexpr std::string_view unknown_number = "–";
inline constexpr std::string_view all_columns = "all";

// What may be asked for by name, of closed loops or of open ones, in the order in which they stand; what tells rows
// apart stands in any case.
std::span<const std::string_view> column_names();

// Whether a column stands: of those wanted, or any where there is no wish.
bool is_wanted(std::string_view id, const std::vector<std::string>& wanted);

// "all", or names between commas. Throws UsageError for a name that there is not. Empty text: no wish.
std::vector<std::string> parse_columns(std::string_view text);

// Those that the block has numbers for, of the wanted ones; of all where there is no wish.
std::vector<GridColumn> columns_of(const Block& block, const TableRows& rows, const std::vector<std::string>& wanted);

}  // namespace cbench
