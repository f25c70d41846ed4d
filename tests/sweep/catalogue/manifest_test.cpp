// Manifests are read whole, and what is wrong in one is said with its file and its place.
#include "sweep/catalogue/manifest.hpp"

#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/scratch_folder.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

nlohmann::json good() {
  const nlohmann::json setting{{"name", "gc"}, {"default", "100"}, {"pattern", "[0-9]+|off"}, {"summary", "when"}};
  const nlohmann::json model{{"name", "mine-one"}, {"idiom", "one"}, {"library", "Go"},
                             {"unit", "tasks"},    {"warmup", "2s"}, {"settings", nlohmann::json::array({setting})}};
  return {{"runtime", "mine"},
          {"tool",
           {{"programs", nlohmann::json::array({"go"})},
            {"version", nlohmann::json::array({"{tool}", "version"})},
            {"pattern", "go([0-9.]+)"},
            {"least", "1.19"}}},
          {"command", nlohmann::json::array({"{out}/mine"})},
          {"models", nlohmann::json::array({model})}};
}

class Manifests : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    const std::string path = folder_.path("model.json");
    std::ofstream(path) << text;
    return path;
  }
  std::string error_of(const nlohmann::json& json) {
    const std::string path = write(json.dump(1));
    try {
      read_manifest(path);
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
      return error.what();
    }
    return "";
  }
  ScratchFolder folder_;
};

TEST_F(Manifests, name_the_variables_that_the_runtime_obeys) {
  nlohmann::json json = good();
  EXPECT_TRUE(read_manifest(write(json.dump())).obeys.empty());
  json["obeys"] = {"JAVA_TOOL_OPTIONS"};
  EXPECT_EQ(read_manifest(write(json.dump())).obeys, std::vector<std::string>{"JAVA_TOOL_OPTIONS"});
}

TEST_F(Manifests, name_the_threads_that_compile_and_collect) {
  nlohmann::json json = good();
  EXPECT_TRUE(read_manifest(write(json.dump())).compiler_threads.empty());
  json["compiler_threads"] = {"C1 Compiler", "C2 Compiler"};
  json["collector_threads"] = {"GC Thread"};
  const Manifest manifest = read_manifest(write(json.dump()));
  EXPECT_EQ(manifest.compiler_threads, (std::vector<std::string>{"C1 Compiler", "C2 Compiler"}));
  EXPECT_EQ(manifest.collector_threads, std::vector<std::string>{"GC Thread"});
  json["collector_threads"] = "GC Thread";
  EXPECT_NE(error_of(json).find("collector_threads"), std::string::npos);
}

TEST_F(Manifests, are_read_with_what_may_be_left_out) {
  const Manifest manifest = read_manifest(write(good().dump()));
  EXPECT_EQ(manifest.runtime, "mine");
  EXPECT_EQ(manifest.tool.name(), "go");
  ASSERT_EQ(manifest.models.size(), 1U);
  const ManifestModel& model = manifest.models.front();
  EXPECT_EQ(model.warmup, std::chrono::nanoseconds(2s));
  EXPECT_EQ(model.most_in_flight, UINT32_MAX);
  EXPECT_FALSE(model.baseline);
  EXPECT_EQ(model.settings.front().fallback, "100");
}

TEST_F(Manifests, with_a_key_that_nobody_knows_are_refused_with_its_place_and_the_nearest) {
  nlohmann::json json = good();
  json["models"][0]["settings"][0]["patern"] = "x";
  const std::string error = error_of(json);
  EXPECT_NE(error.find("models[0].settings[0]: unknown key \"patern\"; did you mean pattern?"), std::string::npos)
      << error;
}

TEST_F(Manifests, with_a_misspelled_key_say_so_rather_than_that_the_right_one_is_missing) {
  nlohmann::json json = good();
  json["models"][0].erase("unit");
  json["models"][0]["unti"] = "tasks";
  EXPECT_NE(error_of(json).find("models[0]: unknown key \"unti\"; did you mean unit?"), std::string::npos)
      << error_of(json);
  json = good();
  json.erase("command");
  json["comand"] = {"{out}/mine"};
  EXPECT_NE(error_of(json).find("unknown key \"comand\"; did you mean command?"), std::string::npos) << error_of(json);
}

TEST_F(Manifests, that_cannot_be_read_say_why) {
  try {
    read_manifest(folder_.path("none.json"));
    FAIL() << "no UsageError";
  } catch (const UsageError& error) {
    EXPECT_TRUE(
        std::string(error.what()).ends_with("none.json: No such file or directory; docs/runtimes.md has an example"))
        << error.what();
  }
}

