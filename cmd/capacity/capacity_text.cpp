#include "cmd/capacity/capacity_text.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "record/record_json.hpp"
#include "reports/findings/doubts.hpp"
#include "reports/shown/heading.hpp"
#include "text/fitted.hpp"
#include "text/grid.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

struct Ranked {
  const CapacityOfModel* model;
  const CapacityFound* found;
};

std::string_view name_of(Known known) {
  switch (known) {
    case Known::found: return "found";
    case Known::at_least: return "at_least";
    case Known::none_passes: return "none_passes";
    case Known::cannot_tell: return "cannot_tell";
  }
  return "";
}

double sort_key(const CapacityFound& found) {
  if (found.answer.known == Known::found) return found.answer.capacity->median_per_s();
  return found.answer.known == Known::at_least ? found.answer.lower_per_s.value_or(0) : 0;
}

// From the highest capacity down.
std::vector<Ranked> ranked(const CapacityResult& result, std::size_t slo) {
  std::vector<Ranked> all;
  for (const CapacityOfModel& model : result.models) all.push_back({&model, &model.found[slo]});
  std::ranges::stable_sort(all,
                           [](const Ranked& a, const Ranked& b) { return sort_key(*a.found) > sort_key(*b.found); });
  return all;
}

// Four digits: a capacity is known to a per cent or so.
std::string rate_text(double per_s) {
  return per_s >= 1000 ? human_count(static_cast<std::uint64_t>(std::llround(per_s))) : fmt::format("{:.4g}", per_s);
}

std::string capacity_cell(const Ranked& one) {
  const RateAnswer& answer = one.found->answer;
  if (!one.model->failed.empty()) return "failed";
  switch (answer.known) {
    case Known::found: return rate_text(answer.capacity->median_per_s());
    case Known::at_least: return ">= " + rate_text(*answer.lower_per_s);
    case Known::none_passes: return "none";
    case Known::cannot_tell: return "?";
  }
  return "";
}

std::string interval_cell(const Ranked& one) {
  if (one.found->answer.known != Known::found) return "";
  const Interval interval = one.found->answer.capacity->interval_per_s();
  return fmt::format("{}-{}", rate_text(interval.low), rate_text(interval.high));
}

// Ratios only between capacities that were found: a bound has none.
std::string ratio_cell(const Ranked& one, const Ranked& best) {
  if (one.found->answer.known != Known::found || best.found->answer.known != Known::found) return "";
  if (one.model == best.model) return "best";
  const auto ratio = one.found->answer.capacity->over(*best.found->answer.capacity);
  return fmt::format("{:.0f}% ({:.0f}-{:.0f})", 100 * ratio.median, 100 * ratio.interval.low,
                     100 * ratio.interval.high);
}

std::string limit_cell(const Ranked& one) {
  if (!one.model->failed.empty() || one.found->answer.known == Known::cannot_tell) return "";
  return one.found->limit;
}

std::string table(const CapacityResult& result, std::size_t slo, std::size_t width) {
  const auto rows = ranked(result, slo);
  const auto column = [&](std::string_view name, int importance, bool left, const auto& text) {
    GridColumn made{.group = {}, .name = name, .importance = importance, .left = left, .texts = {}};
    for (const Ranked& row : rows) made.texts.push_back(text(row));
    return made;
  };
  std::vector<GridColumn> columns;
  constexpr int always = GridColumn::never_dropped;
  columns.push_back(column("model", always, true, [](const Ranked& row) { return shortened(row.model->label, 26); }));
  columns.push_back(column("capacity/s", always, false, capacity_cell));
  columns.push_back(column("95% interval", always, false, interval_cell));
  if (rows.size() > 1) {
    columns.push_back(
        column("of the best", 80, false, [&](const Ranked& row) { return ratio_cell(row, rows.front()); }));
  }
  columns.push_back(column("limit", 90, true, limit_cell));
  columns.push_back(column("p99", 60, false, [](const Ranked& row) {
    return row.found->p99_us ? human_us(*row.found->p99_us) : std::string();
  }));
  columns.push_back(column("trials", 1, false, [](const Ranked& row) { return fmt::format("{}", row.model->trials); }));
  const Grid grid(std::move(columns), width);
  std::string text = grid.name_line() + '\n' + grid.rule() + '\n';
  for (std::size_t row = 0; row < rows.size(); ++row) text += grid.row(row) + '\n';
  return text + grid.rule() + '\n';
}

