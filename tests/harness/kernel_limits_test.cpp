// Limits of the kernel, named before a trial runs into them, on hosts made of files.
#include "harness/kernel_limits.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

class kernel_limits : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    const auto path = std::filesystem::path(folder_.path(file));
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text << '\n';
  }
  std::filesystem::path root() const { return folder_.path("."); }

 private:
  ScratchFolder folder_;
};

TEST_F(kernel_limits, name_the_lowest_limit_of_threads_and_the_value_needed) {
  write("proc/sys/kernel/pid_max", "4194304");
  write("proc/sys/kernel/threads-max", "100000");
  write("proc/sys/vm/max_map_count", "65530");
  const auto why = why_not_threads(40'000, root());
  ASSERT_TRUE(why);
  EXPECT_TRUE(has(*why, "40000 threads"));
  EXPECT_TRUE(has(*why, "vm.max_map_count = 65530"));
  EXPECT_TRUE(has(*why, "sysctl vm.max_map_count=81000"));
}

TEST_F(kernel_limits, let_pass_what_they_allow) {
  write("proc/sys/kernel/pid_max", "4194304");
  write("proc/sys/vm/max_map_count", "65530");
  EXPECT_EQ(why_not_threads(30'000, root()), std::nullopt);
}

TEST_F(kernel_limits, let_pass_where_the_kernel_does_not_tell) {
  EXPECT_EQ(why_not_threads(300, root()), std::nullopt);
  EXPECT_EQ(why_not_memory(1ULL << 60U, "stacks", root()), std::nullopt);
}

TEST_F(kernel_limits, name_the_mappings_that_are_missing) {
  write("proc/sys/vm/max_map_count", "65530");
  EXPECT_EQ(why_not_mappings(60'000, "stacks", root()), std::nullopt);
  const auto why = why_not_mappings(200'000, "100000 stacks", root());
  ASSERT_TRUE(why);
  EXPECT_TRUE(has(*why, "100000 stacks need 200000"));
  EXPECT_TRUE(has(*why, "sysctl vm.max_map_count=200500"));
}

TEST_F(kernel_limits, name_the_memory_that_is_missing) {
  write("proc/meminfo", "MemTotal:  4096000 kB\nMemAvailable:    2048000 kB");
  EXPECT_EQ(why_not_memory(1000ULL << 20U, "stacks", root()), std::nullopt);
  const auto why = why_not_memory(4000ULL << 20U, "250000 stacks of 16 KiB", root());
  ASSERT_TRUE(why);
  EXPECT_TRUE(has(*why, "250000 stacks of 16 KiB need 4000 MiB"));
  EXPECT_TRUE(has(*why, "2000 MiB are free"));
}

}  // namespace
}  // namespace cbench
