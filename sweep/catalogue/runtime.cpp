#include "sweep/catalogue/runtime.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "sweep/catalogue/command.hpp"
#include "text/json_text.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::chrono::milliseconds longest_build = 10min;  // of one command
constexpr std::size_t shown_lines = 20;                     // of a build that failed
const std::set<std::string> products{"node_modules", "target", "__pycache__", "build", "dist"};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string filled(std::string text, const Manifest& manifest, const std::string& out, const FoundTool& tool) {
  std::error_code error;
  const fs::path file = fs::canonical(tool.program, error);
  replace_all(text, "{tool_folder}", (error ? fs::path(tool.program) : file).parent_path().string());
  replace_all(text, "{tool}", tool.program);
  replace_all(text, "{out}", out);
  replace_all(text, "{here}", manifest.folder);
  return text;
}

// What a build depends on: every source by its size and its time, and the tools that there are.
std::string fingerprint_of(const Manifest& manifest, const std::vector<std::string>& candidates) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(manifest.folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with('.') || products.contains(name)) {
      if (at->is_directory()) at.disable_recursion_pending();
      continue;
    }
    if (at->is_regular_file()) files.push_back(at->path().string());
  }
  std::ranges::sort(files);
  files.insert(files.end(), candidates.begin(), candidates.end());
  std::uint64_t sum = 0xcbf29ce484222325ULL;  // FNV-1a: to tell one state of a folder from another
  for (const std::string& file : files) {
    const auto size = fs::file_size(file, error);
    const auto time = fs::last_write_time(file, error).time_since_epoch().count();
    for (const char c : fmt::format("{}|{}|{}\n", file, size, time)) {
      sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
  }
  return fmt::format("{:016x}", sum);
}

// What the last build left behind.
struct Memory {
  FoundTool tool;
  std::string fingerprint;
  std::string failed;  // how its build failed; empty: it did not
};

fs::path memory_file(const std::string& out) { return fs::path(out) / "built.json"; }

std::optional<Memory> remember(const std::string& out) {
  std::ifstream file(memory_file(out));
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  try {
    const Json json = parse_json(text.str(), "built.json");
    return Memory{{json.at("tool"), json.at("version")}, json.at("fingerprint"), json.at("failed")};
  } catch (const std::exception&) {  // cut off, or of another version of this program: built anew
    return std::nullopt;
  }
}

void memorise(const std::string& out, const Memory& memory) {
  std::ofstream file(memory_file(out));
  file << to_line(Json{{"tool", memory.tool.program},
                       {"version", memory.tool.version},
                       {"fingerprint", memory.fingerprint},
                       {"failed", memory.failed}})
       << '\n';
}

std::string remedy_of(const ToolChain& tool) {
  return tool.debian.empty() ? "install it" : "`scripts/setup --runtimes` installs what Debian has";
}

// "java 21 or newer not found (17.0.9 is there); ...". A program that does not say its version may be new enough: then
// the manifest is to be mended, or the program.
std::string not_found(const Manifest& manifest, const std::string& least, const NewestTool& newest) {
  std::string there = newest.tool ? newest.tool->version + " is there" : "";
  if (!newest.untold.empty()) there += (there.empty() ? "" : "; ") + newest.untold;
  return fmt::format("{} {} or newer not found{}; {}", manifest.tool.name(), least,
                     there.empty() ? "" : fmt::format(" ({})", there),
                     newest.untold.empty() ? remedy_of(manifest.tool)
                                           : fmt::format("`tool` in {} says how it is asked", manifest.path));
}

std::string missing_need(const ToolChain& tool) {
  for (const std::string& need : tool.needs) {
    if (find_program(need).empty()) return fmt::format("{} not found; {}", need, remedy_of(tool));
  }
  return {};
}

bool is_built(const std::optional<Memory>& memory) {
  return memory && memory->failed.empty() && !find_program(memory->tool.program).empty();
}

std::string build_command_of(const Manifest& manifest, const std::string& out) {
  // The folder of a shipped runtime is named like it; another is known by its manifest.
  const bool shipped =
      fs::path(out).filename() == manifest.runtime && fs::path(out).parent_path().filename() == "runtimes";
  return fmt::format("cbench runtimes --build {}", shipped ? manifest.runtime : manifest.path);
}

}  // namespace