// The distance of the runner-up, where both are known.
void add_winner(std::vector<std::string>& out, const std::vector<Ranked>& rows) {
  if (rows.size() < 2) return;
  const RateAnswer& first = rows[0].found->answer;
  const RateAnswer& second = rows[1].found->answer;
  if (first.known != Known::found || second.known != Known::found) return;
  const auto ratio = first.capacity->over(*second.capacity);
  if (ratio.interval.low <= 1) {
    out.push_back(
        fmt::format("{} and {} cannot be told apart: the ratio of their capacities is {:.2f} ({:.2f} to {:.2f}).",
                    rows[0].model->label, rows[1].model->label, ratio.median, ratio.interval.low, ratio.interval.high));
    return;
  }
  out.push_back(fmt::format("{} sustains {:.2f} times the rate of {}, which comes next ({:.2f} to {:.2f}).",
                            rows[0].model->label, ratio.median, rows[1].model->label, ratio.interval.low,
                            ratio.interval.high));
}

std::string sentence(const CapacityResult& result, const Slo& slo, const Ranked& one) {
  const RateAnswer& answer = one.found->answer;
  const std::string& label = one.model->label;
  const std::string because =
      one.found->limit_reason.empty() ? std::string() : fmt::format(" ({})", one.found->limit_reason);
  if (!one.model->failed.empty()) return fmt::format("{}: {}.", label, one.model->failed);
  if (answer.known == Known::at_least) {
    const std::string served = answer.passing_per_s > answer.lower_per_s
                                   ? fmt::format(", and served {}/s there", rate_text(*answer.lower_per_s))
                                   : "";
    if (answer.upper_is_unmeasured) {
      return fmt::format(
          "{} keeps the objectives up to {}/s{}; beyond, the {} is the limit{}, and nothing is said about "
          "the model.",
          label, rate_text(*answer.passing_per_s), served, one.found->limit, because);
    }
    return fmt::format("{} keeps the objectives at {}/s, the highest rate that was tried{}.", label,
                       rate_text(*answer.passing_per_s), served);
  }
  if (answer.known == Known::none_passes) {
    return fmt::format("No rate that was tried meets {} with {}: not even {}/s, where it fails by {}{}.", slo.text,
                       label, rate_text(*answer.upper_per_s), one.found->limit, because);
  }
  if (answer.passes_unserved_per_s) {
    return fmt::format(
        "Half of the trials of {} pass at {}/s, but it served no more than {}/s there: in trials this short, a backlog "
        "that grows so slowly is not told from chance. Its capacity is what it served; the interval reaches up to what "
        "passes.",
        label, rate_text(*answer.passes_unserved_per_s), rate_text(answer.capacity->median_per_s()));
  }
  if (answer.known != Known::cannot_tell) return {};
  if (result.was_cut_short()) {
    return fmt::format("{} cannot be told: the search was cut short after {}.", label,
                       plural(one.model->trials, "trial"));
  }
  if (answer.too_slow_to_judge) {
    return fmt::format(
        "{} cannot be judged: its percentiles need {} requests in a trial, and at the rates that it might "
        "sustain these take too long for {} in all. Give it more --time.",
        label, human_count(static_cast<std::uint64_t>(std::llround(slo.least_tasks()))),
        format_duration(std::chrono::nanoseconds(std::llround(result.time_s * 1e9))));
  }
  std::string text = fmt::format("{} cannot be told after {} trials", label, one.model->trials);
  if (answer.lower_per_s) text += fmt::format("; {}/s passes", rate_text(*answer.lower_per_s));
  if (answer.upper_per_s) text += fmt::format("; {}/s fails", rate_text(*answer.upper_per_s));
  if (answer.contradictory) text += ", and trials contradict each other: rates fail below others that pass";
  return text + ". Give it more --time, or a quieter machine.";
}

