// What the user asked for with --model, --workload and --param, checked against what there is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/trial_record.hpp"
#include "sweep/catalogue/catalogue.hpp"
#include "workloads/workload.hpp"

namespace cbench {

// A name with settings: `fibers:stack=16k,sched=shared-work`.
struct Choice {
  std::string name;
  TextMap settings;
};

// Reads `a,b:x=1,y=2,c`: names separated by commas, each with its own settings behind a colon. A piece with `=` and
// no colon before it belongs to the name before. Throws UsageError where a piece is empty or stands alone.
std::vector<Choice> parse_choices(std::string_view text, std::string_view kind);

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
  const WorkloadInfo* info;
  TextMap parameters;  // all of them, defaults filled in
};
// `params` (`name=value`) go to every chosen workload that has that parameter; those behind a workload's colon to it
// alone. Throws UsageError for unknown workloads, parameters that none of them has, and bad values.
std::vector<WorkloadChoice> choose_workloads(const std::vector<std::string>& texts,
                                             const std::vector<std::string>& params);

}  // namespace cbench
