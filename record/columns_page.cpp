// docs/columns.md, and the words in it. Apart from columns.cpp so that the table there is nothing but a table.
#include <iterator>

#include <fmt/format.h>

#include "record/columns.hpp"

namespace cbench {

std::string_view name_of(ColumnPart part) {
  switch (part) {
    case ColumnPart::spec: return "spec";
    case ColumnPart::result: return "result";
    case ColumnPart::host: return "host";
    case ColumnPart::build: return "build";
  }
  return "";
}

std::string_view name_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::text: return "text";
    case ColumnKind::count: return "count";
    case ColumnKind::number: return "number";
    case ColumnKind::flag: return "flag";
    case ColumnKind::map: return "map";
    case ColumnKind::list: return "list";
  }
  return "";
}

std::string_view name_of(Filled filled) {
  switch (filled) {
    case Filled::always: return "always";
    case Filled::when_ok: return "when ok";
    case Filled::when_run: return "when run";
    case Filled::sampled: return "with tasks";
    case Filled::cpu_read: return "with CPU time";
    case Filled::cpu_of_tasks: return "with CPU time, if any task finished";
    case Filled::timed: return "with times";
    case Filled::demands: return "with demands";
    case Filled::open_load: return "open load";
    case Filled::open_run: return "open load, when run";
    case Filled::given: return "if any";
  }
  return "";
}

std::string columns_document() {
  std::string out = R"(# Columns

What a row of `-o results.csv` holds, one row for each trial. The same names are the flat fields of a trial in JSON
([protocol.md](protocol.md)). This page is generated from `record/columns.cpp`, and a test holds it against the code.

The file is CSV as RFC 4180 has it, with a header, in UTF-8, except that lines end with a line feed alone. What is not
known is an empty field, never a 0 that could be taken for a measurement. cbench also reads files that went through a
spreadsheet: lines that end with CR LF, a byte order mark before the header, columns in another order or of your own,
semicolons for commas with decimal commas for points.

The last column, `trial_id`, is as long in every row: a last line that does not end with it was cut off, by what ended the
run that wrote it. Such a line is passed over, and is taken away when the file is continued ([files.md](files.md)).

**Kinds.** A *count* is a whole number from 0 on; a *number* is finite and from 0 on, and reads back exactly; a *flag* is
`true` or `false`; a *map* is `name=value;name=value`, where `\;` stands for a semicolon and `\\` for a backslash; a
*list* is `item | item`, with `\|` and `\\` likewise.

**Filled.** *always*; *when ok*: always in a trial that is ok, and of the others where it was known when they ended; *when
run*: the same, but a reader does not insist; *with tasks*: where a task finished within the window; *with times*: where a
task was timed, of an open load one that was due within the window; *with demands*: where the demands of a task were
measured on its baseline; *with CPU time*: when run, and where CPU time was read of about the time of the window, which of
fixed work that is over within a few milliseconds it is not; *open load*: only there; *if any*: where there is one.

A CPU share is of one CPU: 1.5 of 2 CPUs is 1.5.

| column | unit | kind | filled | meaning |
|---|---|---|---|---|
)";
  for (const Column& row : columns()) {
    fmt::format_to(std::back_inserter(out), "| `{}` | {} | {} | {} | {} |\n", row.name, row.unit, name_of(row.kind),
                   name_of(row.filled), row.summary);
  }
  return out;
}

}  // namespace cbench
