#include "reports/findings/cells/cell_classes.hpp"

#include <algorithm>
#include <map>

namespace cbench {

bool CellClass::knows_percentile(double fraction) const {
  if (percentiles == PercentilesFrom::nothing) return false;
  return tells_percentile(percentiles == PercentilesFrom::histogram ? tasks : least_tasks, fraction);
}

std::vector<CellClass> classes_of(std::span<const Repetition* const> repetitions) {
  std::map<std::string, std::vector<const ClassLatency*>> by_name;
  for (const Repetition* trial : repetitions) {
    for (const ClassLatency& one : trial->rest().classes) by_name[one.name].push_back(&one);
  }
  std::vector<CellClass> classes;
  for (const auto& [name, parts] : by_name) {
    CellClass& out = classes.emplace_back();
    out.name = name;
    std::vector<const Latency*> times;
    for (const ClassLatency* part : parts) {
      out.tasks += part->tasks;
      if (part->tasks == 0) continue;
      out.least_tasks = times.empty() ? part->tasks : std::min(out.least_tasks, part->tasks);
      times.push_back(&part->response);
    }
    if (times.empty()) continue;
    out.response = merged(times, out.tasks);
    out.percentiles = out.response.histogram ? PercentilesFrom::histogram : PercentilesFrom::medians;
  }
  return classes;
}

}  // namespace cbench
