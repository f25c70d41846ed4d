#include "reports/findings/comparison/metric.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "record/column_text.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> short_names{
    {{"throughput", "throughput_per_s"},
     {"p50", "response_p50_us"},
     {"p90", "response_p90_us"},
     {"p99", "response_p99_us"},
     {"p99.9", "response_p999_us"},
     {"p999", "response_p999_us"},
     {"mean", "response_mean_us"},
     {"max", "response_max_us"},
     {"queueing_p99", "queueing_p99_us"},
     {"cpu", "cpu_per_task_us"},
     {"memory", "peak_rss_bytes"},
     {"efficiency", "efficiency"}}};

bool is_number(const Column& column) {
  return column.part == ColumnPart::result && (column.kind == ColumnKind::number || column.kind == ColumnKind::count);
}

}  // namespace

std::optional<double> Metric::value(const TrialRecord& record) const {
  double sum = 0;
  for (const Column* part : {column, beside}) {
    if (part == nullptr) continue;
    const std::string text = part->text(record);
    if (text.empty()) return std::nullopt;
    double value = 0;
    from_text(text, value);
    sum += value;
  }
  return sum;
}

bool Metric::is_time_of_tasks() const {
  return std::ranges::any_of(std::array{"response_", "service_", "queueing_"},
                             [&](const char* time) { return column->name.starts_with(time); });
}

std::optional<double> Metric::percentile() const {
  constexpr std::array<std::pair<std::string_view, double>, 4> endings{
      {{"_p50_us", 0.5}, {"_p90_us", 0.9}, {"_p99_us", 0.99}, {"_p999_us", 0.999}}};
  for (const auto& [ending, fraction] : endings) {
    if (column->name.ends_with(ending)) return fraction;
  }
  return std::nullopt;
}

std::string Metric::columns() const {
  return beside == nullptr ? key() : fmt::format("{} + {}", column->name, beside->name);
}

std::string Metric::text(double value) const {
  if (column->unit == "us") return human_us(value);
  if (column->unit == "s") return human_us(value * 1e6);
  if (column->unit == "1/s") return human_number(value) + "/s";
  if (column->unit == "bytes") return human_bytes(value);
  return human_number(value);
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const auto& [name, column] : short_names) names.emplace_back(name);
  return names;
}

Metric metric_named(std::string_view name) {
  std::string_view wanted = name;
  const auto known = std::ranges::find(short_names, name, [](const auto& pair) { return pair.first; });
  if (known != short_names.end()) wanted = known->second;
  // service_p50 stands for service_p50_us
  for (const std::string& spelling :
       {std::string(wanted), std::string(wanted) + "_us", std::string(wanted) + "_per_s"}) {
    const Column* column = find_column(spelling);
    if (column == nullptr || !is_number(*column)) continue;
    const bool higher = column->name == "throughput_per_s" || column->name == "efficiency" || column->name == "tasks" ||
                        column->name == "tasks_total";
    // What a model holds is what the kernel holds for it, too: most of what threads take is their kernel stacks.
    const Column* beside = name == "memory" ? find_column("peak_kernel_bytes") : nullptr;
    return {.name = std::string(name), .column = column, .higher_is_better = higher, .beside = beside};
  }
  throw UsageError(fmt::format("unknown metric \"{}\". Known: {}, or the name of a column of numbers (docs/columns.md)",
                               name, fmt::join(metric_names(), ", ")));
}

}  // namespace cbench
