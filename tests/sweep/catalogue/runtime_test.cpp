// Tool chains are found, the newest of several, and builds are made when they are needed and at no other time.
#include "sweep/catalogue/runtime.hpp"

#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sweep/catalogue/command.hpp"
#include "tests/support/scratch_folder.hpp"

namespace cbench {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> said;  // by builds, as they begin

class Runtimes : public testing::Test {
 protected:
  void SetUp() override {
    said.clear();
    fs::create_directories(here_);
    manifest_ = {
        .path = here_ + "/model.json",
        .folder = here_,
        .runtime = "mine",
        .tool = {.programs = {folder_.path("tools/*/tool")},
                 .version = {"{tool}", "--version"},
                 .pattern = "tool ([0-9.]+)",
                 .least = "1.9",
                 .debian = {"tool"},
                 .needs = {}},
        .build = {{"/bin/sh", "-c", "cp {here}/source {out}/product && {tool} --version >>{out}/builds"}},
        .command = {"{out}/product", "{setting:size}", "{workers}"},
        .environment = {{"PLACE", "{out}"}},
        .models = {{.name = "one", .settings = {{.name = "size", .fallback = "3"}}}, {.name = "two", .least = "21"}}};
    write(here_ + "/source", "#!/bin/sh\n");
  }
  static void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
    fs::permissions(path, fs::perms::owner_all);
  }
  void have_tool(const std::string& version) {
    write(folder_.path("tools/" + version + "/tool"), "#!/bin/sh\necho this is tool " + version + "\n");
  }
  BuildOutcome build_it() {
    return build(manifest_, out_, [](const std::string& words) { said.push_back(words); });
  }
  Runtime look() { return look_up(manifest_, out_); }

  ScratchFolder folder_;
  std::string here_ = folder_.path("mine");
  std::string out_ = folder_.path("out");
  Manifest manifest_;
};

TEST_F(Runtimes, versions_are_compared_by_their_numbers) {
  EXPECT_TRUE(is_at_least("1.19", "1.9"));
  EXPECT_FALSE(is_at_least("1.9.9", "1.19"));
  EXPECT_TRUE(is_at_least("21", "21.0.0"));
  EXPECT_TRUE(is_at_least("25-ea", "21"));
}

TEST_F(Runtimes, without_a_tool_chain_are_absent_and_say_what_to_do) {
  EXPECT_EQ(look().absent, "tool 1.9 or newer not found; `scripts/setup --runtimes` installs what Debian has");
  have_tool("1.8.7");
  EXPECT_EQ(look().absent,
            "tool 1.9 or newer not found (1.8.7 is there); `scripts/setup --runtimes` installs what Debian has");
  EXPECT_EQ(build_it().what, Built::no_tool);
}

// The likeliest mistake of somebody who writes a manifest: the program is there, and nobody understands its version.
TEST_F(Runtimes, whose_tool_does_not_say_its_version_say_which_it_is_and_what_it_printed) {
  have_tool("2.0");
  const std::string tool = folder_.path("tools/2.0/tool");
  const std::string asked =
      "tool 1.9 or newer not found (" + tool + " is there, but its version is not known: `" + tool + " --version` ";
  const std::string where = "; `tool` in " + manifest_.path + " says how it is asked";
  manifest_.tool.pattern = "tool v([0-9.]+)";
  EXPECT_EQ(look().absent,
            asked + "printed \"this is tool 2.0\", where tool.pattern \"tool v([0-9.]+)\" finds none)" + where);
  EXPECT_EQ(build_it().words, look().absent);
  manifest_.tool.pattern = "this (is)";
  EXPECT_EQ(
      look().absent,
      asked + "printed \"this is tool 2.0\", where tool.pattern \"this (is)\" finds \"is\", which is none)" + where);
  write(tool, "#!/bin/sh\necho usage: tool FILE; echo no file --version >&2; exit 3\n");
  EXPECT_EQ(look().absent, asked + "exited with 3, and printed \"no file --version\")" + where);
  write(tool, "#!/no/such/interpreter\n");
  EXPECT_EQ(
      look().absent,
      asked + "cannot be started: its interpreter /no/such/interpreter does not exist or may not be run)" + where);
}

