// What the user asked for with --model, --workload and --param, checked against what there is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/trial_record.hpp"
#include "sweep/catalogue/catalogue.hpp"
#include "text/quantity.hpp"
#include "workloads/workload.hpp"
#include "workloads/workload_file.hpp"

namespace cbench {

// A name with settings: `fibers:stack=16k,sched=shared-work`.
struct Choice {
  std::string name;
  TextMap settings;
};

// Reads `a,b:x=1,y=2,c`: names separated by commas, each with its own settings behind a colon. A piece with `=` and
// no colon before it belongs to the name before. Throws UsageError where a piece is empty or stands alone.
std::vector<Choice> parse_choices(std::string_view text, std::string_view kind);

// As unknown(), of names that `cbench list` has: where some of them are near, these stand in the place of all.
UsageError not_in_list(std::string_view kind, std::string_view name, const std::vector<std::string>& known);

struct ModelChoice {
  const ModelEntry* entry;
  TextMap settings;
};
// Each named model once, in the order given. `all` stands for every present native model but the baseline, `all-go` for
// those of the runtime go, `all-runtimes` for those of all runtimes, the path of a manifest for those of it, and
// `path/NAME` for one of them. Throws UsageError for unknown and absent models, for manifests that are wrong, and for
// settings that a model does not declare.
std::vector<ModelChoice> choose_models(const std::vector<std::string>& texts);

struct WorkloadChoice {
  const WorkloadInfo* info = nullptr;  // of a built-in one
  const WorkloadFile* file = nullptr;  // of one that a user wrote down; as long as the process lives
  TextMap parameters;                  // all of them, defaults filled in; of a file its digest

  std::string name() const;
  std::uint32_t concurrency() const;  // tasks in flight where nobody says
  Work draw(std::uint64_t seed, std::uint32_t workers) const;
};
// `params` (`name=value`) go to every chosen workload that has that parameter; those behind a workload's colon to it
// alone. A name that ends in .json or has a slash is a file, which takes none. Throws UsageError for unknown workloads,
// bad files, parameters that no workload has, and bad values. From one thread.
std::vector<WorkloadChoice> choose_workloads(const std::vector<std::string>& texts,
                                             const std::vector<std::string>& params);

// What was chosen, by what a spec or a record says of it. A file is found where this process has read it before. Throws
// UsageError.
WorkloadChoice workload_of(const TrialSpec& spec);

// Throws UsageError where tasks of a file need more connections at once than this process may have descriptors.
void check_connections(const WorkloadChoice& workload, const Work& work, std::uint32_t in_flight);

}  // namespace cbench
