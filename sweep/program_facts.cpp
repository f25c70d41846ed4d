#include "sweep/program_facts.hpp"

#include "harness/host.hpp"
#include "models/model.hpp"

namespace cbench {

BuildFacts build_of_this_program() {
  TextMap libraries;
  for (const ModelInfo* model : models()) {
    if (!model->version.empty()) libraries.emplace(model->library, model->version);
  }
  return build_facts(libraries);
}

}  // namespace cbench
