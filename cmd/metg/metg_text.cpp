#include "cmd/metg/metg_text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "record/record_json.hpp"
#include "sweep/metg/metg_disturbance.hpp"
#include "text/fitted.hpp"
#include "text/grid.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

std::string percent(double fraction) { return fmt::format("{:.4g} %", fraction * 100); }

std::string_view name_of(Phase phase) { return phase == Phase::compute ? "compute" : "wait"; }

// "3.40us ±6%": half of the interval beside the granularity.
std::string size_text(const MetgOfModel& model, const Metg& metg) {
  if (!model.failed.empty()) return "failed";
  if (!metg.granularity_s) return "refused";
  std::string text = human_us(*metg.granularity_s * 1e6);
  const double half = (metg.interval.high - metg.interval.low) / 2 / *metg.granularity_s;
  if (std::isfinite(half)) text += padded("±" + human_percent(half), 6, false);
  return text;
}

// From the model with the smallest granularity at the highest efficiency that it has one for.
std::vector<const MetgOfModel*> sorted(const MetgResult& result) {
  std::vector<const MetgOfModel*> models;
  for (const MetgOfModel& model : result.models) models.push_back(&model);
  const auto sizes_from_the_last = [](const MetgOfModel* model) {
    std::vector<double> sizes;
    for (auto metg = model->table.rbegin(); metg != model->table.rend(); ++metg)
      sizes.push_back(metg->granularity_s.value_or(std::numeric_limits<double>::infinity()));
    return std::make_pair(!model->failed.empty(), sizes);
  };
  std::ranges::stable_sort(models, {}, sizes_from_the_last);
  return models;
}

std::string heading(const MetgResult& result) {
  return fmt::format(
      "Minimum effective task granularity: {} · closed loop, {} in flight, {}, {}",
      result.phase == Phase::compute ? "tasks that compute (cpu, kernel=mix)" : "tasks that wait (sleep)",
      human_count(result.concurrency), plural(result.workers, "worker"), plural(result.trials, "trial"));
}

std::vector<std::string> readings(const MetgResult& result) {
  std::vector<std::string> out;
  const double middle = result.targets[result.targets.size() / 2];
  out.push_back(
      result.phase == Phase::compute
          ? fmt::format(
                "METG is the time that passes of a CPU for each task (time x CPUs / tasks, overhead included) where a "
                "model still does {} of what {} could do without any: {} of it is work. Where your tasks have "
                "less work than that, put several into one.",
                percent(middle), fmt::format("{:.3g} {}", result.at_once, result.at_once == 1 ? "CPU" : "CPUs"),
                percent(middle))
          : fmt::format(
                "METG is the time that passes in flight for each wait (time x in flight / waits, overhead included) "
                "where a model still ends {} of the waits that {} at once allow: {} of it is waiting. Shorter waits "
                "cost more to begin and to end.",
                percent(middle), human_count(result.concurrency), percent(middle)));
  for (const double target : result.targets) {
    if (target > result.one_at_a_time() * 1.001) continue;
    out.push_back(
        fmt::format("{} says nothing on {}: a model that runs one task at a time reaches it. Believe the "
                    "higher ones.",
                    percent(target),
                    result.phase == Phase::compute ? fmt::format("{:.3g} CPUs", result.at_once)
                                                   : fmt::format("{} in flight", result.concurrency)));
  }
  return out;
}

// Why there is no size, models and efficiencies with the same reason together.
std::vector<std::string> refusals(const MetgResult& result) {
  std::vector<std::string> out;
  bool upper_side = false;
  for (const MetgOfModel* model : sorted(result)) {
    if (!model->failed.empty()) {
      out.push_back(fmt::format("{}: {}.", model->label, model->failed));
      continue;
    }
    std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
    for (const Metg& metg : model->table) {
      if (metg.granularity_s) continue;
      upper_side = upper_side || metg.is_never_kept;
      auto at = std::ranges::find(reasons, metg.refused, &std::pair<std::string, std::vector<std::string>>::first);
      if (at == reasons.end()) at = reasons.insert(at, {metg.refused, {}});
      at->second.push_back(percent(metg.target));
    }
    for (const auto& [reason, targets] : reasons)
      out.push_back(fmt::format("{} at {} is refused: {}.", model->label, human_list(targets), reason));
  }
  if (upper_side && result.phase == Phase::wait && result.workers < result.concurrency) {
    out.push_back(fmt::format(
        "A model whose workers block waits with {} of the {} tasks in flight at most: {}. Give it more "
        "workers (--workers, or pool:threads={}), or fewer tasks (--concurrency {}).",
        result.workers, result.concurrency, percent(result.workers / static_cast<double>(result.concurrency)),
        result.concurrency, result.workers));
  }
  return out;
}

std::string paragraphs(const std::vector<std::string>& texts, std::size_t width, std::string_view mark) {
  std::string out;
  for (const std::string& text : texts) out += paragraph(text, width, mark, "  ");
  return out;
}

}  // namespace

