#include "reports/shown/pictures.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "reports/findings/limits.hpp"
#include "reports/findings/verdict.hpp"
#include "reports/shown/open_table.hpp"

namespace cbench {
namespace {

using Cells = std::vector<const Cell*>;

Cells cells_of(const Ranking& ranking) {
  Cells cells;
  for (const Ranked& ranked : ranking.models) cells.push_back(ranked.cell);
  return cells;
}

void append_baseline(const Block& block, Cells& cells) {
  for (const Cell& cell : block.cells) {
    if (cell.spec.unasked && cell.measured()) cells.push_back(&cell);
  }
}

void add_of_ranking(const Block& block, const Ranking& ranking, std::vector<Picture>& pictures) {
  const auto add = [&](PictureKind kind, std::string title, Cells cells, TitleParts parts) {
    pictures.push_back({.kind = kind,
                        .main = ranking.main,
                        .title = std::move(title),
                        .text = {},
                        .cells = std::move(cells),
                        .parts = std::move(parts)});
  };
  Cells cells = cells_of(ranking);
  if (ranking.metric == RankedBy::response_p99) {
    add(PictureKind::latency, verdict_on(ranking), std::move(cells), ranked_parts(ranking));
    return;
  }
  Cells with_baseline = cells;
  append_baseline(block, with_baseline);
  add(PictureKind::throughput, verdict_on(ranking), with_baseline, ranked_parts(ranking));
  if (ranking.main) {
    pictures.back().text = limit_sentences(block);
    std::ranges::copy(overload_sentences(block), std::back_inserter(pictures.back().text));
  }
  if (TitleParts parts = cost_parts(cells); !parts.empty()) {
    std::string title = title_of(parts);
    add(PictureKind::cost, std::move(title), std::move(with_baseline), std::move(parts));
  }
  std::erase_if(cells, [](const Cell* cell) { return !cell->knows_percentile(0.5); });
  if (cells.empty()) return;
  TitleParts parts = split_parts(cells);
  std::string title = title_of(parts);
  add(PictureKind::split, std::move(title), std::move(cells), std::move(parts));
}

// The curves over workers with the same tasks in flight.
Picture speedup_picture(std::uint32_t fixed, std::span<const ScalingSeries> series) {
  Picture picture{.kind = PictureKind::speedup};
  std::map<std::uint32_t, Cells> by_workers;  // not beyond the CPUs, where there are such
  bool within = false;
  for (const ScalingSeries& one : series) {
    if (!one.over_workers() || one.curve.fixed != fixed || one.single_per_s <= 0) continue;
    for (const Cell* cell : one.cells) {
      picture.cells.push_back(cell);
      const bool asks = cell->spec.workers > 1 && cell->speedup_over_one_worker > 0;
      if (!asks) continue;
      by_workers[cell->spec.workers].push_back(cell);
      within = within || !cell->is_beyond_cpus();
    }
    const bool has_law = one.fit && !one.fit->sentences.empty();
    if (has_law) picture.text.push_back(fmt::format("{}: {}", one.curve.label, one.fit->sentences.front()));
  }
  if (by_workers.empty()) return picture;
  auto last = std::prev(by_workers.end());
  while (within && last->second.front()->is_beyond_cpus()) --last;
  picture.parts = speedup_parts(last->second);
  picture.title = title_of(picture.parts);
  return picture;
}

Picture load_picture(std::uint32_t workers, std::span<const Sweep> sweeps) {
  Picture picture{.kind = PictureKind::load};
  std::vector<const Sweep*> on_these;
  for (const Sweep& sweep : sweeps) {
    if (sweep.cells.front()->spec.workers != workers) continue;
    picture.cells.insert(picture.cells.end(), sweep.cells.begin(), sweep.cells.end());
    on_these.push_back(&sweep);
  }
  picture.parts = load_parts(std::move(on_these));
  picture.title = title_of(picture.parts);
  return picture;
}

// The curves on so many workers.
Picture curve_picture(std::uint32_t workers, std::span<const LoadCurve> curves) {
  Picture picture{.kind = PictureKind::curve};
  std::vector<const LoadCurve*> shown;
  for (const LoadCurve& curve : curves) {
    if (curve.workers() != workers) continue;
    shown.push_back(&curve);
    picture.cells.insert(picture.cells.end(), curve.cells.begin(), curve.cells.end());
    picture.text.push_back(fmt::format("{}: {}", curve.label(), knee_words(curve)));
  }
  picture.parts = curve_parts(std::move(shown));
  picture.title = title_of(picture.parts);
  return picture;
}

// Whether the curves show all that a picture of latency against throughput would.
bool is_on_curves(const Sweep& sweep, std::span<const LoadCurve> curves) {
  return std::ranges::any_of(curves, [&](const LoadCurve& curve) {
    return std::ranges::find(curve.cells, sweep.cells.front()) != curve.cells.end();
  });
}

}  // namespace

std::string_view name_of(PictureKind kind) {
  switch (kind) {
    case PictureKind::throughput: return "throughput";
    case PictureKind::speedup: return "speedup";
    case PictureKind::latency: return "latency";
    case PictureKind::split: return "split";
    case PictureKind::load: return "load";
    case PictureKind::curve: return "curve";
    case PictureKind::cost: return "cost";
    case PictureKind::efficiency: return "efficiency";
    case PictureKind::history: return "history";
  }
  return "";
}

bool is_of_medians(const Picture& picture) {
  const bool shows = picture.kind == PictureKind::latency || picture.kind == PictureKind::split ||
                     picture.kind == PictureKind::load || picture.kind == PictureKind::curve;
  const auto from_medians = [](const Cell* cell) { return cell->percentiles == PercentilesFrom::medians; };
  return shows && std::ranges::any_of(picture.cells, from_medians);
}

std::vector<Picture> pictures_of(const Block& block, std::span<const Ranking> rankings,
                                 std::span<const ScalingSeries> series, std::span<const Sweep> sweeps,
                                 std::span<const LoadCurve> curves) {
  std::vector<Picture> pictures;
  for (const Ranking& ranking : rankings) {
    if (ranking.best_workers) add_of_ranking(block, ranking, pictures);
  }
  const auto main_load = std::ranges::find_if(rankings, &Ranking::main);
  std::set<std::uint32_t> in_flight;
  for (const ScalingSeries& one : series) {
    if (one.over_workers() && one.single_per_s > 0) in_flight.insert(one.curve.fixed);
  }
  for (const std::uint32_t fixed : in_flight) {
    Picture picture = speedup_picture(fixed, series);
    picture.main = main_load != rankings.end() && main_load->best().spec.load.concurrency == fixed;
    if (!picture.title.empty()) pictures.push_back(std::move(picture));
  }
  std::set<std::uint32_t> workers;
  for (const Sweep& sweep : sweeps) {
    if (!is_on_curves(sweep, curves)) workers.insert(sweep.cells.front()->spec.workers);
  }
  for (const std::uint32_t count : workers) {
    pictures.push_back(load_picture(count, sweeps));
    pictures.back().main = count == *workers.rbegin();
  }
  std::set<std::uint32_t> with_curves;
  for (const LoadCurve& curve : curves) with_curves.insert(curve.workers());
  for (const std::uint32_t count : with_curves) {
    pictures.push_back(curve_picture(count, curves));
    pictures.back().main = count == *with_curves.rbegin();
  }
  for (Picture& picture : pictures) {
    if (is_of_medians(picture)) picture.text.emplace_back(medians_sentence);
  }
  std::ranges::stable_sort(pictures, {}, &Picture::kind);
  return pictures;
}

std::optional<Picture> picture_over_time(std::span<const Ranking> rankings, std::span<const CellHistory> histories) {
  Picture picture{.kind = PictureKind::history, .main = true};
  std::vector<const CellHistory*> shown;
  for (const Ranking& ranking : rankings) {
    if (!ranking.main || !ranking.best_workers || ranking.metric != RankedBy::throughput) continue;
    for (const Ranked& ranked : ranking.models) {
      const auto history = std::ranges::find(histories, ranked.cell, &CellHistory::cell);
      if (history == histories.end()) continue;
      picture.cells.push_back(ranked.cell);
      shown.push_back(&*history);
    }
  }
  if (shown.empty()) return std::nullopt;
  picture.parts = history_parts(std::move(shown));
  picture.title = title_of(picture.parts);
  return picture;
}

std::vector<Picture> pictures_over(std::span<const Block* const> blocks) {
  Picture picture{.kind = PictureKind::efficiency, .main = true};
  std::size_t columns = 0;
  for (const Block* block : blocks) {
    std::map<std::string, const Cell*> best;
    for (const Cell& cell : block->cells) {
      // Of an open load it says how much was offered, and nothing of the model.
      if (cell.efficiency <= 0 || cell.spec.load.kind == LoadKind::open) continue;
      if (cell.spec.unasked || cell.is_yardstick()) continue;
      const Cell*& known = best[cell.label()];
      if (known == nullptr || cell.throughput.mean > known->throughput.mean) known = &cell;
    }
    columns += best.empty() ? 0 : 1;
    for (const auto& [label, cell] : best) picture.cells.push_back(cell);
  }
  if (picture.cells.size() < 2) return {};
  picture.parts = efficiency_parts(picture.cells, columns);
  picture.title = title_of(picture.parts);
  // Rows by result, columns as the blocks stand.
  const auto place = [&](const Cell* cell) {
    return std::ranges::find(picture.parts, cell->label(), &TitlePart::label) - picture.parts.begin();
  };
  std::ranges::stable_sort(picture.cells, {}, place);
  return {std::move(picture)};
}

}  // namespace cbench
