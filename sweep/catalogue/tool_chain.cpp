#include "sweep/catalogue/tool_chain.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <glob.h>
#include <unistd.h>

#include "sweep/catalogue/command.hpp"
#include "text/fitted.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view tool_placeholder = "{tool}";
constexpr std::chrono::milliseconds longest_version = 10s;  // for a program to say its version
constexpr std::size_t shown_columns = 120;                  // of what it printed instead

bool may_be_run(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> in_path(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::vector<std::string> found;
  std::string_view folders = path == nullptr ? "/usr/bin:/bin" : path;
  while (true) {
    const auto colon = folders.find(':');
    const std::string folder(folders.substr(0, colon));
    const std::string program = std::filesystem::absolute(folder.empty() ? "." : folder) / name;
    if (may_be_run(program)) found.push_back(program);
    if (colon == std::string_view::npos) return found;
    folders.remove_prefix(colon + 1);
  }
}

// "$JAVA_HOME/bin/java": empty where the variable is not set.
std::string with_variables(std::string text) {
  static const std::regex variable(R"(\$([A-Za-z_][A-Za-z0-9_]*))");
  for (std::smatch match; std::regex_search(text, match, variable);) {
    const char* const value = std::getenv(match[1].str().c_str());
    if (value == nullptr || *value == '\0') return {};
    text = match.prefix().str() + value + match.suffix().str();
  }
  return text;
}

std::vector<std::string> matching(const std::string& pattern) {
  std::vector<std::string> found;
  glob_t paths{};
  if (glob(pattern.c_str(), GLOB_TILDE, nullptr, &paths) == 0) {
    for (std::size_t i = 0; i < paths.gl_pathc; ++i) {
      if (may_be_run(paths.gl_pathv[i])) found.emplace_back(paths.gl_pathv[i]);
    }
  }
  globfree(&paths);
  return found;
}

std::vector<unsigned long> numbers_of(std::string_view version) {
  std::vector<unsigned long> numbers;
  const std::string text(version);
  for (const char* at = text.c_str(); *at != '\0';) {
    char* end = nullptr;
    const unsigned long number = std::strtoul(at, &end, 10);
    if (end == at) break;
    numbers.push_back(number);
    at = *end == '.' ? end + 1 : end;
    if (*end != '.') break;
  }
  while (!numbers.empty() && numbers.back() == 0) numbers.pop_back();
  return numbers;
}

// The first line, or the last, that is not empty; as it is shown to a person.
std::string shown_line(std::string_view text, bool last) {
  constexpr std::string_view blank = " \t\r\n";
  const auto begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  text = text.substr(begin, text.find_last_not_of(blank) + 1 - begin);
  if (last) {
    const auto before = text.rfind('\n');
    text.remove_prefix(before == std::string_view::npos ? 0 : before + 1);
  } else {
    text = text.substr(0, text.find_first_of("\r\n"));
  }
  return shortened(text, shown_columns);
}

// Why nobody knows the version of a program that is there.
std::string why_untold(const std::string& program, const std::vector<std::string>& command, const CommandOutcome& said,
                       const std::string& pattern, const std::string& matched) {
  const std::string line = shown_line(said.output, !said.succeeded);
  const std::string asked =
      fmt::format("{} is there, but its version is not known: `{}`", program, fmt::join(command, " "));
  if (!said.succeeded) {
    return fmt::format("{} {}{}", asked, said.end, line.empty() ? "" : fmt::format(", and printed \"{}\"", line));
  }
  const std::string printed = line.empty() ? "nothing" : fmt::format("\"{}\"", line);
  if (matched.empty()) {
    return fmt::format("{} printed {}, where tool.pattern \"{}\" finds none", asked, printed, pattern);
  }
  return fmt::format("{} printed {}, where tool.pattern \"{}\" finds \"{}\", which is none", asked, printed, pattern,
                     shortened(matched, shown_columns));
}

bool is_version(const std::string& text) { return !text.empty() && text.front() >= '0' && text.front() <= '9'; }

}  // namespace

bool is_at_least(std::string_view version, std::string_view least) { return numbers_of(version) >= numbers_of(least); }

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return may_be_run(name) ? std::filesystem::absolute(name).string() : "";
  const auto found = in_path(name);
  return found.empty() ? "" : found.front();
}

std::vector<std::string> candidates_of(const ToolChain& tool) {
  std::vector<std::string> candidates;
  std::set<std::string> files;
  for (const std::string& program : tool.programs) {
    const std::string name = with_variables(program);
    if (name.empty()) continue;
    for (const std::string& path : name.find('/') == std::string::npos ? in_path(name) : matching(name)) {
      std::error_code error;
      const auto file = std::filesystem::canonical(path, error);
      if (!error && files.insert(file.string()).second) candidates.push_back(path);
    }
  }
  return candidates;
}

NewestTool newest_of(const ToolChain& tool, const std::vector<std::string>& candidates) {
  NewestTool newest;
  const std::regex pattern(tool.pattern);
  for (const std::string& candidate : candidates) {
    std::vector<std::string> command = tool.version;
    for (std::string& argument : command) {
      if (const auto at = argument.find(tool_placeholder); at != std::string::npos) {
        argument.replace(at, tool_placeholder.size(), candidate);
      }
    }
    const CommandOutcome said = run_command(command, {}, {}, longest_version);
    std::smatch match;
    const bool matches = said.succeeded && std::regex_search(said.output, match, pattern);
    const std::string version = matches ? match[1].str() : "";
    if (is_version(version)) {
      if (!newest.tool || !is_at_least(newest.tool->version, version)) newest.tool = FoundTool{candidate, version};
    } else if (newest.untold.empty()) {
      newest.untold = why_untold(candidate, command, said, tool.pattern, version);
    }
  }
  return newest;
}

}  // namespace cbench
