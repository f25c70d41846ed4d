// What a runtime of another language says of itself in its model.json: which tool chain it needs, how it is built, the
// command that runs a trial, and its models (docs/runtimes.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/text_map.hpp"

namespace cbench {

// How the tool chain of a runtime is found.
struct ToolChain {
  std::vector<std::string> programs;  // names looked up in PATH, or paths with wildcards and $VARIABLES
  std::vector<std::string> version;   // the command that says which version a program is
  std::string pattern;                // its first group is the version within the output of that
  std::string least;                  // the oldest version that will do
  std::vector<std::string> debian;    // packages that have it
  std::vector<std::string> needs;     // further programs in PATH that the build calls

  std::string name() const;  // of the first program, without its folder: "java"
};

struct ManifestSetting {
  std::string name;
  std::string values;    // for a person
  std::string fallback;  // the default
  std::string pattern;   // what a value must match as a whole; empty: any
  std::string summary;
};

struct ManifestModel {
  std::string name;
  std::string idiom;
  std::string library;
  std::string unit;
  std::string cannot;
  std::string own;
  std::string stock;
  std::string least;  // version of the tool chain; empty: the runtime's
  std::uint32_t most_in_flight = UINT32_MAX;
  std::uint32_t most_workers = UINT32_MAX;
  bool baseline = false;
  bool forks = false;
  bool shares_cpus = false;
  bool waits_block_workers = false;                // no more waits are under way at once than there are workers
  std::optional<std::chrono::nanoseconds> warmup;  // the least
  std::vector<std::string> command;                // in place of the runtime's; empty: that
  std::vector<ManifestSetting> settings;
};

struct Manifest {
  std::string path;    // absolute
  std::string folder;  // it lies in; absolute
  std::string runtime;
  ToolChain tool;
  std::vector<std::vector<std::string>> build;  // commands, one after the other
  std::vector<std::string> command;
  TextMap environment;
  // Names that its threads begin with which compile while tasks run, and which collect garbage; empty: not known.
  std::vector<std::string> compiler_threads;
  std::vector<std::string> collector_threads;
  std::vector<std::string> obeys;  // variables of a user's environment that change how it runs
  std::vector<ManifestModel> models;
};

// Throws UsageError with the file and the place in it: what cannot be read, what is missing, a key that nobody knows, a
// value or a pattern that makes no sense, a name that stands twice.
Manifest read_manifest(const std::string& path);

}  // namespace cbench
