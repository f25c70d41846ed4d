#include "cmd/runtimes.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "sweep/catalogue/catalogue.hpp"
#include "text/page.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::size_t name_columns = 10;

void say(const std::string& words) { std::fputs((words + "\n").c_str(), stderr); }

// Those that were named, by their runtime or by the path of their manifest; all that ship where none was.
std::vector<Manifest> manifests_named(const std::vector<std::string>& names) {
  std::vector<Manifest> listed;
  std::vector<std::string> known;
  for (const std::string& path : catalogue().listed_manifests()) {
    known.push_back(listed.emplace_back(read_manifest(path)).runtime);
  }
  if (names.empty()) return listed;
  std::vector<Manifest> chosen;
  for (const std::string& name : names) {
    if (name.find('/') != std::string::npos || name.ends_with(".json")) {
      chosen.push_back(read_manifest(name));
      continue;
    }
    const auto found = std::ranges::find(listed, name, &Manifest::runtime);
    if (found == listed.end()) {
      if (known.empty()) throw UsageError(fmt::format("there is no runtime \"{}\": this build knows none", name));
      throw unknown("runtime", name, known);
    }
    chosen.push_back(*found);
  }
  return chosen;
}

// Those of which a model is among the words of a command line: go, fibers,tokio:threads=2, all-runtimes, all-java.
std::vector<Manifest> manifests_in(const std::string& text) {
  std::set<std::string, std::less<>> words;
  constexpr std::string_view of_a_name = "abcdefghijklmnopqrstuvwxyz0123456789-_./";
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    end = std::min(text.find_first_not_of(of_a_name, begin), text.size());
    words.insert(text.substr(begin, end - begin));
  }
  std::vector<Manifest> named = manifests_named({});
  std::erase_if(named, [&](const Manifest& manifest) {
    const auto is_named = [&](const ManifestModel& model) { return words.contains(model.name); };
    return !words.contains("all-runtimes") && !words.contains("all-" + manifest.runtime) &&
           std::ranges::none_of(manifest.models, is_named);
  });
  return named;
}

int build_all(const std::vector<Manifest>& manifests, bool named) {
  int exit_code = 0;
  for (const Manifest& manifest : manifests) {
    const BuildOutcome outcome = build(manifest, catalogue().out_of(manifest), say);
    if (outcome.what == Built::failed) {
      say("cbench: " + outcome.words);
      exit_code = 1;
    }
    // What this machine cannot have is no news to who builds everything: `cbench list` says it.
    if (outcome.what == Built::no_tool && named)
      throw UsageError(fmt::format("{}: {}", manifest.runtime, outcome.words));
  }
  return exit_code;
}

std::string names_of(const Manifest& manifest) {
  std::string names;
  for (const ManifestModel& model : manifest.models) names += (names.empty() ? "" : ", ") + model.name;
  return names;
}

std::string text_of(const std::vector<Runtime>& runtimes, std::size_t width, bool colour) {
  Page page(width, colour);
  if (runtimes.empty()) page.heading("No runtimes", "of other languages are part of this build");
  for (const Runtime& runtime : runtimes) {
    const std::string tool = runtime.tool ? fmt::format("{} {} ({})", runtime.manifest.tool.name(),
                                                        runtime.tool->version, runtime.tool->program)
                                          : "";
    if (runtime.absent.empty()) {
      page.entry(0, name_columns, runtime.manifest.runtime, tool);
    } else {
      page.entry(0, name_columns, runtime.manifest.runtime, fmt::format("absent: {}", runtime.absent));
      if (!tool.empty()) page.more(0, name_columns, tool);
    }
    page.more(0, name_columns, fmt::format("models: {}", names_of(runtime.manifest)));
    for (const ManifestModel& model : runtime.manifest.models) {
      const std::string absent = runtime.absent_of(model);
      if (runtime.absent.empty() && !absent.empty()) {
        page.more(0, name_columns, fmt::format("{} is absent: {}", model.name, absent));
      }
    }
  }
  return std::move(page).text();
}

std::string json_of(const std::vector<Runtime>& runtimes) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Runtime& runtime : runtimes) {
    nlohmann::ordered_json row{{"runtime", runtime.manifest.runtime},
                               {"manifest", runtime.manifest.path},
                               {"folder", runtime.out},
                               {"present", runtime.absent.empty()},
                               {"absent", runtime.absent}};
    row["tool"] = nullptr;
    if (runtime.tool) row["tool"] = {{"program", runtime.tool->program}, {"version", runtime.tool->version}};
    row["models"] = nlohmann::ordered_json::array();
    for (const ManifestModel& model : runtime.manifest.models) {
      row["models"].push_back({{"name", model.name}, {"absent", runtime.absent_of(model)}});
    }
    json.push_back(std::move(row));
  }
  return json.dump(2) + '\n';
}

}  // namespace

void add_runtimes_command(CLI::App& app, int& exit_code) {
  struct Options {
    std::vector<std::string> names;
    std::optional<std::string> named_in;
    bool build = false;
    bool json = false;
  };
  CLI::App* const command =
      app.add_subcommand("runtimes", "Runtimes of other languages: what there is, and their builds");
  const auto options = std::make_shared<Options>();
  command->add_option("NAME", options->names, "A runtime, or the manifest of one: ./mine/model.json; default: all");
  command
      ->add_option("--named-in", options->named_in,
                   "Those of which a model is named in this text, whatever else it says")
      ->type_name("TEXT")
      ->excludes("NAME");
  command->add_flag("--build", options->build,
                    "Build those whose sources or tool chain have changed; says nothing where there is nothing to do");
  command->add_flag("--json", options->json, "Print JSON instead of text");
  command->footer(
      "Examples:\n"
      "  cbench runtimes                             tool chains that were found, and what is absent\n"
      "  cbench runtimes --build go                  build one\n"
      "  cbench runtimes --build --named-in='--model fibers,go -n 2'   what a command line needs\n"
      "  cbench runtimes --build ./mine/model.json   one of your own (docs/runtimes.md)");
  command->callback([options, &exit_code] {
    const std::vector<Manifest> manifests =
        options->named_in ? manifests_in(*options->named_in) : manifests_named(options->names);
    exit_code = options->build ? build_all(manifests, !options->names.empty()) : 0;
    if (options->build && !options->json) return;
    std::vector<Runtime> runtimes;
    for (const Manifest& manifest : manifests) runtimes.push_back(look_up(manifest, catalogue().out_of(manifest)));
    constexpr std::size_t readable = 100;
    write_out(options->json ? json_of(runtimes)
                            : text_of(runtimes, std::min(readable, terminal_width(stdout)), colour_allowed(stdout)));
  });
}

}  // namespace cbench