// Where all models have as many.
std::string workers_of_all(const CapacityResult& result) {
  const std::uint32_t workers = result.models.front().workers;
  const bool alike =
      std::ranges::all_of(result.models, [&](const CapacityOfModel& model) { return model.workers == workers; });
  return alike ? ", " + plural(workers, "worker") : "";
}

std::string of_slo(const CapacityResult& result, std::size_t at, std::size_t width) {
  const Slo& slo = result.slos[at];
  const auto rows = ranked(result, at);
  std::string text = paragraph(fmt::format("Capacity under {} · {} · open loop, {} arrivals{}", slo.text,
                                           work_text(result.workload, result.parameters),
                                           result.poisson ? "Poisson" : "equally spaced", workers_of_all(result)),
                               width, "", "  ");
  text += '\n' + table(result, at, width);
  std::vector<std::string> readings;
  add_winner(readings, rows);
  for (const std::string& reading : readings) text += paragraph(reading, width, "• ", "  ");
  std::vector<std::string> wide;
  for (const Ranked& row : rows) {
    if (const std::string doubt = sentence(result, slo, row); !doubt.empty())
      text += paragraph(doubt, width, "! ", "  ");
    const RateAnswer& answer = row.found->answer;
    const bool was_lowered = answer.passes_unserved_per_s.has_value();
    if (answer.known == Known::found && !answer.is_narrow && !was_lowered) wide.push_back(row.model->label);
  }
  if (!wide.empty()) {
    text += paragraph(
        fmt::format("{} before {} {} known to ±{:.2g} %{}",
                    result.was_cut_short() ? "The search was cut short" : "The time was used up", human_list(wide),
                    wide.size() == 1 ? "was" : "were", 100 * result.width / (2 + result.width),
                    result.was_cut_short() ? "." : ": trials of one rate scatter. More --time narrows the interval."),
        width, "! ", "  ");
  }
  return text;
}

// What others took of the CPUs, in the words of `cbench run`: of each model the mean over its trials.
template <class Get>
std::string taken(const CapacityResult& result, double most, Get get, const auto& in_words) {
  std::vector<std::string> labels;
  double worst = 0;
  for (const CapacityOfModel& model : result.models) {
    if (get(model) <= most) continue;
    labels.push_back(model.label);
    worst = std::max(worst, get(model));
  }
  if (labels.empty()) return {};
  const std::string who =
      labels.size() > 2 && labels.size() == result.models.size() ? std::string("all models") : human_list(labels);
  return in_words(fmt::format("{}{}", labels.size() == 1 ? "a mean of " : "a mean of up to ", percent_in_words(worst)),
                  who);
}

std::vector<std::string> disturbances(const CapacityResult& result) {
  return {taken(
              result, most_by_others,
              [](const CapacityOfModel& model) { return model.foreign_cpu_share - model.steal_share; }, others_used),
          taken(
              result, most_stolen, [](const CapacityOfModel& model) { return model.steal_share; },
              [&](const std::string& how_much, const std::string& who) {
                return hypervisor_took(how_much, who, !result.host.idle.empty());
              })};
}

}  // namespace

