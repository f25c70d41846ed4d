#include "sweep/plan/choice.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/connections.hpp"
#include "record/cell_key.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"
#include "workloads/workload_file_json.hpp"
#include "workloads/workload_file_reader.hpp"

namespace cbench {
namespace {

constexpr const char* digest_parameter = "digest";

std::pair<std::string, std::string> parse_assignment(std::string_view text, std::string_view what) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
    throw UsageError(fmt::format("{} takes name=value, not \"{}\"", what, text));
  }
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

std::vector<std::string> names_of(std::span<const WorkloadInfo* const> rows) {
  std::vector<std::string> names;
  for (const WorkloadInfo* row : rows) names.emplace_back(row->name);
  return names;
}

// No machine has room for a thousand times its memory; a model that tried would crash.
void check_sizes(const ModelInfo& model, const TextMap& settings) {
  const auto memory = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(getpagesize());
  for (const Setting& setting : model.settings) {
    const auto given = settings.find(std::string(setting.name));
    if (setting.values != "bytes" || given == settings.end()) continue;
    if (parse_size(given->second, setting.name) <= memory) continue;
    throw UsageError(fmt::format("{} of {}: {} is more than the {} MiB of memory that this machine has", setting.name,
                                 model.name, given->second, memory >> 20U));
  }
}

void check_settings(const ModelEntry& entry, const TextMap& settings) {
  const ModelInfo& model = entry.info;
  std::vector<std::string> known;
  for (const Setting& setting : model.settings) known.emplace_back(setting.name);
  for (const auto& [name, value] : settings) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    if (known.empty())
      throw UsageError(fmt::format("model {} has no settings, so none called \"{}\"", model.name, name));
    throw unknown(fmt::format("setting of {}", model.name), name, known);
  }
  check_sizes(model, settings);
  entry.check(settings);
}

constexpr std::string_view all_native = "all";
constexpr std::string_view all_of = "all-";
constexpr std::string_view all_runtimes = "all-runtimes";

void refuse_absent(const ModelEntry& entry) {
  if (entry.is_present()) return;
  throw UsageError(fmt::format("{}model {} is absent: {}", entry.is_native() ? "" : entry.of->manifest.path + ": ",
                               entry.info.name, entry.info.absent));
}

// `./mine/model.json`, or `./mine/model.json/NAME` for one of its models.
std::vector<const ModelEntry*> at_path(const std::string& path) {
  constexpr std::string_view file_end = ".json/";
  const auto end = path.rfind(file_end);
  if (end == std::string::npos) {
    std::vector<const ModelEntry*> entries = catalogue().of_manifest(path);
    // A manifest of which nothing can run is an error, one of which something can is not. A baseline is a model where
    // there is no other.
    const bool has_models = std::ranges::any_of(entries, [](const ModelEntry* entry) { return !entry->info.baseline; });
    if (has_models) std::erase_if(entries, [](const ModelEntry* entry) { return entry->info.baseline; });
    if (std::ranges::none_of(entries, &ModelEntry::is_present)) refuse_absent(*entries.front());
    std::erase_if(entries, [](const ModelEntry* entry) { return !entry->is_present(); });
    return entries;
  }
  const std::string file = path.substr(0, end + file_end.size() - 1);
  const std::string name = path.substr(end + file_end.size());
  std::vector<std::string> known;
  for (const ModelEntry* entry : catalogue().of_manifest(file)) {
    if (entry->info.name == name) return {entry};
    known.emplace_back(entry->info.name);
  }
  throw unknown("model of " + file, name, known);
}

