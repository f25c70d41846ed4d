#include "reports/shown/table_notes.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/shown/table_columns.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

// "±?" or "±12%?": see plus_minus.
bool has_doubted_interval(std::string_view row) {
  constexpr std::string_view sign = "±";
  for (std::size_t at = row.find(sign); at != std::string_view::npos; at = row.find(sign, at + sign.size())) {
    if (row.substr(at, row.find(' ', at) - at).ends_with('?')) return true;
  }
  return false;
}

}  // namespace

void TableNotes::add_text(std::string_view table) {
  dashes_ = dashes_ || table.find(unknown_number) != std::string_view::npos;
}

void TableNotes::add_marks(const TableRows& rows, const Grid& grid) {
  const std::vector<const Cell*> cells = rows.cells();
  for (std::size_t row = 0; row < cells.size(); ++row) {
    const Cell& cell = *cells[row];
    if (cell.is_beyond_cpus()) cpus_ = cell.cpus;
    medians_ = medians_ || cell.percentiles == PercentilesFrom::medians;
    marked_ = marked_ || has_doubted_interval(grid.row(row));
    dashes_ = dashes_ || (cell.measured() && grid.row(row).find(unknown_number) != std::string::npos);
  }
  add_dropped(grid);
}

void TableNotes::add(const TableRows& rows, const Grid& grid) {
  for (const Cell* cell : rows.cells()) {
    ideals_ = ideals_ || cell->efficiency > 0;
    locks_ = locks_ || (cell->efficiency > 0 && cell->demand_lock_us > 0);
    foreign_ = foreign_ || cell->is_foreign();
    kernel_memory_ = kernel_memory_ || cell->peak_kernel_bytes > 0;
    intervals_ = intervals_ || cell->throughput.repetitions > 1;
    few_ = few_ || cell->throughput.trust() == Trust::few;
  }
  memories_ = memories_ || grid.name_line().find("memory") != std::string::npos;
  tiers_ = tiers_ || rows.has_tiers;
  unsure_tiers_ = unsure_tiers_ || std::ranges::any_of(rows.models, [](const TableRow& row) { return !row.sure; });
  rows_ += rows.hidden;
  add_marks(rows, grid);
}

void TableNotes::add_columns(const std::vector<GridColumn>& columns) {
  std::erase(absent_, all_columns);
  for (const GridColumn& column : columns) std::erase(absent_, column.id);
}

void TableNotes::add_dropped(const Grid& grid) {
  for (const std::string_view name : grid.dropped()) {
    if (std::ranges::find(columns_, name) == columns_.end()) columns_.push_back(name);
  }
}

std::string TableNotes::legend() const {
  std::string text;
  if (tiers_) {
    text += fmt::format("# is the tier: repetitions do not tell apart who shares one{}. ",
                        unsure_tiers_ ? "; with a ? they are too few to tell" : "");
  }
  if (intervals_) text += "± is the 95% interval of the mean over repetitions. ";
  if (few_) text += fmt::format("Of fewer than {} it is too short where noise is lopsided. ", repetitions_to_trust);
  if (marked_) text += "±? is one not to be trusted: too few repetitions, or they drift. ";
  if (ideals_) {
    text += fmt::format("The ideal is what {} allow, whichever is less, at what one task takes alone. ",
                        locks_ ? "CPUs, tasks in flight or a lock" : "CPUs or tasks in flight");
  }
  if (foreign_) text += "Speedup and ideal are by the baseline of the model's own runtime. ";
  if (memories_) {
    text += kernel_memory_ ? "Memory is resident and kernel memory (stacks, page tables, sockets). "
                           : "Memory is resident memory alone. ";
  }
  if (dashes_) text += "– is a percentile with fewer than ten tasks beyond it, or not known. ";
  if (cpus_ > 0) text += fmt::format("* is more workers than CPUs ({:.3g}). ", cpus_);
  if (medians_) text += "Percentiles are medians over repetitions, for want of histograms. ";
  return text;
}

std::string TableNotes::hidden(std::size_t width) const {
  std::string text;
  if (rows_ > 0) {
    text +=
        fmt::format("Each model with the workers that serve it best; --all-rows shows {}. ", plural(rows_, "more row"));
  }
  if (!columns_.empty()) {
    text += fmt::format("No room in {} columns for {}; --columns all, or the names of some, shows them. ", width,
                        fmt::join(columns_, ", "));
  }
  if (!absent_.empty()) text += fmt::format("There is nothing to show in {}. ", human_list(absent_));
  return text;
}

}  // namespace cbench
