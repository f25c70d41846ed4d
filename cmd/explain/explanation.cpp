#include "cmd/explain/explanation.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/host.hpp"
#include "reports/findings/ideal.hpp"
#include "sweep/plan/choice.hpp"
#include "sweep/plan/load_choice.hpp"
#include "sweep/plan/plan.hpp"
#include "text/quantity.hpp"
#include "workloads/workload_file_json.hpp"

namespace cbench {
namespace {

constexpr std::uint32_t most_workers = 4096;  // as of cbench run

WorkloadChoice chosen(const ExplainArguments& arguments) {
  const auto choices = choose_workloads({arguments.workload}, arguments.params);
  if (choices.size() != 1) throw UsageError("explain takes one workload");
  return choices.front();
}

std::uint32_t count_in(const std::string& text, std::string_view what, std::uint32_t most) {
  const std::uint64_t count = parse_count(text, what);
  if (count == 0 || count > most) {
    throw UsageError(fmt::format("{} must lie between 1 and {}, not {}", what, most, text));
  }
  return static_cast<std::uint32_t>(count);
}

WorkloadFile written_down(const WorkloadChoice& choice, std::uint32_t workers) {
  return choice.file != nullptr ? *choice.file : as_file(*choice.info, choice.parameters, workers);
}

ExplainedClass explained(const std::string& name, const Work& work) {
  ExplainedClass out{.name = name, .demand = least_demand(work)};
  out.waiting_us = static_cast<double>(work.waiting().count()) / 1000;
  out.requests = work.requests_per_task();
  out.connections = work.lanes();
  return out;
}

std::vector<Bound> bounds_of(const Explanation& explanation, const LeastDemand& demand, std::uint32_t workers) {
  std::vector<Bound> bounds;
  const double cpus = std::min<double>(workers, explanation.cpus);
  if (demand.cpu_us > 0) bounds.push_back({.by = Bound::By::cpus, .lock = "", .per_s = cpus / demand.cpu_us * 1e6});
  if (demand.path_us > 0) {
    bounds.push_back(
        {.by = Bound::By::tasks_in_flight, .lock = "", .per_s = explanation.concurrency / demand.path_us * 1e6});
  }
  const std::vector<std::string> locks = explanation.file.locks();
  for (std::size_t i = 0; i < locks.size() && i < demand.locks_us.size(); ++i) {
    if (demand.locks_us[i] <= 0) continue;
    bounds.push_back({.by = Bound::By::lock, .lock = locks[i], .per_s = 1e6 / demand.locks_us[i]});
  }
  std::ranges::stable_sort(bounds, {}, &Bound::per_s);
  return bounds;
}

nlohmann::ordered_json json_of(const ExplainedClass& one, const std::vector<std::string>& locks) {
  nlohmann::ordered_json json{{"name", one.name},
                              {"share", one.share},
                              {"cpu_us", one.demand.cpu_us},
                              {"waiting_us", one.waiting_us},
                              {"critical_path_us", one.demand.path_us},
                              {"one_after_the_other_us", one.demand.serial_us},
                              {"requests", one.requests},
                              {"connections_per_slot", one.connections}};
  json["locks_us"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < locks.size() && i < one.demand.locks_us.size(); ++i) {
    json["locks_us"][locks[i]] = one.demand.locks_us[i];
  }
  return json;
}

std::string_view name_of(Bound::By by) {
  switch (by) {
    case Bound::By::cpus: return "cpus";
    case Bound::By::tasks_in_flight: return "tasks_in_flight";
    case Bound::By::lock: break;
  }
  return "lock";
}

}  // namespace

WorkloadFile file_of(const ExplainArguments& arguments) {
  const std::uint32_t workers =
      arguments.workers.empty() ? 1 : count_in(arguments.workers.front(), "--workers", most_workers);
  return written_down(chosen(arguments), workers);
}

Explanation explain(const ExplainArguments& arguments) {
  const WorkloadChoice choice = chosen(arguments);
  std::vector<std::uint32_t> workers;
  for (const std::string& text : arguments.workers) workers.push_back(count_in(text, "--workers", most_workers));
  const HostFacts host = host_facts();
  if (workers.empty()) workers = default_worker_counts(host);

  Explanation out{.file = written_down(choice, workers.front())};
  if (choice.file != nullptr) {
    out.path = arguments.workload;
  } else {
    for (const auto& [name, value] : choice.parameters) {
      out.parameters += fmt::format("{}{}={}", out.parameters.empty() ? "" : ", ", name, value);
    }
  }
  out.concurrency = arguments.concurrency.empty() ? choice.concurrency()
                                                  : count_in(arguments.concurrency, "--concurrency", most_in_flight);
  out.cpus = cpus_usable(host);

  const std::vector<TaskKind> kinds = kinds_of(out.file, arguments.seed);
  const Work work = draw_work(out.file, arguments.seed);
  out.turns = work.turns();
  out.scripts = work.distinct();
  out.all = explained("", work);
  if (out.all.demand.serial_us > 0) out.one_at_a_time_per_s = 1e6 / out.all.demand.serial_us;
  double weights = 0;
  for (const TaskKind& kind : kinds) weights += kind.weight;
  for (const TaskKind& kind : kinds) {
    if (kinds.size() == 1) break;
    out.classes.push_back(explained(kind.name, work_of({kind}, arguments.seed)));
    out.classes.back().share = kind.weight / weights;
  }
  // Jobs that are cut for the workers are other work on each number of them.
  LeastDemand demand = out.all.demand;
  WorkloadFile file = out.file;
  for (const std::uint32_t count : workers) {
    const WorkloadFile same = written_down(choice, count);
    if (same.classes != file.classes) {
      demand = least_demand(draw_work(same, arguments.seed));
      file = same;
    }
    out.workers.push_back({.workers = count, .bounds = bounds_of(out, demand, count)});
  }
  return out;
}

nlohmann::ordered_json explanation_json(const Explanation& explanation) {
  using Json = nlohmann::ordered_json;
  const std::vector<std::string> locks = explanation.file.locks();
  Json json{{"name", explanation.file.name},         {"summary", explanation.file.summary},
            {"digest", digest_of(explanation.file)}, {"concurrency", explanation.concurrency},
            {"cpus_usable", explanation.cpus},       {"turns", explanation.turns},
            {"scripts", explanation.scripts},        {"all", json_of(explanation.all, locks)}};
  json["classes"] = Json::array();
  for (const ExplainedClass& one : explanation.classes) json["classes"].push_back(json_of(one, locks));
  json["workers"] = Json::array();
  for (const ExplainedWorkers& one : explanation.workers) {
    Json bounds = Json::array();
    for (const Bound& bound : one.bounds) {
      Json entry{{"by", name_of(bound.by)}};
      if (bound.by == Bound::By::lock) entry["lock"] = bound.lock;
      entry["per_s"] = bound.per_s;
      bounds.push_back(std::move(entry));
    }
    const Json most = one.bounds.empty() ? Json(nullptr) : Json(one.bounds.front().per_s);
    json["workers"].push_back({{"workers", one.workers}, {"most_per_s", most}, {"bounds", std::move(bounds)}});
  }
  json["one_at_a_time_per_s"] =
      explanation.one_at_a_time_per_s > 0 ? Json(explanation.one_at_a_time_per_s) : Json(nullptr);
  return json;
}

}  // namespace cbench
