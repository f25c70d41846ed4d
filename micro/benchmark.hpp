// What the families of micro-benchmarks and the driver that runs them agree on. A family knows nothing of Google
// Benchmark: it does so many operations, checks what came of them, and says how long they took.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cbench::micro {

// Of all operations of a run together, set-up and checks not counted.
struct Measurement {
  std::chrono::nanoseconds wall{};  // from the first operation's begin to the last one's end, whoever did them
  std::chrono::nanoseconds cpu{};   // of every thread and process that took part
};

// The operations did not do what they promise: a lost update, a lost message, a wrong sum.
class Defect : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Benchmark {
  std::string name;           // "primitive/mutex/threads:2"
  std::uint32_t threads = 1;  // threads, or workers of a model, that do the operations

  // Does exactly so many operations and checks the result. Called in a process of its own, on its only thread: it may
  // start threads and runtimes, and need not survive its own failure. Throws Defect, or whatever set-up throws.
  std::function<Measurement(std::uint64_t operations)> run;
};
using Benchmarks = std::vector<Benchmark>;

// For how many threads contended benchmarks are made: 1, 2, ... up to the CPUs, ascending.
using Counts = std::span<const std::uint32_t>;

// The benchmarks of one file, named in micro/CMakeLists.txt.
struct Family {
  std::string_view name;
  void (*add)(Benchmarks& benchmarks, Counts counts);  // nullptr where the family is not in this program
  std::string_view absent;                             // why, where it is not
};

// The list, generated from micro/CMakeLists.txt; in its order.
std::span<const Family* const> families();

}  // namespace cbench::micro
