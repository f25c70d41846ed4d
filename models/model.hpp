// The seam between cbench and a concurrency library. To add a model, implement Model in one file, describe it in a
// ModelInfo and name the file in models/CMakeLists.txt (CONTRIBUTING.md shows it whole).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "harness/connections.hpp"
#include "harness/load.hpp"

namespace cbench {

// Interprets scripts with one library, in its idiom. Owns its workers from construction to destruction: when the
// destructor returns, every thread, process and descriptor that the model made is gone, except what its library makes
// once a process. One at a time in a process, but one may follow another with the same workers.
class Model {
 public:
  Model() = default;
  virtual ~Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // Takes a task, and waits neither for it nor for room: where tasks come at their own times, whoever brings them has
  // the next one to bring. Costs what handing a task over costs (for `threads`: making one). From any thread: the
  // load's, or a worker's when Load::finish returned the successor. Every task goes through here or through the same
  // scheduling behind it (a new thread, a queue, a fiber, a message): a worker that loops over tasks would measure the
  // loop. Load::start is called where the first step begins, not where the task is taken out of a queue to be put into
  // the next one.
  virtual void submit(Task task) = 0;

  // Blocks until every submitted task, successors included, has finished. From the trial's main thread.
  virtual void drain() = 0;

  // How many of the model's units (ModelInfo::unit) were created so far. Called after drain.
  virtual std::uint64_t units_created() const = 0;

  // How many tasks and branches can be inside a wait or a request at once; the others get their turn later. For models
  // in which whoever waits occupies a worker.
  virtual std::uint32_t most_waiting() const { return UINT32_MAX; }
};

using Settings = std::map<std::string, std::string, std::less<>>;

// What a model works with. Outlives the model.
struct Environment {
  Load& load;                      // start(task) before the first step, finish(task, digest) after the last
  const Connections& connections;  // to the peer: one per slot and lane; blocking sockets until a model changes that
  std::uint32_t workers = 1;       // threads, loops or processes that the model may own
  std::uint32_t slots = 1;         // tasks in flight at most
  std::uint32_t lanes = 0;         // connections per slot
  std::uint32_t locks = 0;         // locks that scripts name: 0 to locks - 1
  Settings settings;               // the model's own; only names that it declares, with values that passed its check
};

// A setting of a model: `--model 'fibers:stack=16k'`. ModelInfo::check parses the values before anything runs.
struct Setting {
  std::string_view name;
  std::string_view values;    // for a person: "bytes", "shared-work or work-stealing"
  std::string_view fallback;  // as a person would write it
  std::string_view summary;
};

// One row of the list of models.
struct ModelInfo {
  std::string_view name;
  std::string_view idiom;    // what it stands for, in a line
  std::string_view library;  // "Boost.Fiber"
  std::string_view version;  // of the library that this program was built with
  std::string_view unit;     // what units_created counts, in the plural
  std::string_view cannot;   // what it cannot do; empty where there is nothing to say
  std::string_view own;      // what cbench wrote here that the library's users would not have; empty: nothing
  std::string_view stock;    // the settings that run what the library ships in its place: "types=asio"; empty: none do
  std::span<const Setting> settings;
  void (*check)(const Settings& settings);  // throws UsageError for a bad value; nullptr where there are no settings
  std::unique_ptr<Model> (*make)(const Environment& environment);  // nullptr where the model is absent
  std::string_view absent;                                         // why, where it is absent
  std::uint32_t most_in_flight = UINT32_MAX;                       // `sequential` has one
  std::uint32_t most_workers = UINT32_MAX;
  bool forks = false;        // its workers are processes: the parent of a trial must look for them
  bool baseline = false;     // the best serial program: what the speedups of its runtime's models are measured against
  bool shares_cpus = false;  // the kernel switches between tasks that compute: each takes longer the more there are
};

// The list, generated from models/CMakeLists.txt; in its order.
std::span<const ModelInfo* const> models();

// nullptr where there is none of that name.
const ModelInfo* find_model(std::string_view name);

}  // namespace cbench