TEST_F(Manifests, that_lack_something_say_what) {
  for (const std::string key : {"runtime", "tool", "command", "models"}) {
    nlohmann::json json = good();
    json.erase(key);
    EXPECT_NE(error_of(json).find(key + ": missing"), std::string::npos) << error_of(json);
  }
}

TEST_F(Manifests, that_make_no_sense_say_where) {
  const auto error_with = [&](auto change) {
    nlohmann::json json = good();
    change(json);
    return error_of(json);
  };
  EXPECT_NE(error_with([](auto& json) { json["tool"]["pattern"] = "go(["; }).find("tool.pattern"), std::string::npos);
  EXPECT_NE(error_with([](auto& json) { json["tool"]["pattern"] = "go"; }).find("a group"), std::string::npos);
  EXPECT_NE(error_with([](auto& json) { json["tool"]["least"] = "new"; }).find("tool.least"), std::string::npos);
  EXPECT_NE(error_with([](auto& json) { json["models"][0]["warmup"] = "soon"; }).find("models[0].warmup"),
            std::string::npos);
  EXPECT_NE(error_with([](auto& json) { json["models"][0]["name"] = "all-go"; }).find("several models"),
            std::string::npos);
  EXPECT_NE(error_with([](auto& json) { json["models"].push_back(json["models"][0]); }).find("two are called"),
            std::string::npos);
  EXPECT_NE(error_with([](auto& json) { json["models"] = nlohmann::json::array(); }).find("models"), std::string::npos);
  EXPECT_NE(error_with([](auto& json) { json["build"] = {"make"}; }).find("build"), std::string::npos);
}

TEST_F(Manifests, with_a_placeholder_that_is_none_say_where_and_which_there_are) {
  const auto error_with = [&](auto change) {
    nlohmann::json json = good();
    change(json);
    return error_of(json);
  };
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  std::string error = error_with([](auto& json) { json["command"] = {"{out}/mine", "--threads={worker}"}; });
  EXPECT_TRUE(has(error,
                  "command[1]: unknown placeholder \"{worker}\"; did you mean {workers}? Known: {tool}, "
                  "{tool_folder}, {out}, {here}, {workers}, {setting:NAME}"))
      << error;
  error = error_with([](auto& json) { json["models"][0]["command"] = {"{out}/mine", "{tool}", "{setting:nope}"}; });
  EXPECT_TRUE(has(error, "models[0].command[2]: the model mine-one has no setting for \"{setting:nope}\"; it has gc"))
      << error;
  error = error_with([](auto& json) {
    json["models"][0].erase("settings");
    json["environment"] = {{"GOGC", "{setting:gc}"}};
  });
  EXPECT_TRUE(
      has(error, "environment.GOGC: the model mine-one has no setting for \"{setting:gc}\"; it has no settings"))
      << error;
  error = error_with([](auto& json) {
    json["build"] = nlohmann::json::array({nlohmann::json::array({"make", "-j{workers}"})});
  });
  EXPECT_TRUE(has(error, "build[0]: unknown placeholder \"{workers}\"")) << error;
  error = error_with([](auto& json) { json["tool"]["version"] = {"{here}/version"}; });
  EXPECT_TRUE(has(error, "tool.version: unknown placeholder \"{here}\"")) << error;
}

TEST_F(Manifests, may_have_braces_that_are_no_placeholders) {
  nlohmann::json json = good();
  json["command"] = {"/bin/sh", "-c",
                     "f() { exec \"$@\"; }; f ${PROGRAM} {1} {} '{\"a\":1}' {out}{setting:gc}{workers}{"};
  EXPECT_EQ(error_of(json), "");
}

TEST_F(Manifests, whose_default_breaks_its_own_pattern_are_refused) {
  nlohmann::json json = good();
  json["models"][0]["settings"][0]["default"] = "often";
  EXPECT_NE(error_of(json).find("models[0].settings[0].default: \"often\" does not match the pattern \"[0-9]+|off\""),
            std::string::npos)
      << error_of(json);
}

TEST_F(Manifests, with_variables_that_no_environment_can_hold_are_refused) {
  for (const std::string name : {"A=B", "=", ""}) {
    nlohmann::json json = good();
    json["environment"] = {{name, "x"}};
    EXPECT_NE(error_of(json).find("environment: \"" + name + "\" is no name of a variable"), std::string::npos)
        << error_of(json);
  }
}

TEST_F(Manifests, that_are_no_json_or_no_file_are_refused) {
  EXPECT_THROW(read_manifest(write("{")), UsageError);
  EXPECT_THROW(read_manifest(folder_.path("none.json")), UsageError);
  EXPECT_THROW(read_manifest(folder_.path("")), UsageError);
}

}  // namespace
}  // namespace cbench
