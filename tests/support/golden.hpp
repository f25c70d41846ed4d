// Text held against a file of the tree. Where CBENCH_UPDATE_GOLDEN=1 is set the file is written instead: look at the
// difference before you commit it.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace cbench {

// `path` from the folder of the tests: "golden/io_100.txt", "../docs/columns.md".
inline void expect_same_as_file(const std::string& text, const std::string& path) {
  const std::string whole_path = std::string(CBENCH_FIXTURES) + "/../" + path;
  const char* update = std::getenv("CBENCH_UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") {
    std::ofstream(whole_path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(whole_path, std::ios::binary);
  ASSERT_TRUE(file) << whole_path << " is missing; CBENCH_UPDATE_GOLDEN=1 writes it";
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(text, expected.str()) << path << " differs; CBENCH_UPDATE_GOLDEN=1 writes it anew";
}

}  // namespace cbench