// The present models that a word for several means, without baselines; nothing where it is no such word.
std::optional<std::vector<const ModelEntry*>> group_named(std::string_view name) {
  if (name != all_native && !name.starts_with(all_of)) return std::nullopt;
  std::vector<const ModelEntry*> entries;
  if (name == all_native) {
    entries = catalogue().native();
  } else {
    std::vector<std::string> known{std::string(all_native), std::string(all_runtimes)};
    for (const Runtime& runtime : catalogue().runtimes())
      known.push_back(std::string(all_of) + runtime.manifest.runtime);
    if (std::ranges::find(known, name) == known.end()) throw unknown("group of models", name, known);
    entries = catalogue().all();
    std::erase_if(entries, [&](const ModelEntry* entry) {
      return entry->is_native() || (name != all_runtimes && entry->runtime != name.substr(all_of.size()));
    });
  }
  std::string absent;
  for (const ModelEntry* entry : entries) {
    if (absent.empty()) absent = entry->info.absent;
  }
  std::erase_if(entries, [](const ModelEntry* entry) { return !entry->is_present() || entry->info.baseline; });
  if (entries.empty()) {
    throw UsageError(fmt::format("{} means no model: {}", name, absent.empty() ? "there is no such runtime" : absent));
  }
  return entries;
}

std::vector<const ModelEntry*> entries_named(const std::string& name) {
  if (const auto group = group_named(name)) return *group;
  if (names_a_file(name)) return at_path(name);
  if (const ModelEntry* entry = catalogue().find(name)) return {entry};
  std::vector<std::string> known;
  for (const ModelEntry* entry : catalogue().all()) known.emplace_back(entry->info.name);
  throw not_in_list("model", name, known);
}

// Files that this process has read, by what stands on their records: trials are drawn from them long after.
std::map<WorkKey, WorkloadFile>& files_read() {
  static std::map<WorkKey, WorkloadFile> files;
  return files;
}

WorkloadChoice choose_file(const Choice& choice) {
  const std::string& path = choice.name;
  if (!choice.settings.empty()) {
    const auto& [name, value] = *choice.settings.begin();
    throw UsageError(
        fmt::format("{}:{}={}: a workload file takes no parameters; change what it says", path, name, value));
  }
  WorkloadFile file = read_workload_file(path);
  TextMap parameters{{digest_parameter, digest_of(file)}};
  const auto [at, is_new] = files_read().try_emplace(WorkKey{file.name, parameters}, file);
  if (!is_new) at->second = std::move(file);  // the summary may be another
  return {.info = nullptr, .file = &at->second, .parameters = std::move(parameters)};
}

// A file may have commas, colons and equals signs in its name.
std::vector<Choice> workloads_in(const std::string& text) {
  if (names_a_file(text) && access(text.c_str(), F_OK) == 0) return {{.name = text, .settings = {}}};
  return parse_choices(text, "workload");
}

}  // namespace

UsageError not_in_list(std::string_view kind, std::string_view name, const std::vector<std::string>& known) {
  const UsageError whole = unknown(kind, name, known);
  if (nearest(name, known).empty()) return whole;
  const std::string_view text = whole.what();
  return UsageError(fmt::format("{} `cbench list` has all.", text.substr(0, text.rfind(" Known: "))));
}

std::vector<Choice> parse_choices(std::string_view text, std::string_view kind) {
  std::vector<Choice> choices;
  while (true) {
    const auto comma = text.find(',');
    std::string_view piece = text.substr(0, comma);
    const auto colon = piece.find(':');
    const auto equals = piece.find('=');
    if (equals == std::string_view::npos || colon < equals) {
      const std::string_view name = piece.substr(0, colon);
      if (name.empty()) throw UsageError(fmt::format("an empty name where a {} was expected", kind));
      choices.push_back({std::string(name), {}});
      piece = colon == std::string_view::npos ? std::string_view{} : piece.substr(colon + 1);
    } else if (choices.empty()) {
      throw UsageError(fmt::format("\"{}\" stands before any {}", piece, kind));
    }
    if (!piece.empty()) {
      auto [setting, value] = parse_assignment(piece, choices.back().name);
      if (const auto before = choices.back().settings.find(setting); before != choices.back().settings.end()) {
        throw UsageError(fmt::format("{}: {} is given twice, as {} and as {}; give one of them, or name {} twice",
                                     choices.back().name, setting, before->second, value, choices.back().name));
      }
      choices.back().settings.emplace(std::move(setting), std::move(value));
    }
    if (comma == std::string_view::npos) return choices;
    text.remove_prefix(comma + 1);
  }
}