std::string metg_text(const MetgResult& result, std::size_t width) {
  const auto models = sorted(result);
  std::vector<std::string> names;
  for (const double target : result.targets) names.push_back(percent(target));
  std::vector<GridColumn> columns;
  GridColumn label{.group = {}, .name = "model", .importance = GridColumn::never_dropped, .left = true, .texts = {}};
  for (const MetgOfModel* model : models) label.texts.push_back(shortened(model->label, 26));
  columns.push_back(std::move(label));
  for (std::size_t i = 0; i < names.size(); ++i) {
    GridColumn column{.group = {"METG at", "METG"}, .name = names[i], .importance = 100, .left = false, .texts = {}};
    for (const MetgOfModel* model : models) column.texts.push_back(size_text(*model, model->table[i]));
    columns.push_back(std::move(column));
  }
  GridColumn sizes{.group = {}, .name = "sizes", .importance = 1, .left = false, .texts = {}};
  for (const MetgOfModel* model : models) sizes.texts.push_back(fmt::format("{}", sizes_of(model->points).size()));
  columns.push_back(std::move(sizes));

  const Grid grid(std::move(columns), width);
  std::string text = paragraph(heading(result), width, "", "  ") + '\n';
  if (const std::string groups = grid.group_line(); !groups.empty()) text += groups + '\n';
  text += grid.name_line() + '\n' + grid.rule() + '\n';
  for (std::size_t row = 0; row < models.size(); ++row) text += grid.row(row) + '\n';
  text += grid.rule() + '\n';
  text += paragraphs(readings(result), width, "• ");
  std::vector<std::string> doubts = refusals(result);
  if (!result.disturbed.empty()) {
    doubts.push_back(
        fmt::format("CPU time on no account of its own went beside every trial of some size of {} (other processes, or "
                    "the kernel's own work): METG may be too large.",
                    human_list(result.disturbed)));
  }
  if (result.left_out > 0) {
    doubts.push_back(fmt::format(
        "{} of the {} trials {}, because other processes used the CPUs meanwhile.", result.left_out, result.trials,
        result.left_out == 1 ? "is left out and was repeated" : "are left out and were repeated"));
  }
  if (!result.ended_early.empty()) {
    doubts.push_back(fmt::format("The search ended early for {}: {} or more {} were disturbed.",
                                 human_list(result.ended_early), most_left_out,
                                 result.ended_early.size() == 1 ? "of its trials" : "trials of each"));
  }
  text += paragraphs(doubts, width, "! ");
  if (result.repetitions > 1) {
    text +=
        paragraph(fmt::format("± is half of the 95% interval, from {} repetitions of the sizes beside each crossing.",
                              result.repetitions),
                  width);
  }
  return text;
}

std::string metg_json(const MetgResult& result) {
  using Ordered = nlohmann::ordered_json;
  const auto number = [](double value) { return std::isfinite(value) ? Ordered(value) : Ordered(nullptr); };
  Ordered models = Ordered::array();
  for (const MetgOfModel& model : result.models) {
    Ordered table = Ordered::array();
    for (const Metg& metg : model.table) {
      const bool known = metg.granularity_s.has_value() && model.failed.empty();
      table.push_back(
          {{"efficiency", metg.target},
           {"metg_us", known ? number(*metg.granularity_s * 1e6) : Ordered(nullptr)},
           {"interval_us",
            known ? Ordered{number(metg.interval.low * 1e6), number(metg.interval.high * 1e6)} : Ordered(nullptr)},
           {"refused", known ? Ordered(nullptr) : Ordered(model.failed.empty() ? metg.refused : "failed")}});
    }
    Ordered sizes = Ordered::array();
    for (const GranularitySize& size : sizes_of(model.points))
      sizes.push_back({{"task_us", size.task_s * 1e6},
                       {"granularity_us", number(size.granularity_s() * 1e6)},
                       {"efficiency", size.middle},
                       {"repetitions", size.efficiencies}});
    models.push_back({{"model", model.label},
                      {"workers", model.workers},
                      {"concurrency", model.concurrency},
                      {"metg", std::move(table)},
                      {"sizes", std::move(sizes)},
                      {"failed", model.failed.empty() ? Ordered(nullptr) : Ordered(model.failed)}});
  }
  const Ordered json{{"schema_version", schema_version},  {"phase", name_of(result.phase)},
                     {"workers", result.workers},         {"concurrency", result.concurrency},
                     {"efficiencies", result.targets},    {"says_nothing_up_to", result.one_at_a_time()},
                     {"models", std::move(models)},       {"trials", result.trials},
                     {"left_out", result.left_out},       {"disturbed", result.disturbed},
                     {"ended_early", result.ended_early}, {"interrupted", result.interrupted != 0},
                     {"troubles", result.troubles()},     {"host", Ordered::parse(to_line(host_to_json(result.host)))}};
  return json.dump(2, ' ', false, Ordered::error_handler_t::replace) + '\n';
}

}  // namespace cbench
