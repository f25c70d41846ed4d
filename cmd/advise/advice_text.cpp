#include "cmd/advise/advice_text.hpp"

#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cmd/capacity/capacity_text.hpp"
#include "record/record_json.hpp"
#include "reports/findings/limits.hpp"
#include "reports/findings/ranking.hpp"
#include "reports/findings/verdict.hpp"
#include "reports/shown/table.hpp"
#include "text/fitted.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

using Ordered = nlohmann::ordered_json;

std::string not_tried_text(const std::vector<Untried>& all) {
  std::vector<std::string> texts;
  for (const Untried& one : all) texts.push_back(fmt::format("{} ({})", one.what, one.why));
  return texts.empty() ? "" : fmt::format("{}.", fmt::join(texts, "; "));
}

std::string section(std::string_view label, const std::string& text, std::size_t width, bool colour) {
  std::string out = paragraph(text, width, fmt::format("{}: ", label), "  ");
  return coloured(label, Colour::bold, colour) + out.substr(label.size());
}

Ordered json_of(const Interval& interval) {
  if (!std::isfinite(interval.high)) return nullptr;
  return {interval.low, interval.high};
}

Ordered known(double value) { return value > 0 ? Ordered(value) : Ordered(nullptr); }

Ordered json_of(const Cell& cell, const Ranked* ranked, const TrialVotes* votes) {
  Ordered json{{"model", cell.label()}, {"workers", cell.spec.workers}, {"measured", cell.measured()}};
  json["throughput_per_s"] = known(cell.throughput.mean);
  json["throughput_interval_per_s"] =
      cell.throughput.has_interval() ? json_of(Interval{cell.throughput.low, cell.throughput.high}) : Ordered(nullptr);
  const bool has_p99 = cell.times_hold() && cell.knows_percentile(0.99);
  json["response_p99_us"] = has_p99 ? known(cell.response.p99_us) : Ordered(nullptr);
  json["cpu_per_task_us"] = known(cell.cpu_per_task_us);
  json["bytes_per_task"] = known(cell.bytes_per_task);
  const std::string_view limit = short_words(limit_of(cell));
  json["limit"] = limit.empty() ? Ordered(nullptr) : Ordered(limit);
  if (ranked != nullptr) {
    json["tier"] = ranked->place.tier;
    json["tier_is_sure"] = ranked->place.sure;
    json["of_best"] = ranked->place.of_best;
    json["of_best_interval"] = json_of(ranked->place.of_best_interval);
  }
  if (votes != nullptr) {
    json["serves"] = name_of(serves(cell, *votes));
    json["trials"] = {{"pass", votes->passes}, {"fail", votes->fails}, {"say_nothing", votes->none}};
    json["fails_by"] = votes->fails_by.empty() ? Ordered(nullptr) : Ordered(votes->fails_by);
    json["silent_by"] = votes->silent_by.empty() ? Ordered(nullptr) : Ordered(votes->silent_by);
  }
  return json;
}

Ordered cells_json(const AdviceResult& result) {
  const std::vector<Ranking> rankings = rankings_of(result.block);
  const Ranking* ranking = deciding(rankings);
  Ordered cells = Ordered::array();
  for (std::size_t i = 0; i < result.block.cells.size(); ++i) {
    const Cell& cell = result.block.cells[i];
    if (cell.spec.unasked) continue;
    const Ranked* ranked = nullptr;
    if (ranking != nullptr && result.votes.empty()) {
      for (const Ranked& one : ranking->models) {
        if (one.cell == &cell) ranked = &one;
      }
    }
    cells.push_back(json_of(cell, ranked, result.votes.empty() ? nullptr : &result.votes[i]));
  }
  return cells;
}

}  // namespace

std::string advice_text(const AdviceResult& result, std::size_t width, bool colour) {
  const Advice& advice = result.advice;
  std::string text;
  const std::array<std::pair<std::string_view, std::string>, 6> sections{{
      {"Choose", advice.choose},
      {"By how much", advice.by_how_much},
      {"Why", advice.why},
      {"What it costs", advice.costs},
      {"What would change it", fmt::format("{}", fmt::join(advice.would_change, " "))},
      {"Not tried", not_tried_text(result.not_tried)},
  }};
  for (const auto& [label, said] : sections) {
    if (!said.empty()) text += section(label, said, width, colour);
  }
  if (!result.block.cells.empty()) {
    const std::vector<Block> blocks{result.block};
    TableOptions options;
    options.width = width;
    options.colour = colour;
    options.says_verdict = false;
    text += '\n' + render_table(blocks, options);
  }
  if (result.capacity) text += '\n' + capacity_text(*result.capacity, width);
  return text;
}

std::string advice_json(const AdviceResult& result) {
  const Advice& advice = result.advice;
  const auto said = [](const std::string& text) { return text.empty() ? Ordered(nullptr) : Ordered(text); };
  Ordered not_tried = Ordered::array();
  for (const Untried& one : result.not_tried) not_tried.push_back({{"what", one.what}, {"why", one.why}});
  Ordered json{{"schema_version", schema_version},
               {"workload", result.workload},
               {"rate_per_s", known(result.rate_per_s)},
               {"slo", said(result.slo)},
               {"decided", advice.decided},
               {"chosen", advice.chosen},
               {"choose", advice.choose},
               {"by_how_much", said(advice.by_how_much)},
               {"why", said(advice.why)},
               {"costs", said(advice.costs)},
               {"would_change", advice.would_change},
               {"not_tried", std::move(not_tried)},
               {"models", cells_json(result)}};
  json["capacity"] = result.capacity ? Ordered::parse(capacity_json(*result.capacity)) : Ordered(nullptr);
  json["interrupted"] = result.interrupted != 0;
  json["troubles"] = result.troubles();
  json["host"] = Ordered::parse(to_line(host_to_json(result.host)));
  return json.dump(2, ' ', false, Ordered::error_handler_t::replace) + '\n';
}

}  // namespace cbench
