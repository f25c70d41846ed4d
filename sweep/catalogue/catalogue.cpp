#include "sweep/catalogue/catalogue.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <utility>

#include <fmt/format.h>

#include "text/quantity.hpp"

namespace cbench {
namespace {

namespace fs = std::filesystem;

}  // namespace

void ModelEntry::check(const TextMap& settings) const {
  if (is_native()) {
    if (info.check != nullptr) info.check(settings);
    return;
  }
  for (const ManifestSetting& setting : described->settings) {
    const auto given = settings.find(setting.name);
    if (given == settings.end() || setting.pattern.empty()) continue;
    if (std::regex_match(given->second, std::regex(setting.pattern))) continue;
    throw UsageError(fmt::format("{} of {}: expected {}, not \"{}\"", setting.name, info.name,
                                 setting.values.empty() ? "what matches " + setting.pattern : setting.values,
                                 given->second));
  }
}

std::optional<TrialCommand> ModelEntry::command(const TextMap& settings, std::uint32_t workers) const {
  if (is_native()) return std::nullopt;
  return of->command_of(*described, settings, workers);
}

Catalogue::Catalogue(std::string manifests) : manifests_(std::move(manifests)) {
  for (const ModelInfo* info : models()) native_.push_back({.info = *info, .runtime = {}, .warmup = {}});
}

std::vector<std::string> Catalogue::listed_manifests() const {
  std::vector<std::string> paths;
  std::ifstream file(manifests_);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) paths.push_back(line);
  }
  return paths;
}

// A runtime that ships is built beside the program, another in its own folder.
std::string Catalogue::out_of(const Manifest& manifest) const {
  const auto listed = listed_manifests();
  if (std::ranges::find(listed, manifest.path) != listed.end()) {
    return fs::path(manifests_).parent_path() / manifest.runtime;
  }
  return fs::path(manifest.folder) / ".cbench" / manifest.runtime;
}

std::vector<const ModelEntry*> Catalogue::add(Manifest manifest) {
  for (const ManifestModel& model : manifest.models) {
    if (std::ranges::any_of(native_, [&](const ModelEntry& entry) { return entry.info.name == model.name; })) {
      throw UsageError(fmt::format("{}: there is a native model called \"{}\" already", manifest.path, model.name));
    }
    for (const ModelEntry& entry : others_) {
      if (entry.info.name != model.name) continue;
      throw UsageError(fmt::format("{}: there is a model called \"{}\" in {} already", manifest.path, model.name,
                                   entry.of->manifest.path));
    }
  }
  for (const Runtime& runtime : runtimes_) {
    if (runtime.manifest.runtime != manifest.runtime) continue;
    throw UsageError(fmt::format("{}: there is a runtime called \"{}\" in {} already", manifest.path, manifest.runtime,
                                 runtime.manifest.path));
  }
  std::string out = out_of(manifest);
  const Runtime& runtime = runtimes_.emplace_back(look_up(std::move(manifest), std::move(out)));
  std::vector<const ModelEntry*> added;
  for (const ManifestModel& model : runtime.manifest.models) {
    std::vector<Setting>& settings = settings_.emplace_back();
    for (const ManifestSetting& one : model.settings) {
      settings.push_back({one.name, one.values, one.fallback, one.summary});
    }
    const std::string& absent = texts_.emplace_back(runtime.absent_of(model));
    added.push_back(&others_.emplace_back(ModelEntry{.info = {.name = model.name,
                                                              .idiom = model.idiom,
                                                              .library = model.library,
                                                              .unit = model.unit,
                                                              .cannot = model.cannot,
                                                              .own = model.own,
                                                              .stock = model.stock,
                                                              .settings = settings,
                                                              .check = nullptr,
                                                              .make = nullptr,
                                                              .absent = absent,
                                                              .most_in_flight = model.most_in_flight,
                                                              .most_workers = model.most_workers,
                                                              .forks = model.forks,
                                                              .baseline = model.baseline,
                                                              .shares_cpus = model.shares_cpus},
                                                     .runtime = runtime.manifest.runtime,
                                                     .warmup = model.warmup,
                                                     .of = &runtime,
                                                     .described = &model}));
  }
  return added;
}

void Catalogue::read_listed() {
  if (std::exchange(listed_are_read_, true)) return;
  for (const std::string& path : listed_manifests()) of_manifest(path);
}

std::vector<const ModelEntry*> Catalogue::native() {
  std::vector<const ModelEntry*> entries;
  for (const ModelEntry& entry : native_) entries.push_back(&entry);
  return entries;
}

std::vector<const ModelEntry*> Catalogue::all() {
  read_listed();
  std::vector<const ModelEntry*> entries = native();
  for (const ModelEntry& entry : others_) entries.push_back(&entry);
  return entries;
}

const std::list<Runtime>& Catalogue::runtimes() {
  read_listed();
  return runtimes_;
}

const ModelEntry* Catalogue::find(std::string_view name) {
  for (std::list<ModelEntry>* list : {&native_, &others_}) {
    for (const ModelEntry& entry : *list) {
      if (entry.info.name == name) return &entry;
    }
  }
  if (listed_are_read_) return nullptr;
  read_listed();
  return find(name);
}

std::vector<const ModelEntry*> Catalogue::of_manifest(const std::string& path) {
  Manifest manifest = read_manifest(path);
  std::vector<const ModelEntry*> entries;
  for (const ModelEntry& entry : others_) {
    if (entry.of->manifest.path == manifest.path) entries.push_back(&entry);
  }
  return entries.empty() ? add(std::move(manifest)) : entries;
}

const ModelEntry* Catalogue::baseline_of(std::string_view runtime) {
  for (std::list<ModelEntry>* list : {&native_, &others_}) {
    for (const ModelEntry& entry : *list) {
      if (entry.runtime == runtime && entry.info.baseline && entry.is_present()) return &entry;
    }
  }
  return nullptr;
}

Catalogue& catalogue() {
  static Catalogue list([] {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    return (program.parent_path().parent_path() / "runtimes" / "manifests").string();
  }());
  return list;
}

}  // namespace cbench
