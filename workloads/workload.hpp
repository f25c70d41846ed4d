// A workload draws the scripts that a trial's tasks run. It says what is done, never how: that is the model's part.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/script.hpp"
#include "workloads/task_kinds.hpp"
#include "workloads/work.hpp"

namespace cbench {

enum class Unit : std::uint8_t { duration, bytes, count, fraction, kernel, choice };

// A parameter of a workload: `--param name=value`.
struct Parameter {
  std::string_view name;
  Unit unit;
  std::string_view fallback;  // as a person would write it: "20ms"
  std::string_view summary;
  std::uint64_t least = 0;  // for counts and bytes
  std::uint64_t most = UINT64_MAX;
  std::span<const std::string_view> choices = {};  // for a choice: what there is
};

// The values of a workload's parameters, defaults filled in. Made by read_parameters; getters take declared names.
class Parameters {
 public:
  std::chrono::nanoseconds duration(std::string_view name) const;
  std::uint32_t bytes(std::string_view name) const;
  std::uint64_t count(std::string_view name) const;
  double fraction(std::string_view name) const;
  Kernel kernel(std::string_view name) const;
  std::string_view choice(std::string_view name) const;

  // Every value, in the spelling that goes on the record.
  const std::map<std::string, std::string, std::less<>>& text() const { return text_; }

 private:
  friend Parameters read_parameters(std::span<const Parameter>, const std::map<std::string, std::string, std::less<>>&);
  std::map<std::string, std::string, std::less<>> text_;
};

// Checks every given value against its declaration. Throws UsageError for an unknown name, a wrong unit or a value
// out of bounds.
Parameters read_parameters(std::span<const Parameter> declared,
                           const std::map<std::string, std::string, std::less<>>& given);

// What scripts are drawn from. `workers` is for jobs that are cut for them, as `amdahl`'s; the work of a task must not
// depend on it otherwise.
struct Draw {
  const Parameters& parameters;
  std::uint64_t seed = 1;
  std::uint32_t workers = 1;
};

// One row of the list of workloads.
struct WorkloadInfo {
  std::string_view name;
  std::string_view summary;
  std::span<const Parameter> parameters;
  std::uint32_t concurrency;  // tasks in flight where --concurrency is not given
  // The kinds of task, with names where there are several ("light", "heavy") and their shares.
  std::vector<TaskKind> (*draw)(const Draw& draw);
};

// Where all tasks are alike.
std::vector<TaskKind> one_kind(Steps steps);

// The list, generated from workloads/CMakeLists.txt; in its order.
std::span<const WorkloadInfo* const> workloads();

// nullptr where there is none of that name.
const WorkloadInfo* find_workload(std::string_view name);

// What a trial of this workload runs. `given`: the parameters that are not the workload's defaults. Throws UsageError.
Work draw_work(const WorkloadInfo& workload, const std::map<std::string, std::string, std::less<>>& given,
               std::uint64_t seed, std::uint32_t workers);

}  // namespace cbench
