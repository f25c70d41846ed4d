#include "sweep/capacity/slo.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "sweep/verdict/open_verdict.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr double least_beyond = 10;          // tasks beyond a percentile, for it to be known
constexpr double rarest_quantile = 0.99999;  // p99.999

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// "p99.9": 0.999.
std::optional<double> quantile_named(std::string_view name) {
  if (name.size() < 2 || name.front() != 'p') return std::nullopt;
  double percent = 0;
  const auto [end, error] =
      std::from_chars(name.data() + 1, name.data() + name.size(), percent, std::chars_format::fixed);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  const double quantile = percent / 100;
  if (!(quantile > 0) || quantile > rarest_quantile + 1e-12) return std::nullopt;
  return quantile;
}

double share_of(const Work& work, std::size_t of_class) {
  const auto turns =
      std::ranges::count_if(work.order(), [&](std::uint32_t script) { return work.class_of(script) == of_class; });
  return static_cast<double>(turns) / static_cast<double>(work.turns());
}

void find_class(Objective& objective, const Work& work) {
  const auto& classes = work.classes();
  const bool one_kind = classes.size() == 1 && classes.front().empty();
  if (one_kind && objective.of_class.empty()) return;
  if (one_kind) {
    throw UsageError(fmt::format(
        "--slo \"{}\" names a class, but all tasks of this workload are of one kind: leave out {}:, or make "
        "kinds, as --param heavy=1% of mixed does",
        objective.text, objective.of_class));
  }
  if (objective.of_class.empty()) {
    throw UsageError(
        fmt::format("--slo \"{0}\": tasks of this workload are of the classes {1}, whose response times are not to be "
                    "mixed; say of which: {2}:{0}",
                    objective.text, human_list(classes), classes.front()));
  }
  const auto found = std::ranges::find(classes, objective.of_class);
  if (found == classes.end()) throw unknown("class", objective.of_class, classes);
  objective.share = share_of(work, static_cast<std::size_t>(found - classes.begin()));
}

// Refuses what no rate can meet: what tasks wait for takes longer than the limit, without any queue. Delays that are
// drawn are others in each trial: the rank is one that a sample this large falls short of once in forty.
void check_reachable(const Objective& objective, const Work& work) {
  std::vector<std::chrono::nanoseconds> waits;
  for (const std::uint32_t script : work.order()) {
    const bool counts = objective.of_class.empty() || work.classes()[work.class_of(script)] == objective.of_class;
    if (counts) waits.push_back(waiting_of(work.script(script)));
  }
  const auto tasks = static_cast<double>(waits.size());
  const double spread = 1.96 * std::sqrt(objective.quantile * (1 - objective.quantile) * tasks);
  const double rank = std::clamp(std::ceil(objective.quantile * tasks - spread), 1.0, tasks);
  const auto at = waits.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::ranges::nth_element(waits, at);
  if (*at < objective.limit) return;
  throw UsageError(fmt::format(
      "no rate meets --slo \"{}\": its tasks wait {} of themselves (cbench explain shows for what); ask for "
      "more than that",
      objective.text, human_us(static_cast<double>(at->count()) / 1e3)));
}

Objective parse_objective(std::string_view text, const Work& work) {
  constexpr std::string_view form = "p99<20ms";
  Objective objective;
  objective.text = trimmed(text);
  std::string_view rest = objective.text;
  const auto less = rest.find('<');
  if (less == std::string_view::npos) {
    throw UsageError(
        fmt::format("--slo \"{}\" is no objective: it takes a percentile, < and a time, such as {}", text, form));
  }
  std::string_view name = trimmed(rest.substr(0, less));
  if (const auto colon = name.rfind(':'); colon != std::string_view::npos) {
    objective.of_class = trimmed(name.substr(0, colon));
    name = trimmed(name.substr(colon + 1));
  }
  const auto quantile = quantile_named(name);
  if (!quantile) {
    throw UsageError(
        fmt::format("--slo \"{}\": \"{}\" is no percentile of response times; it takes p and a number up to 99.999: "
                    "p50, p99, p99.9",
                    text, name));
  }
  objective.quantile = *quantile;
  objective.limit = parse_duration(trimmed(rest.substr(less + 1)), fmt::format("--slo {}", name));
  if (objective.limit.count() <= 0) throw UsageError(fmt::format("--slo \"{}\": no response takes no time", text));
  find_class(objective, work);
  check_reachable(objective, work);
  return objective;
}

// How far beyond its limit a percentile is, as a ratio; nothing where it is not known. Where the one that was asked for
// is not, a lower one that is known can still be beyond the limit.
std::optional<double> excess_of(const Objective& objective, const TrialRecord& record) {
  const Histogram* times = responses_of(objective.of_class, record);
  const double tasks = times == nullptr ? 0 : static_cast<double>(times->total());
  if (tasks <= least_beyond) return std::nullopt;
  const double known = std::min(objective.quantile, 1 - least_beyond / tasks);
  const double ratio = static_cast<double>(times->quantile(known)) / static_cast<double>(objective.limit.count());
  if (known < objective.quantile && ratio < 1) return std::nullopt;
  return ratio;
}

}  // namespace

const Histogram* responses_of(const std::string& of_class, const TrialRecord& record) {
  const Latency* latency = &record.response;
  for (const ClassLatency& one : record.classes) {
    if (one.name == of_class) latency = &one.response;
  }
  return latency->histogram ? &*latency->histogram : nullptr;
}

std::optional<std::string> Slo::of_class() const {
  const auto same = [&](const Objective& one) { return one.of_class == objectives.front().of_class; };
  if (objectives.empty()) return "";
  if (!std::ranges::all_of(objectives, same)) return std::nullopt;
  return objectives.front().of_class;
}

double Slo::least_tasks() const {
  double most = 0;
  for (const Objective& objective : objectives) {
    most = std::max(most, least_beyond / (1 - objective.quantile) / std::max(objective.share, 1e-6));
  }
  return most;
}

Slo parse_slo(std::string_view text, const Work& work) {
  Slo slo;
  while (true) {
    const auto comma = text.find(',');
    Objective objective = parse_objective(text.substr(0, comma), work);
    for (const Objective& other : slo.objectives) {
      if (other.quantile == objective.quantile && other.of_class == objective.of_class) {
        throw UsageError(fmt::format("--slo has two limits for one percentile: {} and {}", other.text, objective.text));
      }
    }
    slo.text += (slo.text.empty() ? "" : ",") + objective.text;
    slo.objectives.push_back(std::move(objective));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return slo;
}

Judgement judge(const Slo& slo, const TrialRecord& record) {
  if (record.status == Status::invalid) {
    const std::string_view bottleneck = verdict_on(record, 0).bottleneck;
    return {Vote::none, bottleneck.empty() ? "too few requests" : std::string(bottleneck)};
  }
  if (record.status == Status::overloaded) return {Vote::fails, "overload"};
  if (record.status != Status::ok) return {Vote::fails, "errors"};
  const Objective* worst = nullptr;
  double most = 1;
  bool all_known = true;
  for (const Objective& objective : slo.objectives) {
    const auto excess = excess_of(objective, record);
    if (!excess) {
      all_known = false;
    } else if (*excess >= most) {
      most = *excess;
      worst = &objective;
    }
  }
  if (worst != nullptr) return {Vote::fails, worst->text};
  if (!all_known) return {Vote::none, "too few requests"};
  return {Vote::passes, {}};
}

}  // namespace cbench