std::string capacity_text(const CapacityResult& result, std::size_t width) {
  std::string text;
  for (std::size_t at = 0; at < result.slos.size(); ++at) text += (at == 0 ? "" : "\n") + of_slo(result, at, width);
  for (const std::string& doubt : disturbances(result)) {
    if (!doubt.empty()) text += paragraph(doubt, width, "! ", "  ");
  }
  text += paragraph(
      "The capacity is the rate that half of the trials pass; limit is what trials above it failed by; p99 is that of "
      "the responses that the objective is on, at the highest rate that passes.",
      width);
  return text;
}

std::string capacity_json(const CapacityResult& result) {
  using Ordered = nlohmann::ordered_json;
  const auto optional = [](const auto& value) { return value ? Ordered(*value) : Ordered(nullptr); };
  Ordered slos = Ordered::array();
  for (std::size_t at = 0; at < result.slos.size(); ++at) {
    Ordered models = Ordered::array();
    const auto rows = ranked(result, at);
    for (const Ranked& row : rows) {
      const RateAnswer& answer = row.found->answer;
      const bool found = answer.known == Known::found && row.model->failed.empty();
      Ordered interval = nullptr;
      Ordered ratio = nullptr;
      if (found) {
        const Interval range = answer.capacity->interval_per_s();
        interval = {range.low, range.high};
        if (const RateAnswer& best = rows.front().found->answer; best.known == Known::found) {
          const auto over = answer.capacity->over(*best.capacity);
          ratio = {{"of_best", over.median}, {"interval", {over.interval.low, over.interval.high}}};
        }
      }
      Ordered votes = Ordered::array();
      for (const RateVotes& vote : answer.votes) {
        votes.push_back({{"rate_per_s", vote.rate_per_s}, {"passes", vote.passes}, {"fails", vote.fails}});
      }
      models.push_back({{"model", row.model->label},
                        {"verdict", row.model->failed.empty() ? Ordered(name_of(answer.known)) : Ordered("failed")},
                        {"capacity_per_s", found ? Ordered(answer.capacity->median_per_s()) : Ordered(nullptr)},
                        {"interval_per_s", std::move(interval)},
                        {"is_as_narrow_as_asked", answer.is_narrow},
                        {"passes_per_s", optional(answer.passing_per_s)},
                        {"at_least_per_s", optional(answer.lower_per_s)},
                        {"fails_per_s", answer.upper_is_unmeasured ? Ordered(nullptr) : optional(answer.upper_per_s)},
                        {"limit", row.found->limit.empty() ? Ordered(nullptr) : Ordered(row.found->limit)},
                        {"limit_reason", row.found->limit_reason},
                        {"passes_unserved_per_s", optional(answer.passes_unserved_per_s)},
                        {"ratio", std::move(ratio)},
                        {"p99_us", optional(row.found->p99_us)},
                        {"contradictory", answer.contradictory},
                        {"votes", std::move(votes)}});
    }
    slos.push_back({{"slo", result.slos[at].text}, {"models", std::move(models)}});
  }
  Ordered searches = Ordered::array();
  for (const CapacityOfModel& model : result.models) {
    searches.push_back({{"model", model.label},
                        {"workers", model.workers},
                        {"slots", model.slots},
                        {"closed_loop_per_s", model.closed_per_s},
                        {"trials", model.trials},
                        {"time_s", model.time_s},
                        {"foreign_cpu_share", model.foreign_cpu_share},
                        {"steal_share", model.steal_share},
                        {"failed", model.failed.empty() ? Ordered(nullptr) : Ordered(model.failed)}});
  }
  const Ordered json{{"schema_version", schema_version}, {"workload", result.workload},
                     {"parameters", result.parameters},  {"arrivals", result.poisson ? "poisson" : "constant"},
                     {"time_s", result.time_s},          {"slos", std::move(slos)},
                     {"searches", std::move(searches)},  {"interrupted", result.interrupted != 0},
                     {"troubles", result.troubles()},    {"host", Ordered::parse(to_line(host_to_json(result.host)))}};
  return json.dump(2, ' ', false, Ordered::error_handler_t::replace) + '\n';
}

}  // namespace cbench
