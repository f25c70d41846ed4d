#include "reports/shown/title_parts.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "text/human.hpp"

namespace cbench {
namespace {

std::string rate(const Cell& cell) { return human_number(cell.throughput.mean) + "/s"; }

double queued_share(const Cell* cell) {
  return cell->response.p50_us > 0 ? cell->queueing.p50_us / cell->response.p50_us : 0;
}

// "49.1k/s [48.9k, 49.3k]".
std::string with_interval(const Estimate& throughput) {
  std::string text = human_number(throughput.mean) + "/s";
  if (!throughput.has_interval()) return text;
  return text + fmt::format(" [{}, {}]", human_number(std::max(0.0, throughput.low)), human_number(throughput.high));
}

// "2026-11-22", or with the time where several runs are of that day.
std::string when(const std::string& started_at, bool same_day) {
  std::string text = started_at.substr(0, same_day ? 16 : 10);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

}  // namespace

std::string title_of(const TitleParts& parts) {
  if (parts.empty()) return "";
  return parts.front().first + (parts.size() > 1 ? parts.back().last : "");
}

TitleParts ranked_parts(const Ranking& ranking) {
  TitleParts parts;
  for (const Ranked& ranked : ranking.models) {
    const double value = estimate_of(*ranked.cell, ranking.metric).mean;
    const bool by_rate = ranking.metric == RankedBy::throughput;
    parts.push_back({.label = ranked.cell->label(),
                     .first = by_rate ? human_number(value) + "/s" : "p99 " + human_us(value),
                     .last = "",
                     .tier = ranked.place.tier});
  }
  return parts;
}

TitleParts split_parts(std::vector<const Cell*> cells) {
  std::ranges::stable_sort(cells, std::greater{}, queued_share);
  TitleParts parts;
  for (const Cell* cell : cells) {
    const std::string queued = human_us(cell->queueing.p50_us);
    const std::string share = fmt::format("{} of the {}", queued, human_us(cell->response.p50_us));
    if (!cells.empty() && queued_share(cells.front()) < 0.1) {
      parts.push_back(
          {.label = cell->label(),
           .first = fmt::format("Tasks hardly queue: at most {} that they take, with {}", share, cell->label()),
           .last = ""});
      continue;
    }
    parts.push_back({.label = cell->label(),
                     .first = fmt::format("Tasks of {} queue for {} that they take", cell->label(), share),
                     .last = fmt::format(", those of {} for {}", cell->label(), queued)});
  }
  return parts;
}

TitleParts curve_parts(std::vector<const LoadCurve*> curves) {
  std::ranges::stable_sort(curves, std::greater{},
                           [](const LoadCurve* curve) { return curve->knee ? curve->knee->at_per_s : 0; });
  TitleParts parts;
  for (const LoadCurve* curve : curves) {
    const std::string where = curve->knee ? place_of(*curve->knee) : "nowhere that could be seen";
    parts.push_back({.label = curve->label(),
                     .first = fmt::format("Response times of {} bend upwards {}", curve->label(), where),
                     .last = fmt::format(", those of {} {}", curve->label(), where)});
  }
  return parts;
}

TitleParts cost_parts(std::vector<const Cell*> cells) {
  std::erase_if(cells, [](const Cell* cell) { return cell->cpu_per_task_us <= 0; });  // not known
  std::ranges::stable_sort(cells, {}, [](const Cell* cell) { return cell->cpu_per_task_us; });
  TitleParts parts;
  for (const Cell* cell : cells) {
    const std::string cost = human_us(cell->cpu_per_task_us);
    parts.push_back({.label = cell->label(),
                     .first = fmt::format("A task costs {} {} of CPU", cell->label(), cost),
                     .last = fmt::format(", {} {}", cell->label(), cost)});
  }
  return parts;
}

TitleParts speedup_parts(std::vector<const Cell*> cells) {
  std::ranges::stable_sort(cells, std::greater{}, [](const Cell* cell) { return cell->speedup_over_one_worker; });
  TitleParts parts;
  for (const Cell* cell : cells) {
    const std::string speedup = human_factor(cell->speedup_over_one_worker);
    parts.push_back(
        {.label = cell->label(),
         .first = fmt::format("On {} workers {} gains {} over one", cell->spec.workers, cell->label(), speedup),
         .last = fmt::format(", {} {}", cell->label(), speedup),
         .workers = cell->spec.workers});
  }
  return parts;
}

TitleParts load_parts(std::vector<const Sweep*> sweeps) {
  std::ranges::stable_sort(sweeps, std::greater{},
                           [](const Sweep* sweep) { return sweep->cells.back()->throughput.mean; });
  TitleParts parts;
  for (const Sweep* sweep : sweeps) {
    const Cell& low = *sweep->cells.front();
    const Cell& high = *sweep->cells.back();
    const std::string before = human_us(low.response.p99_us);
    const std::string after = human_us(high.response.p99_us);
    const std::string p99 = before == after ? "stays at " + before : fmt::format("goes from {} to {}", before, after);
    parts.push_back(
        {.label = low.label(),
         .first = fmt::format("{} goes from {} to {} while p99 {}", low.label(), rate(low), rate(high), p99),
         .last = ""});
  }
  return parts;
}

TitleParts history_parts(std::vector<const CellHistory*> histories) {
  std::ranges::stable_sort(histories, std::greater{}, [](const CellHistory* history) {
    const double before = history->runs.front().throughput.mean;
    const double after = history->runs.back().throughput.mean;
    return before > 0 && after > 0 ? std::abs(std::log(after / before)) : 0;
  });
  TitleParts parts;
  for (const CellHistory* history : histories) {
    const RunOfCell& before = history->runs.front();
    const RunOfCell& after = history->runs.back();
    const bool same_day = before.started_at.substr(0, 10) == after.started_at.substr(0, 10);
    parts.push_back({.label = history->cell->label(),
                     .first = fmt::format("{} went from {} on {} to {} on {}", history->cell->label(),
                                          with_interval(before.throughput), when(before.started_at, same_day),
                                          with_interval(after.throughput), when(after.started_at, same_day)),
                     .last = ""});
  }
  return parts;
}

TitleParts efficiency_parts(std::span<const Cell* const> cells, std::size_t columns) {
  struct Reach {
    std::size_t workloads = 0;
    double least = 0;
  };
  std::map<std::string, Reach> reached;
  for (const Cell* cell : cells) {
    Reach& reach = reached[cell->label()];
    reach.least = reach.workloads == 0 ? cell->efficiency : std::min(reach.least, cell->efficiency);
    ++reach.workloads;
  }
  std::vector<std::pair<std::string, Reach>> models(reached.begin(), reached.end());
  std::ranges::stable_sort(models, std::greater{},
                           [&](const auto& model) { return std::pair(model.second.workloads, model.second.least); });
  const std::string_view work = columns > 1 ? "every workload" : "this workload";
  TitleParts parts;
  for (const auto& [label, reach] : models) {
    // Only who ran everywhere can be said to be good everywhere.
    std::string first = fmt::format("No model ran on {}", work);
    if (reach.workloads == columns) {
      first = fmt::format("{} comes closest to the ideal of {}: {}{}", label, work, columns > 1 ? "at least " : "",
                          percent_in_words(reach.least));
    }
    parts.push_back({.label = label, .first = std::move(first), .last = ""});
  }
  return parts;
}

}  // namespace cbench
