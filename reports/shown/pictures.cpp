#include "reports/shown/pictures.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "reports/findings/limits.hpp"
#include "reports/findings/verdict.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

using Cells = std::vector<const Cell*>;

std::string rate(const Cell& cell) { return human_number(cell.throughput.mean) + "/s"; }

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

std::string split_title(const Cells& cells) {
  const auto share = [](const Cell* cell) {
    return cell->response.p50_us > 0 ? cell->queueing.p50_us / cell->response.p50_us : 0;
  };
  const auto [least, most] = std::ranges::minmax(cells, {}, share);
  const std::string worst =
      fmt::format("{} of the {}", human_us(most->queueing.p50_us), human_us(most->response.p50_us));
  if (share(most) < 0.1)
    return fmt::format("Tasks hardly queue: at most {} that they take, with {}", worst, most->label());
  std::string title = fmt::format("Tasks of {} queue for {} that they take", most->label(), worst);
  if (least != most) title += fmt::format(", those of {} for {}", least->label(), human_us(least->queueing.p50_us));
  return title;
}

std::string cost_title(const Cells& cells) {
  const auto cost = [](const Cell* cell) { return cell->cpu_per_task_us; };
  const auto [least, most] = std::ranges::minmax(cells, {}, cost);
  std::string title = fmt::format("A task costs {} {} of CPU", least->label(), human_us(cost(least)));
  if (least != most) title += fmt::format(", {} {}", most->label(), human_us(cost(most)));
  return title;
}

void add_of_ranking(const Block& block, const Ranking& ranking, std::vector<Picture>& pictures) {
  const auto add = [&](PictureKind kind, std::string title, Cells cells) {
    pictures.push_back({.kind = kind, .main = ranking.main, .title = std::move(title), .cells = std::move(cells)});
  };
  Cells cells = cells_of(ranking);
  if (ranking.metric == RankedBy::response_p99) {
    add(PictureKind::latency, verdict_on(ranking), std::move(cells));
    return;
  }
  Cells with_baseline = cells;
  append_baseline(block, with_baseline);
  add(PictureKind::throughput, verdict_on(ranking), with_baseline);
  if (ranking.main) pictures.back().text = limit_sentences(block);
  const bool costs = std::ranges::any_of(cells, [](const Cell* cell) { return cell->cpu_per_task_us > 0; });
  if (costs) add(PictureKind::cost, cost_title(cells), std::move(with_baseline));
  std::erase_if(cells, [](const Cell* cell) { return !cell->knows_percentile(0.5); });
  if (cells.empty()) return;
  std::string title = split_title(cells);
  add(PictureKind::split, std::move(title), std::move(cells));
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
  const auto& [workers, cells] = *last;
  const auto speedup = [](const Cell* cell) { return cell->speedup_over_one_worker; };
  const auto [least, most] = std::ranges::minmax(cells, {}, speedup);
  picture.title =
      fmt::format("On {} workers {} gains {} over one", workers, most->label(), human_factor(speedup(most)));
  if (least != most) picture.title += fmt::format(", {} {}", least->label(), human_factor(speedup(least)));
  return picture;
}

Picture load_picture(std::uint32_t workers, std::span<const Sweep> sweeps) {
  Picture picture{.kind = PictureKind::load};
  const Sweep* best = nullptr;
  for (const Sweep& sweep : sweeps) {
    if (sweep.cells.front()->spec.workers != workers) continue;
    picture.cells.insert(picture.cells.end(), sweep.cells.begin(), sweep.cells.end());
    const bool better = best == nullptr || sweep.cells.back()->throughput.mean > best->cells.back()->throughput.mean;
    if (better) best = &sweep;
  }
  const Cell& low = *best->cells.front();
  const Cell& high = *best->cells.back();
  const std::string before = human_us(low.response.p99_us);
  const std::string after = human_us(high.response.p99_us);
  picture.title = fmt::format("{} goes from {} to {} while p99 ", low.label(), rate(low), rate(high));
  picture.title += before == after ? "stays at " + before : fmt::format("goes from {} to {}", before, after);
  return picture;
}

// The curves on so many workers.
Picture curve_picture(std::uint32_t workers, std::span<const LoadCurve> curves) {
  Picture picture{.kind = PictureKind::curve};
  std::vector<std::string> knees;
  for (const LoadCurve& curve : curves) {
    if (curve.workers() != workers) continue;
    picture.cells.insert(picture.cells.end(), curve.cells.begin(), curve.cells.end());
    picture.text.push_back(fmt::format("{}: {}", curve.label(), knee_words(curve)));
    if (!curve.knee) continue;
    const double low = curve.knee->low_per_s;
    const std::string high = human_number(curve.knee->high_per_s);
    knees.push_back(low > 0 ? fmt::format("{} between {} and {}/s", curve.label(), human_number(low), high)
                            : fmt::format("{} below {}/s", curve.label(), high));
  }
  picture.title = knees.empty() ? "Response time against load: no knee is to be seen"
                                : "Response times bend upwards: " + human_list(knees);
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

std::vector<Picture> pictures_over(std::span<const Block* const> blocks) {
  Picture picture{.kind = PictureKind::efficiency, .main = true};
  std::map<std::string, std::vector<double>> efficiencies;  // of each model at its best
  std::size_t columns = 0;
  for (const Block* block : blocks) {
    std::map<std::string, const Cell*> best;
    for (const Cell& cell : block->cells) {
      if (cell.efficiency <= 0 || cell.spec.unasked || cell.is_yardstick()) continue;
      const Cell*& known = best[cell.label()];
      if (known == nullptr || cell.throughput.mean > known->throughput.mean) known = &cell;
    }
    columns += best.empty() ? 0 : 1;
    for (const auto& [label, cell] : best) {
      picture.cells.push_back(cell);
      efficiencies[label].push_back(cell->efficiency);
    }
  }
  if (picture.cells.size() < 2) return {};
  // Only who ran everywhere can be said to be good everywhere.
  std::string closest;
  double most = 0;
  for (const auto& [label, values] : efficiencies) {
    const double least = std::ranges::min(values);
    if (values.size() < columns || least <= most) continue;
    most = least;
    closest = label;
  }
  const std::string_view work = columns > 1 ? "every workload" : "this workload";
  picture.title = closest.empty() ? fmt::format("No model ran on {}", work)
                                  : fmt::format("{} comes closest to the ideal of {}: {}{}", closest, work,
                                                columns > 1 ? "at least " : "", percent_in_words(most));
  return {std::move(picture)};
}

}  // namespace cbench
