// The list of models: those in this program, and those of other runtimes, each described by a manifest.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/model.hpp"
#include "sweep/catalogue/runtime.hpp"

namespace cbench {

// One model, native or not. As long as the catalogue.
struct ModelEntry {
  ModelInfo info;                                  // `make` and `check` are nullptr of models of other runtimes
  std::string runtime;                             // which runtime's it is; empty: native
  std::optional<std::chrono::nanoseconds> warmup;  // what it needs at least, where it says so
  const Runtime* of = nullptr;                     // of another runtime
  const ManifestModel* described = nullptr;        // there

  bool is_native() const { return of == nullptr; }
  bool is_present() const { return info.absent.empty(); }
  // Throws UsageError for a value that the model does not take. Names are those of info.settings.
  void check(const TextMap& settings) const;
  // What runs a trial; nothing of native models, which this program runs itself.
  std::optional<TrialCommand> command(const TextMap& settings, std::uint32_t workers) const;
};

// From one thread.
class Catalogue {
 public:
  // `manifests`: a file that holds the path of a manifest on each line; runtimes are built in folders beside it.
  explicit Catalogue(std::string manifests);

  // Native models first, in the order of the lists. Reads the manifests when it is first asked for them, and looks for
  // tool chains then. Throws UsageError for a manifest that is wrong.
  std::vector<const ModelEntry*> all();
  std::vector<const ModelEntry*> native();
  const std::list<Runtime>& runtimes();

  // nullptr where there is none. Native models cost no look at the others.
  const ModelEntry* find(std::string_view name);

  // The models of the manifest of that path, which are in the list from then on. Throws UsageError for a manifest that
  // is wrong, and where one of its models is called like another in the list.
  std::vector<const ModelEntry*> of_manifest(const std::string& path);

  // The model that the speedups of that runtime's models are measured against; nullptr where it has none that is
  // present.
  const ModelEntry* baseline_of(std::string_view runtime);

  // The manifests that the build names, as paths, and where the runtime of one is built.
  std::vector<std::string> listed_manifests() const;
  std::string out_of(const Manifest& manifest) const;

 private:
  void read_listed();
  std::vector<const ModelEntry*> add(Manifest manifest);

  std::string manifests_;
  bool listed_are_read_ = false;
  std::list<Runtime> runtimes_;
  std::list<std::vector<Setting>> settings_;  // of the entries below
  std::list<std::string> texts_;
  std::list<ModelEntry> native_;
  std::list<ModelEntry> others_;
};

// That of this program. The list of manifests lies at ../runtimes/manifests of its folder.
Catalogue& catalogue();

}  // namespace cbench
