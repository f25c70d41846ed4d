// A workload that a user wrote down: classes of tasks, their shares and their steps, with distributions where numbers
// differ from task to task (docs/workloads.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/distribution.hpp"
#include "workloads/script.hpp"
#include "workloads/task_kinds.hpp"

namespace cbench {

struct FileStep {
  StepKind kind{};
  Kernel kernel{};               // compute
  Distribution amount;           // compute
  Distribution bytes;            // request
  Distribution time;             // wait; request: its delay. In ns
  std::string lock;              // critical
  std::uint32_t width = 0;       // fan_out
  std::vector<FileStep> body{};  // critical, fan_out

  friend bool operator==(const FileStep&, const FileStep&) = default;
};

struct FileClass {
  std::string name;  // empty where the file has steps and no classes
  std::uint32_t weight = 1;
  std::vector<FileStep> steps;

  friend bool operator==(const FileClass&, const FileClass&) = default;
};

struct WorkloadFile {
  std::string name;
  std::string summary;
  std::uint32_t concurrency = 100;  // tasks in flight where --concurrency is not given
  std::vector<FileClass> classes;   // at least one

  // The names of locks, in the order of the numbers that scripts have in their place.
  std::vector<std::string> locks() const;
};

// Bounds of a file. Larger ones are refused before they are read.
inline constexpr std::size_t largest_workload_file = 1U << 20U;  // bytes
inline constexpr std::size_t most_file_steps = 1000;             // of all classes, bodies included
inline constexpr std::size_t most_file_classes = 64;
inline constexpr std::size_t most_file_locks = 64;
inline constexpr int deepest_file_body = 16;
inline constexpr std::uint32_t widest_fan_out = 10'000;
inline constexpr std::uint64_t most_branches = 100'000;  // of one task, fan-outs within fan-outs multiplied
inline constexpr std::uint64_t most_amount = 4'000'000'000;
inline constexpr std::chrono::hours most_time{1};  // of built-in workloads, too: histograms of times end there

// The tasks, with what is drawn for them. The scripts of a class hold every value of its distributions as often as it
// is due; which values meet in one script is drawn from the seed. Within a fan-out all branches of a task have the
// same.
std::vector<TaskKind> kinds_of(const WorkloadFile& file, std::uint64_t seed);

// What a trial of it runs.
Work draw_work(const WorkloadFile& file, std::uint64_t seed);

// The place in the file (/classes/0/steps/2) of the fan-out whose branches need the most connections at once; empty
// where none needs any.
std::string widest_fan_out_of(const WorkloadFile& file);

// Whether a workload is named by its file: the name ends in .json or has a slash.
bool names_a_file(std::string_view name);

}  // namespace cbench
