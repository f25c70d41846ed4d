#include "system/cpus.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scratch_folder.hpp"

namespace cbench {
namespace {

TEST(Cpus, those_that_are_allowed_are_those_that_a_mask_of_them_allows) {
  const std::vector<std::uint32_t> allowed = allowed_cpus();
  ASSERT_FALSE(allowed.empty());
  EXPECT_TRUE(std::ranges::is_sorted(allowed));
  std::thread([&] {
    const std::uint32_t last = allowed.back();
    const CpuMask one({&last, 1});
    ASSERT_EQ(sched_setaffinity(0, one.bytes(), one.get()), 0);
    EXPECT_EQ(allowed_cpus(), std::vector{last});
  }).join();
}

TEST(Cpus, a_mask_has_room_for_cpus_beyond_a_thousand) {
  const std::vector<std::uint32_t> cpus{3, 2000};
  const CpuMask mask(cpus);
  EXPECT_EQ(CPU_COUNT_S(mask.bytes(), mask.get()), 2);
  EXPECT_TRUE(CPU_ISSET_S(2000, mask.bytes(), mask.get()));
}

TEST(Cpus, cores_are_counted_over_the_cpus_that_are_asked_about) {
  const ScratchFolder root;
  for (int cpu = 0; cpu < 8; ++cpu) {
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology";
    std::filesystem::create_directories(root.path(folder));
    root.file(folder + "/thread_siblings_list", std::to_string(cpu % 4) + "," + std::to_string(cpu % 4 + 4));
  }
  EXPECT_EQ(cores_of(std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7}, root.path("")), 4U);
  EXPECT_EQ(cores_of(std::vector<std::uint32_t>{0, 4, 1, 5}, root.path("")), 2U);
  EXPECT_EQ(cores_of(std::vector<std::uint32_t>{9}, root.path("")), 0U);
}

}  // namespace
}  // namespace cbench
