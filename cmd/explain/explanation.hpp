// What a workload asks for, before anything of it is measured: its demands on an idle machine, and the limits that
// follow from them whatever the model is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "workloads/demand.hpp"
#include "workloads/workload_file.hpp"

namespace cbench {

// Of one class of tasks, or of all of them: means over the tasks.
struct ExplainedClass {
  std::string name;  // empty: of all tasks
  double share = 1;  // of the tasks
  LeastDemand demand;
  double waiting_us = 0;  // branches of a fan-out counted once
  double requests = 0;
  std::uint32_t connections = 0;  // that a slot needs
};

// What keeps throughput from being higher, whatever the model.
struct Bound {
  enum class By : std::uint8_t { cpus, tasks_in_flight, lock };
  By by = By::cpus;
  std::string lock;  // its name
  double per_s = 0;
};

struct ExplainedWorkers {
  std::uint32_t workers = 1;
  std::vector<Bound> bounds;  // from the tightest on; none of what asks for nothing
};

struct Explanation {
  WorkloadFile file;       // a built-in workload as if it had been written down
  std::string path;        // of the file; empty of a built-in workload
  std::string parameters;  // of a built-in one: "delay=20ms, bytes=64"
  std::uint32_t concurrency = 1;
  double cpus = 1;  // that this process may use
  std::size_t turns = 0;
  std::size_t scripts = 0;  // different ones among them
  ExplainedClass all;
  std::vector<ExplainedClass> classes;  // none where there is one kind of task
  std::vector<ExplainedWorkers> workers;
  double one_at_a_time_per_s = 0;  // one task after the other, and its branches too: as `sequential` runs them
};

struct ExplainArguments {
  std::string workload;
  std::vector<std::string> params;
  std::vector<std::string> workers;
  std::string concurrency;
  std::uint64_t seed = 1;
};

// The workload as a file has it. Throws UsageError where there is none, or its parameters are wrong.
WorkloadFile file_of(const ExplainArguments& arguments);

// Times the kernels on the calling thread, which takes a part of a second. Throws UsageError as above.
Explanation explain(const ExplainArguments& arguments);

// Lines of at most `width` columns.
std::string explanation_text(const Explanation& explanation, std::size_t width, bool colour);
nlohmann::ordered_json explanation_json(const Explanation& explanation);

}  // namespace cbench
