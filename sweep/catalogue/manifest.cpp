#include "sweep/catalogue/manifest.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "text/json_text.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr std::string_view name_pattern = "[a-z][a-z0-9-]*";
constexpr std::string_view reserved = "all";  // what --model names several models by: all, all-java

// One object of a manifest. Keys that are not among the known ones are refused first: a misspelled one is not missing.
class Place {
 public:
  Place(const Json& json, const std::string& file, std::string path, const std::vector<std::string>& known)
      : json_(json), file_(file), path_(std::move(path)) {
    if (!json_.is_object()) throw error(path_, "expected an object");
    for (const auto& [key, value] : json_.items()) {
      if (std::ranges::find(known, key) == known.end()) throw error(path_, unknown("key", key, known).what());
    }
  }

  UsageError error(const std::string& path, std::string_view what) const {
    return UsageError(fmt::format("{}: {}{}{}", file_, path, path.empty() ? "" : ": ", what));
  }
  UsageError error_at(std::string_view key, std::string_view what) const { return error(path_of(key), what); }
  std::string path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
  }

  const Json* find(std::string_view key) const {
    const auto found = json_.find(std::string(key));
    return found == json_.end() ? nullptr : &*found;
  }
  const Json& at(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr) throw error_at(key, "missing");
    return *value;
  }

  std::string text(std::string_view key) const {
    const Json& value = at(key);
    if (!value.is_string() || value.get<std::string>().empty()) throw error_at(key, "expected text");
    return value.get<std::string>();
  }
  std::string text_or_nothing(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) throw error_at(key, "expected text");
    return value->get<std::string>();
  }
  std::vector<std::string> texts_of(const Json& list, const std::string& path) const {
    if (!list.is_array()) throw error(path, "expected a list of text");
    std::vector<std::string> texts;
    for (const Json& entry : list) {
      if (!entry.is_string()) throw error(path, "expected a list of text");
      texts.push_back(entry.get<std::string>());
    }
    return texts;
  }
  std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> list = texts_of(at(key), path_of(key));
    if (list.empty()) throw error_at(key, "expected one or more texts");
    return list;
  }
  std::vector<std::string> texts_or_none(std::string_view key) const {
    const Json* list = find(key);
    return list == nullptr ? std::vector<std::string>() : texts_of(*list, path_of(key));
  }
  bool flag(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) throw error_at(key, "expected true or false");
    return value->get<bool>();
  }
  std::uint32_t count(std::string_view key) const {
    const Json* value = find(key);
    if (value == nullptr) return UINT32_MAX;
    const bool whole = value->is_number_unsigned() && value->get<std::uint64_t>() >= 1;
    if (!whole || value->get<std::uint64_t>() > UINT32_MAX) throw error_at(key, "expected a whole number from 1 on");
    return value->get<std::uint32_t>();
  }
  std::string pattern(std::string_view key, std::string text) const {
    try {
      const std::regex checked(text);
    } catch (const std::regex_error&) {
      throw error_at(key, fmt::format("\"{}\" is no regular expression", text));
    }
    return text;
  }
  std::string name(std::string_view key) const {
    std::string text = this->text(key);
    static const std::regex form{std::string(name_pattern)};
    if (!std::regex_match(text, form)) {
      throw error_at(key, fmt::format("\"{}\" is no name: small letters, digits and dashes", text));
    }
    return text;
  }
  std::string version(std::string_view key, std::string text) const {
    static const std::regex form(R"([0-9]+(\.[0-9]+)*)");
    if (!text.empty() && !std::regex_match(text, form)) {
      throw error_at(key, fmt::format("\"{}\" is no version: numbers with points between them", text));
    }
    return text;
  }

 private:
  const Json& json_;
  const std::string& file_;
  std::string path_;
};

const std::vector<std::string> for_builds{"{tool}", "{tool_folder}", "{out}", "{here}"};
const std::vector<std::string> for_trials{"{tool}", "{tool_folder}", "{out}", "{here}", "{workers}", "{setting:NAME}"};

// Braces around a word, without the $ of a shell before them: a placeholder, or a mistake in one.
std::vector<std::string> placeholders_in(const std::string& text) {
  static const std::regex form(R"(\{[A-Za-z_-]+(:[^{}]*)?\})");
  std::vector<std::string> found;
  for (auto at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
    const std::string word = text.substr(at, text.find('}', at) - at + 1);
    if ((at == 0 || text[at - 1] != '$') && std::regex_match(word, form)) found.push_back(word);
  }
  return found;
}

