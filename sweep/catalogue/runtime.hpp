// A runtime of another language on this machine: its tool chain as it was found, whether it is built, and the command
// that runs a trial of one of its models.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/text_map.hpp"
#include "sweep/catalogue/manifest.hpp"
#include "sweep/catalogue/tool_chain.hpp"

namespace cbench {

// What runs a trial: started in `folder`, with `environment` beside that of this program.
struct TrialCommand {
  std::vector<std::string> arguments;  // the program first
  std::string folder;
  TextMap environment;
};

struct Runtime {
  Manifest manifest;
  std::string out;                // where it is built
  std::optional<FoundTool> tool;  // nothing: there is none that says a version
  std::string untold;             // of a program that is there and says none: see NewestTool
  std::string absent;             // why none of its models can run; empty: those can whose own `least` allows it

  // Why this model cannot run; empty where it can.
  std::string absent_of(const ManifestModel& model) const;
  // Of a model that can run. Settings that are not given have their defaults.
  TrialCommand command_of(const ManifestModel& model, const TextMap& settings, std::uint32_t workers) const;
};

// Looks for the tool chain, unless a build has found it before, and whether it was built. Never throws for what is not
// there.
Runtime look_up(Manifest manifest, std::string out);

enum class Built : std::uint8_t {
  nothing_to_do,
  built,
  no_tool,  // `words` say what is missing
  failed,   // `words` say which command, how it ended and its last lines
};
struct BuildOutcome {
  Built what = Built::nothing_to_do;
  std::string words;
};

// Builds it where its sources or its tool chain are others than those of the last build. `begins` is called before
// something is done. Blocks for as long as that takes, 10 minutes a command at most.
BuildOutcome build(const Manifest& manifest, const std::string& out, void (*begins)(const std::string& words));

}  // namespace cbench
