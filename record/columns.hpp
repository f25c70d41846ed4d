// The one table of columns: what each is called, in which unit, what it means, and how it gets out of a record and into
// one. The CSV writer and reader, the flat fields of JSON and docs/columns.md are all driven by it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "record/column.hpp"

namespace cbench {

// In the order of the file.
std::span<const Column> columns();

// nullptr where there is none of that name.
const Column* find_column(std::string_view name);

// The part, kind and filling in words of the documentation: "host", "count", "when run".
std::string_view name_of(ColumnPart part);
std::string_view name_of(ColumnKind kind);
std::string_view name_of(Filled filled);

// Files of earlier schema versions are read too. Empty where those of `version` are, else why not: "version 9, but this
// program reads versions 1 to 2".
std::string why_not_read(std::uint64_t version);

// docs/columns.md, whole.
std::string columns_document();

}  // namespace cbench