TEST_F(Runtimes, whose_other_tool_says_its_version_take_that) {
  have_tool("1.0");
  write(folder_.path("tools/broken/tool"), "#!/bin/sh\nexit 1\n");
  EXPECT_TRUE(look().absent.starts_with("tool 1.9 or newer not found (1.0 is there; ")) << look().absent;
  EXPECT_NE(look().absent.find("tools/broken/tool is there, but"), std::string::npos) << look().absent;
  have_tool("2.0");
  EXPECT_EQ(look().tool->version, "2.0");
  EXPECT_TRUE(look().absent.starts_with("not built")) << look().absent;
}

TEST_F(Runtimes, take_the_newest_tool_of_several_whatever_its_name) {
  for (const std::string version : {"1.9", "17.0.2", "2.1"}) have_tool(version);
  ASSERT_TRUE(look().tool);
  EXPECT_EQ(look().tool->version, "17.0.2");
  EXPECT_TRUE(look().absent.starts_with("not built; `cbench runtimes --build ")) << look().absent;
}

TEST_F(Runtimes, are_built_once_and_again_when_a_source_or_the_tool_chain_changes) {
  have_tool("3.0");
  EXPECT_EQ(build_it().what, Built::built);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said.front().find("mine with tool 3.0"), std::string::npos) << said.front();
  EXPECT_EQ(build_it().what, Built::nothing_to_do);
  write(here_ + "/source", "#!/bin/sh\n# longer\n");
  EXPECT_EQ(build_it().what, Built::built);
  write(here_ + "/node_modules/x", "fetched");  // no source
  EXPECT_EQ(build_it().what, Built::nothing_to_do);
  have_tool("4.0");
  EXPECT_EQ(build_it().what, Built::built);
  EXPECT_EQ(said.size(), 3U);
}

TEST_F(Runtimes, that_are_built_run_their_command_with_its_placeholders_filled) {
  have_tool("3.0");
  ASSERT_EQ(build_it().what, Built::built);
  const Runtime runtime = look();
  EXPECT_EQ(runtime.absent, "");
  EXPECT_EQ(runtime.absent_of(manifest_.models[0]), "");
  EXPECT_EQ(runtime.absent_of(manifest_.models[1]),
            "tool 21 or newer not found (3.0 is there); `scripts/setup --runtimes` installs what Debian has");
  const TrialCommand command = runtime.command_of(manifest_.models[0], {}, 2);
  EXPECT_EQ(command.arguments, (std::vector<std::string>{out_ + "/product", "3", "2"}));
  EXPECT_EQ(command.folder, out_);
  EXPECT_EQ(command.environment.at("PLACE"), out_);
  EXPECT_EQ(runtime.command_of(manifest_.models[0], {{"size", "9"}}, 2).arguments[1], "9");
}

TEST_F(Runtimes, whose_build_fails_say_its_last_lines_and_are_absent) {
  have_tool("3.0");
  manifest_.build = {{"/bin/sh", "-c", "for i in $(seq 100); do echo line $i; done; echo what went wrong >&2; exit 3"}};
  const BuildOutcome outcome = build_it();
  EXPECT_EQ(outcome.what, Built::failed);
  EXPECT_NE(outcome.words.find("exited with 3"), std::string::npos) << outcome.words;
  EXPECT_NE(outcome.words.find("  line 100\n  what went wrong\n"), std::string::npos) << outcome.words;
  EXPECT_EQ(outcome.words.find("line 50\n"), std::string::npos) << outcome.words;
  EXPECT_NE(look().absent.find("its build failed (sh exited with 3)"), std::string::npos) << look().absent;
}