Runtime look_up(Manifest manifest, std::string out) {
  Runtime runtime{.manifest = std::move(manifest), .out = std::move(out), .tool = {}, .absent = {}};
  const ToolChain& tool = runtime.manifest.tool;
  const std::optional<Memory> memory = remember(runtime.out);
  if (is_built(memory)) {
    runtime.tool = memory->tool;
  } else {
    const NewestTool newest = newest_of(tool, candidates_of(tool));
    runtime.tool = newest.tool;
    runtime.untold = newest.untold;
    if (!runtime.tool || !is_at_least(runtime.tool->version, tool.least)) {
      runtime.absent = not_found(runtime.manifest, tool.least, newest);
      return runtime;
    }
    if (runtime.manifest.build.empty()) return runtime;
    runtime.absent = missing_need(tool);
    if (!runtime.absent.empty()) return runtime;
    const std::string command = build_command_of(runtime.manifest, runtime.out);
    runtime.absent = memory && !memory->failed.empty()
                         ? fmt::format("its build failed ({}); `{}` tries again", memory->failed, command)
                         : fmt::format("not built; `{}` does that", command);
  }
  return runtime;
}

std::string Runtime::absent_of(const ManifestModel& model) const {
  if (!model.least.empty() && !(tool && is_at_least(tool->version, model.least))) {
    return not_found(manifest, model.least, {tool, untold});
  }
  if (!absent.empty()) return absent;
  const TrialCommand command = command_of(model, {}, 1);
  const std::string program = find_program(command.arguments.front());
  if (program.empty()) {
    return fmt::format("its command {} does not exist or may not be run", command.arguments.front());
  }
  if (const std::string interpreter = missing_interpreter_of(program); !interpreter.empty()) {
    return fmt::format("its command {} names the interpreter {}, which does not exist or may not be run", program,
                       interpreter);
  }
  return {};
}

TrialCommand Runtime::command_of(const ManifestModel& model, const TextMap& settings, std::uint32_t workers) const {
  const auto complete = [&](std::string text) {
    text = filled(std::move(text), manifest, out, *tool);
    replace_all(text, "{workers}", std::to_string(workers));
    for (const ManifestSetting& setting : model.settings) {
      const auto given = settings.find(setting.name);
      replace_all(text, "{setting:" + setting.name + "}", given == settings.end() ? setting.fallback : given->second);
    }
    return text;
  };
  TrialCommand command{.arguments = {}, .folder = manifest.build.empty() ? manifest.folder : out, .environment = {}};
  for (const std::string& argument : model.command.empty() ? manifest.command : model.command) {
    command.arguments.push_back(complete(argument));
  }
  // "./run.sh" is one of the manifest's folder, whatever folder the trial runs in.
  std::string& program = command.arguments.front();
  if (program.find('/') != std::string::npos && !program.starts_with('/')) program = manifest.folder + '/' + program;
  for (const auto& [name, value] : manifest.environment) command.environment.emplace(name, complete(value));
  return command;
}

BuildOutcome build(const Manifest& manifest, const std::string& out, void (*begins)(const std::string& words)) {
  if (manifest.build.empty()) {
    const Runtime runtime = look_up(manifest, out);
    if (!runtime.absent.empty()) return {Built::no_tool, runtime.absent};
    return {};
  }
  const ToolChain& chain = manifest.tool;
  const std::vector<std::string> candidates = candidates_of(chain);
  Memory memory{.tool = {}, .fingerprint = fingerprint_of(manifest, candidates), .failed = {}};
  const std::optional<Memory> before = remember(out);
  if (is_built(before) && before->fingerprint == memory.fingerprint) return {};

  const NewestTool newest = newest_of(chain, candidates);
  const std::optional<FoundTool>& tool = newest.tool;
  if (!tool || !is_at_least(tool->version, chain.least)) {
    return {Built::no_tool, not_found(manifest, chain.least, newest)};
  }
  if (std::string missing = missing_need(chain); !missing.empty()) return {Built::no_tool, std::move(missing)};
  memory.tool = *tool;
  begins(fmt::format("building the runtime {} with {} {} ({})", manifest.runtime, chain.name(), tool->version,
                     tool->program));
  fs::create_directories(out);
  TextMap environment;
  for (const auto& [name, value] : manifest.environment) environment.emplace(name, filled(value, manifest, out, *tool));
  memory.failed = "it was interrupted";  // unless something else is said below, whatever ends this process
  memorise(out, memory);
  for (const std::vector<std::string>& step : manifest.build) {
    std::vector<std::string> command;
    for (const std::string& argument : step) command.push_back(filled(argument, manifest, out, *tool));
    const CommandOutcome outcome = run_command(command, manifest.folder, environment, longest_build);
    if (outcome.succeeded) continue;
    memory.failed = fmt::format("{} {}", fs::path(command.front()).filename().string(), outcome.end);
    memorise(out, memory);
    return {Built::failed, fmt::format("the runtime {} could not be built: {} {}\n{}", manifest.runtime,
                                       fmt::join(command, " "), outcome.end, last_lines(outcome.output, shown_lines))};
  }
  memory.failed.clear();
  memorise(out, memory);
  return {Built::built, {}};
}

}  // namespace cbench