void refuse_unknown(const Place& place, const std::string& path, const std::string& text,
                    const std::vector<std::string>& known) {
  for (const std::string& word : placeholders_in(text)) {
    if (std::ranges::find(known, word) != known.end()) continue;
    throw place.error(path, unknown("placeholder", word, known).what());
  }
}

// Likewise of what is filled in for the trials of a model.
void refuse_unknown_of(const ManifestModel& model, const Place& place, const std::string& path,
                       const std::string& text) {
  constexpr std::string_view begin = "{setting:";
  std::vector<std::string> settings;
  for (const ManifestSetting& setting : model.settings) settings.push_back(setting.name);
  for (const std::string& word : placeholders_in(text)) {
    if (!word.starts_with(begin)) {
      if (std::ranges::find(for_trials, word) == for_trials.end()) {
        throw place.error(path, unknown("placeholder", word, for_trials).what());
      }
      continue;
    }
    const std::string name = word.substr(begin.size(), word.size() - begin.size() - 1);
    if (std::ranges::find(settings, name) != settings.end()) continue;
    throw place.error(path, fmt::format("the model {} has no setting for \"{}\"; {}", model.name, word,
                                        settings.empty() ? "it has no settings"
                                                         : fmt::format("it has {}", fmt::join(settings, ", "))));
  }
}

ToolChain tool_from(const Json& json, const std::string& file) {
  const Place place(json, file, "tool", {"programs", "version", "pattern", "least", "debian", "needs"});
  ToolChain tool{.programs = place.texts("programs"),
                 .version = place.texts("version"),
                 .pattern = place.pattern("pattern", place.text("pattern")),
                 .least = place.version("least", place.text("least")),
                 .debian = place.texts_or_none("debian"),
                 .needs = place.texts_or_none("needs")};
  if (std::regex(tool.pattern).mark_count() == 0) {
    throw place.error_at("pattern", "expected a group, which is the version: go([0-9.]+)");
  }
  for (const std::string& argument : tool.version) {
    refuse_unknown(place, place.path_of("version"), argument, {"{tool}"});
  }
  return tool;
}

ManifestSetting setting_from(const Json& json, const std::string& file, const std::string& path) {
  const Place place(json, file, path, {"name", "values", "default", "pattern", "summary"});
  ManifestSetting setting{.name = place.name("name"),
                          .values = place.text_or_nothing("values"),
                          .fallback = place.text("default"),
                          .pattern = place.pattern("pattern", place.text_or_nothing("pattern")),
                          .summary = place.text("summary")};
  if (!setting.pattern.empty() && !std::regex_match(setting.fallback, std::regex(setting.pattern))) {
    throw place.error_at("default",
                         fmt::format("\"{}\" does not match the pattern \"{}\"", setting.fallback, setting.pattern));
  }
  return setting;
}

template <class Rows>
void refuse_twice(const Place& place, std::string_view key, const Rows& rows) {
  std::set<std::string> names;
  for (const auto& row : rows) {
    if (!names.insert(row.name).second) throw place.error_at(key, fmt::format("two are called \"{}\"", row.name));
  }
}

ManifestModel model_from(const Json& json, const std::string& file, const std::string& path) {
  const Place place(
      json, file, path,
      {"name", "idiom", "library", "unit", "cannot", "own", "stock", "least", "most_in_flight", "most_workers",
       "baseline", "forks", "shares_cpus", "waits_block_workers", "warmup", "command", "settings"});
  ManifestModel model{.name = place.name("name"),
                      .idiom = place.text("idiom"),
                      .library = place.text("library"),
                      .unit = place.text("unit"),
                      .cannot = place.text_or_nothing("cannot"),
                      .own = place.text_or_nothing("own"),
                      .stock = place.text_or_nothing("stock"),
                      .least = place.version("least", place.text_or_nothing("least")),
                      .most_in_flight = place.count("most_in_flight"),
                      .most_workers = place.count("most_workers"),
                      .baseline = place.flag("baseline"),
                      .forks = place.flag("forks"),
                      .shares_cpus = place.flag("shares_cpus"),
                      .waits_block_workers = place.flag("waits_block_workers"),
                      .warmup = {},
                      .command = place.texts_or_none("command"),
                      .settings = {}};
  if (model.name == reserved || model.name.starts_with(std::string(reserved) + '-')) {
    throw place.error_at("name", fmt::format("\"{}\" would mean several models to --model", model.name));
  }
  if (const std::string warmup = place.text_or_nothing("warmup"); !warmup.empty()) {
    model.warmup = parse_duration(warmup, file + ": " + place.path_of("warmup"));
  }
  if (const Json* settings = place.find("settings")) {
    if (!settings->is_array()) throw place.error_at("settings", "expected a list");
    for (std::size_t i = 0; i < settings->size(); ++i) {
      model.settings.push_back(setting_from((*settings)[i], file, fmt::format("{}[{}]", place.path_of("settings"), i)));
    }
  }
  refuse_twice(place, "settings", model.settings);
  return model;
}