TEST_F(Runtimes, whose_command_does_not_exist_are_absent) {
  have_tool("3.0");
  manifest_.command = {"{out}/nothing"};
  ASSERT_EQ(build_it().what, Built::built);
  EXPECT_NE(look().absent_of(manifest_.models[0]).find(out_ + "/nothing does not exist"), std::string::npos);
}

// The kernel says of both that there is no such file, though the file that is named is there.
TEST_F(Runtimes, whose_command_is_a_script_without_its_interpreter_are_absent_and_name_it) {
  have_tool("3.0");
  manifest_.build.clear();
  manifest_.command = {"{here}/run.sh"};
  write(here_ + "/run.sh", "#! /no/such/interpreter -x\n");
  EXPECT_EQ(look().absent_of(manifest_.models[0]),
            "its command " + here_ +
                "/run.sh names the interpreter /no/such/interpreter, which does not exist or may not be run");
  write(here_ + "/run.sh", "#!/bin/sh\r\necho\r\n");
  EXPECT_NE(look().absent_of(manifest_.models[0]).find("\"/bin/sh\\r\" (its first line ends with a carriage return)"),
            std::string::npos)
      << look().absent_of(manifest_.models[0]);
  for (const std::string text : {"#!/bin/sh\n", "#! /usr/bin/env python3\n", "#!", "",
                                 "\x7f"
                                 "ELF"}) {
    write(here_ + "/run.sh", text);
    EXPECT_EQ(look().absent_of(manifest_.models[0]), "") << text;
  }
}

TEST_F(Runtimes, commands_that_hang_are_ended) {
  const CommandOutcome outcome =
      run_command({"/bin/sh", "-c", "echo before; sleep 60"}, "", {}, std::chrono::milliseconds(300));
  EXPECT_FALSE(outcome.succeeded);
  EXPECT_EQ(outcome.output, "before\n");
  EXPECT_EQ(outcome.end, "was not over after 300ms");
}

TEST_F(Runtimes, commands_that_go_on_talking_are_ended) {
  EXPECT_EQ(run_command({"yes"}, "", {}, std::chrono::milliseconds(300)).end, "was not over after 300ms");
}

TEST_F(Runtimes, commands_that_close_their_output_are_waited_for_without_spinning) {
  const auto began = std::chrono::steady_clock::now();
  const std::clock_t cpu_before = std::clock();
  EXPECT_TRUE(run_command({"/bin/sh", "-c", "exec >&- 2>&-; sleep 1"}, "", {}, std::chrono::seconds(60)).succeeded);
  const double cpu_s = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took.count(), 1);
  EXPECT_LT(cpu_s, 0.1 * took.count());
}

TEST_F(Runtimes, what_a_command_leaves_behind_talking_holds_up_nobody) {
  const CommandOutcome outcome = run_command({"/bin/sh", "-c", "while :; do echo more; sleep 0.01; done & echo over"},
                                             "", {}, std::chrono::milliseconds(300));
  EXPECT_TRUE(outcome.succeeded) << outcome.end;
  EXPECT_NE(outcome.output.find("over"), std::string::npos);
}

TEST_F(Runtimes, a_build_that_is_interrupted_ends_what_it_started_and_says_so) {
  have_tool("2.0");
  manifest_.build = {{"/bin/sh", "-c", "echo $$ >{out}/step && exec sleep 60"}};
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    build_it();
    _exit(0);
  }
  pid_t step = 0;
  for (int i = 0; i < 2000 && step == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::ifstream(out_ + "/step") >> step;
  }
  ASSERT_NE(step, 0);
  kill(child, SIGTERM);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  bool is_there = true;
  for (int i = 0; i < 500 && is_there; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    is_there = fs::exists(fmt::format("/proc/{}/exe", step));
  }
  EXPECT_FALSE(is_there) << "a step of the build goes on";
  EXPECT_NE(look().absent.find("its build failed (it was interrupted)"), std::string::npos) << look().absent;
}

}  // namespace
}  // namespace cbench