std::vector<ModelChoice> choose_models(const std::vector<std::string>& texts) {
  std::vector<ModelChoice> chosen;
  for (const std::string& text : texts) {
    for (const Choice& choice : parse_choices(text, "model")) {
      for (const ModelEntry* entry : entries_named(choice.name)) {
        refuse_absent(*entry);
        check_settings(*entry, choice.settings);
        const bool is_there = std::ranges::any_of(chosen, [&](const ModelChoice& other) {
          return other.entry == entry && other.settings == choice.settings;
        });
        if (!is_there) chosen.push_back({entry, choice.settings});
      }
    }
  }
  return chosen;
}

std::vector<WorkloadChoice> choose_workloads(const std::vector<std::string>& texts,
                                             const std::vector<std::string>& params) {
  TextMap shared;
  for (const std::string& param : params) {
    auto [name, value] = parse_assignment(param, "--param");
    if (const auto before = shared.find(name); before != shared.end()) {
      throw UsageError(
          fmt::format("--param {} is given twice, as {} and as {}; give one of them", name, before->second, value));
    }
    shared.emplace(std::move(name), std::move(value));
  }
  std::vector<WorkloadChoice> chosen;
  std::vector<std::string> declared;
  std::string a_file;
  for (const std::string& text : texts) {
    for (Choice& choice : workloads_in(text)) {
      if (names_a_file(choice.name)) {
        chosen.push_back(choose_file(choice));
        a_file = choice.name;
        continue;
      }
      const WorkloadInfo* info = find_workload(choice.name);
      if (info == nullptr) throw unknown("workload", choice.name, names_of(workloads()));
      for (const Parameter& parameter : info->parameters) {
        declared.emplace_back(parameter.name);
        const auto found = shared.find(parameter.name);
        if (found != shared.end()) choice.settings.insert(*found);
      }
      chosen.push_back({.info = info, .parameters = read_parameters(info->parameters, choice.settings).text()});
    }
  }
  for (const auto& [name, value] : shared) {
    if (std::find(declared.begin(), declared.end(), name) != declared.end()) continue;
    if (declared.empty() && !a_file.empty()) {
      throw UsageError(fmt::format("--param {}={}: {} is a file, which takes no parameters; change what it says", name,
                                   value, a_file));
    }
    throw unknown("parameter", name, declared);
  }
  return chosen;
}

std::string WorkloadChoice::name() const { return file != nullptr ? file->name : std::string(info->name); }

std::uint32_t WorkloadChoice::concurrency() const { return file != nullptr ? file->concurrency : info->concurrency; }

Work WorkloadChoice::draw(std::uint64_t seed, std::uint32_t workers) const {
  if (file != nullptr) return draw_work(*file, seed);
  return draw_work(*info, parameters, seed, workers);
}

WorkloadChoice workload_of(const TrialSpec& spec) {
  const auto file = files_read().find(WorkKey{spec.workload, spec.parameters});
  if (file != files_read().end()) return {.file = &file->second, .parameters = spec.parameters};
  const WorkloadInfo* info = find_workload(spec.workload);
  if (info == nullptr) throw UsageError(fmt::format("there is no workload \"{}\"", spec.workload));
  return {.info = info, .parameters = spec.parameters};
}

void check_connections(const WorkloadChoice& workload, const Work& work, std::uint32_t in_flight) {
  const std::uint64_t connections = std::uint64_t{in_flight} * work.lanes();
  rlimit limit{};
  if (workload.file == nullptr || connections == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  if (limit.rlim_max == RLIM_INFINITY || connections + descriptor_reserve <= limit.rlim_max) return;
  const std::string place = widest_fan_out_of(*workload.file);
  throw UsageError(
      fmt::format("workload {}{}: {} connections for each of {} tasks in flight make {}, but this process may open {} "
                  "files at most: "
                  "lower {}--concurrency, or raise the limit (ulimit -Hn)",
                  workload.name(), place.empty() ? "" : ": " + place, human_count(work.lanes()), human_count(in_flight),
                  human_count(connections), human_count(limit.rlim_max), place.empty() ? "" : "the width or "));
}

}  // namespace cbench