Json parse(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    throw UsageError(fmt::format("{} is a folder; a manifest is a file in it: {}/model.json", path, path));
  }
  errno = 0;
  std::ifstream file(path);
  if (!file) {
    throw UsageError(fmt::format("cannot read the manifest {}: {}; docs/runtimes.md has an example", path,
                                 std::generic_category().message(errno)));
  }
  std::stringstream text;
  text << file.rdbuf();
  try {
    return parse_json(text.str(), path);
  } catch (const std::exception& problem) {
    throw UsageError(problem.what());
  }
}

}  // namespace

std::string ToolChain::name() const { return std::filesystem::path(programs.front()).filename().string(); }

Manifest read_manifest(const std::string& path) {
  const Json json = parse(path);
  const Place place(json, path, "",
                    {"runtime", "tool", "build", "command", "environment", "compiler_threads", "collector_threads",
                     "obeys", "models"});
  const std::filesystem::path absolute = std::filesystem::absolute(path).lexically_normal();
  Manifest manifest{.path = absolute.string(),
                    .folder = absolute.parent_path().string(),
                    .runtime = place.name("runtime"),
                    .tool = tool_from(place.at("tool"), path),
                    .build = {},
                    .command = place.texts("command"),
                    .environment = {},
                    .compiler_threads = place.texts_or_none("compiler_threads"),
                    .collector_threads = place.texts_or_none("collector_threads"),
                    .obeys = place.texts_or_none("obeys"),
                    .models = {}};
  if (const Json* build = place.find("build")) {
    if (!build->is_array()) throw place.error_at("build", "expected a list of commands");
    for (std::size_t i = 0; i < build->size(); ++i) {
      manifest.build.push_back(place.texts_of((*build)[i], fmt::format("build[{}]", i)));
      if (manifest.build.back().empty()) throw place.error(fmt::format("build[{}]", i), "expected a command");
      for (const std::string& argument : manifest.build.back()) {
        refuse_unknown(place, fmt::format("build[{}]", i), argument, for_builds);
      }
    }
  }
  if (const Json* environment = place.find("environment")) {
    if (!environment->is_object()) throw place.error_at("environment", "expected an object of text");
    for (const auto& [name, value] : environment->items()) {
      if (!value.is_string()) throw place.error("environment." + name, "expected text");
      if (name.empty() || name.find('=') != std::string::npos) {
        throw place.error_at("environment", fmt::format("\"{}\" is no name of a variable: it {}", name,
                                                        name.empty() ? "is empty" : "has a = in it"));
      }
      manifest.environment.emplace(name, value.get<std::string>());
    }
  }
  const Json& models = place.at("models");
  if (!models.is_array() || models.empty()) throw place.error_at("models", "expected a list of one or more models");
  for (std::size_t i = 0; i < models.size(); ++i) {
    manifest.models.push_back(model_from(models[i], path, fmt::format("models[{}]", i)));
  }
  refuse_twice(place, "models", manifest.models);
  for (std::size_t i = 0; i < manifest.models.size(); ++i) {
    const ManifestModel& model = manifest.models[i];
    const bool own = !model.command.empty();
    const std::vector<std::string>& command = own ? model.command : manifest.command;
    for (std::size_t k = 0; k < command.size(); ++k) {
      const std::string where = own ? fmt::format("models[{}].command[{}]", i, k) : fmt::format("command[{}]", k);
      refuse_unknown_of(model, place, where, command[k]);
    }
    for (const auto& [name, value] : manifest.environment) {
      refuse_unknown_of(model, place, "environment." + name, value);
    }
  }
  if (std::ranges::count_if(manifest.models, &ManifestModel::baseline) > 1) {
    throw place.error_at("models", "two of them are the baseline");
  }
  return manifest;
}

}  // namespace cbench
