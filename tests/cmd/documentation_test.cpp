// What the documents promise: their code is the code, their tables are the tables, their commands run.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "record/columns.hpp"
#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

const std::string source = CBENCH_SOURCE;

std::vector<std::string> code_blocks(const std::string& text, const std::string& language) {
  std::vector<std::string> blocks;
  const std::string fence = "```" + language + "\n";
  for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
    at += fence.size();
    const std::size_t end = text.find("```", at);
    blocks.push_back(text.substr(at, end - at));
    at = end;
  }
  return blocks;
}

// The commands of a document: lines that begin with "$ ".
std::vector<std::string> commands_of(const std::string& text) {
  std::vector<std::string> commands;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find_first_not_of(' ');
    if (begin != std::string::npos && line.compare(begin, 2, "$ ") == 0) commands.push_back(line.substr(begin + 2));
  }
  return commands;
}

// Built and tested where they stand, so that what a reader copies works.
TEST(documentation, the_files_in_contributing_are_those_in_the_tree) {
  const auto blocks = code_blocks(read_file(source + "/CONTRIBUTING.md"), "cpp");
  for (const std::string path : {"/workloads/sleep.cpp", "/tests/support/models/mine.cpp"}) {
    const std::string file = read_file(source + path);
    ASSERT_FALSE(file.empty()) << path;
    EXPECT_NE(std::find(blocks.begin(), blocks.end(), file), blocks.end()) << "CONTRIBUTING.md shows another " << path;
  }
}

TEST(documentation, the_model_in_another_language_is_the_one_in_the_tree) {
  const std::string page = read_file(source + "/docs/runtimes.md");
  for (const auto& [file, language] :
       {std::pair{"/docs/example/waiting.py", "python"}, {"/docs/example/model.json", "json"}}) {
    const auto blocks = code_blocks(page, language);
    const std::string text = read_file(source + file);
    ASSERT_FALSE(text.empty()) << file;
    EXPECT_NE(std::find(blocks.begin(), blocks.end(), text), blocks.end()) << "docs/runtimes.md shows another " << file;
  }
}

TEST(documentation, the_table_of_models_is_what_they_say_of_themselves) {
  const Outcome list = run("/bin/sh", {"-c", CBENCH_BIN "/cbench list --markdown"});
  ASSERT_EQ(list.exit_code, 0);
  if (list.out.find("absent: ") != std::string::npos) GTEST_SKIP() << "not every model is in this program";
  EXPECT_NE(read_file(source + "/docs/models.md").find(list.out), std::string::npos)
      << "docs/models.md lacks this table:\n"
      << list.out;
}

// The README's commands run as they stand, with the built program in the place of the script that builds it.
TEST(documentation, the_commands_of_the_readme_work) {
  const auto commands = commands_of(read_file(source + "/README.md"));
  ASSERT_GE(commands.size(), 5U);
  const Folder folder;
  for (std::string command : commands) {
    if (command.starts_with("scripts/test") || command.starts_with("git ")) continue;  // that is this very test
    command = std::regex_replace(command, std::regex("^scripts/run\\b"), "cbench");
    const std::string line = "PATH=\"" CBENCH_BIN ":$PATH\"; export PATH; " + command;
    const Outcome outcome = run("/bin/sh", {"-c", line}, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << command << "\n" << outcome.out << outcome.err;
  }
}

}  // namespace
}  // namespace cbench::testing
