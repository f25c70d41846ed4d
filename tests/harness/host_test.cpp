// Facts about hosts that are drawn as folders under fixtures/host, and about the one that the test runs on.
#include "harness/host.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/clock.hpp"
#include "system/cgroup.hpp"
#include "system/kernel_file.hpp"

namespace cbench {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t mib = 1024 * 1024;

fs::path fixture(const char* name) { return fs::path(CBENCH_FIXTURES) / "host" / name; }

const fs::path no_host = fixture("there_is_no_such_folder");

TEST(cgroup, the_smallest_quota_from_the_own_group_to_the_root_counts) {
  EXPECT_EQ(group_limits(fixture("cgroup_v2")).cpus, 1.5);         // the parent allows less than the group itself
  EXPECT_EQ(group_limits(fixture("cgroup_v1_nested")).cpus, 0.5);  // the one in the middle, with a period of 50 ms
}

TEST(cgroup, a_container_finds_its_own_group_at_the_root_of_the_mount) {
  EXPECT_EQ(group_limits(fixture("cgroup_v1_container")).cpus, 2);
}

TEST(cgroup, a_group_outside_of_the_mount_is_judged_by_the_mounts_root) {
  EXPECT_EQ(group_limits(fixture("cgroup_outside")).cpus, 0.5);
}

TEST(cgroup, no_limit_is_no_number) {
  const GroupLimits limits = group_limits(fixture("cgroup_v2_unlimited"));
  EXPECT_EQ(limits.cpus, std::nullopt);
  EXPECT_EQ(limits.free_memory, std::nullopt);
  EXPECT_EQ(limits.free_tasks, std::nullopt);
  EXPECT_EQ(group_limits(fixture("cgroup_v1_nested")).free_memory, std::nullopt);  // written as a number near 2^63
}

TEST(cgroup, memory_is_free_up_to_the_nearest_limit_and_cache_counts_as_free) {
  EXPECT_EQ(group_limits(fixture("cgroup_v2")).free_memory, 1536 * mib);
  EXPECT_EQ(group_limits(fixture("cgroup_v1_container")).free_memory, 512 * mib);
}

TEST(cgroup, tasks_are_free_up_to_the_limit) { EXPECT_EQ(group_limits(fixture("cgroup_v2")).free_tasks, 400U); }

TEST(cgroup, missing_and_damaged_files_mean_no_limit) {
  for (const fs::path& root : {no_host, fixture("damaged")}) {
    const GroupLimits limits = group_limits(root);
    EXPECT_EQ(limits.cpus, std::nullopt) << root;
    EXPECT_EQ(limits.free_memory, std::nullopt) << root;
    EXPECT_EQ(limits.free_tasks, std::nullopt) << root;
  }
}

TEST(host_facts, are_read_from_the_kernels_files) {
  const HostFacts facts = host_facts(fixture("laptop"));
  EXPECT_EQ(facts.cpu_model, "Mobile CPU @ 2.40GHz");
  EXPECT_EQ(facts.kernel, "Linux 6.1.0-18-amd64");
  EXPECT_EQ(facts.cpus_online, 4U);
  EXPECT_EQ(facts.memory_bytes, 8'000'000ULL * 1024);
  EXPECT_EQ(facts.cpu_quota, 0);
}

TEST(host_facts, name_every_governor_in_use) {
  EXPECT_EQ(host_facts(fixture("laptop")).governor, "performance, powersave");
  EXPECT_EQ(host_facts(fixture("server")).governor, "performance");
}

TEST(host_facts, count_only_allowed_cpus_that_are_online) {
  EXPECT_EQ(host_facts(fixture("laptop")).cpus_allowed, 3U);  // the mask names CPU 64, which is not there
  EXPECT_EQ(host_facts(fixture("server")).cpus_allowed, 4U);
}

TEST(host_facts, hold_the_quota_of_the_control_groups) { EXPECT_EQ(host_facts(fixture("cgroup_v2")).cpu_quota, 1.5); }

TEST(host_facts, are_unknown_where_the_kernel_does_not_tell) {
  for (const fs::path& root : {no_host, fixture("damaged")}) {
    const HostFacts facts = host_facts(root);
    EXPECT_EQ(facts.cpu_model, "unknown");
    EXPECT_EQ(facts.kernel, "Linux unknown");
    EXPECT_EQ(facts.governor, "unknown");
    EXPECT_EQ(facts.memory_bytes, 0U);
    EXPECT_GE(facts.cpus_online, 1U);
    EXPECT_GE(facts.cpus_allowed, 1U);
  }
}

TEST(build_facts, name_the_models_libraries_beside_those_of_the_program) {
  const BuildFacts facts = build_facts({{"Boost.Fiber", "1.81"}});
  EXPECT_EQ(facts.libraries.at("Boost.Fiber"), "1.81");
  for (const char* own : {"fmt", "CLI11", "nlohmann_json", "GSL"}) {
    ASSERT_TRUE(facts.libraries.contains(own)) << own;
    EXPECT_FALSE(facts.libraries.at(own).empty()) << own;
  }
}

TEST(build_facts, tell_how_the_program_was_built) {
  const BuildFacts facts = build_facts({});
  EXPECT_NE(facts.compiler.find(__VERSION__), std::string::npos) << facts.compiler;
  EXPECT_NE(facts.compiler.find("-O"), std::string::npos) << facts.compiler;
  EXPECT_FALSE(facts.build_type.empty());
  EXPECT_FALSE(facts.version.empty());
}

TEST(host_facts, tell_which_clock_was_chosen) {
  ticks::calibrate(true);
  EXPECT_EQ(host_facts(no_host).clock, "clock_gettime");
  if (ticks::calibrate().tsc) {
    EXPECT_TRUE(host_facts(no_host).clock.starts_with("tsc ")) << host_facts(no_host).clock;
  }
}

TEST(host_facts, of_this_host_are_the_same_when_asked_twice) {
  ticks::calibrate();
  EXPECT_EQ(host_facts(), host_facts());
  EXPECT_NE(host_facts().memory_bytes, 0U);
}

TEST(host_activity, counts_busy_time_without_idle_waiting_and_guests) {
  const HostActivity activity = host_activity(fixture("laptop"));
  EXPECT_DOUBLE_EQ(activity.busy_s, 16);  // 1000 + 50 + 500 + 30 + 20 hundredths
  EXPECT_DOUBLE_EQ(activity.steal_s, 0.1);
  EXPECT_DOUBLE_EQ(activity.load_average, 1.25);
}

TEST(host_activity, is_zero_where_the_kernel_does_not_tell) {
  for (const fs::path& root : {no_host, fixture("damaged")}) {
    EXPECT_EQ(host_activity(root).busy_s, 0);
    EXPECT_EQ(host_activity(root).load_average, 0);
  }
}

TEST(foreign_activity, is_busy_and_stolen_time_beyond_the_own) {
  // Within 2 s: 3 s busy and 0.5 s stolen over all CPUs, of which 2.5 s were the trial's and its peer's.
  const auto foreign = foreign_activity(host_activity(fixture("laptop")), host_activity(fixture("server")), 2, 2.5);
  ASSERT_TRUE(foreign);
  EXPECT_DOUBLE_EQ(foreign->foreign_cpu_share, 0.5);
  EXPECT_DOUBLE_EQ(foreign->steal_share, 0.25);
}

TEST(foreign_activity, is_never_negative) {
  const HostActivity same = host_activity(fixture("laptop"));
  EXPECT_EQ(foreign_activity(same, same, 1, 0.3)->foreign_cpu_share, 0);
}

TEST(foreign_activity, is_no_more_than_the_trial_leaves_of_the_cpus) {
  const HostActivity before{.busy_s = 100, .cpus = 2};
  const HostActivity after{.busy_s = 100.4, .cpus = 2};
  EXPECT_DOUBLE_EQ(foreign_activity(before, after, 0.2, 0.1)->foreign_cpu_share, 1.5);
  EXPECT_DOUBLE_EQ(foreign_activity(before, after, 0.2, 0.3)->foreign_cpu_share, 0.5);
  EXPECT_EQ(foreign_activity(before, after, 0.2, 0.5)->foreign_cpu_share, 0);
  EXPECT_GT(host_activity().cpus, 0U);
}

// The kernel counts in ticks of 10 ms: one of them in a window of 0.2 ms would be 50 CPUs.
TEST(foreign_activity, of_a_window_of_a_few_ticks_is_not_known) {
  const HostActivity before{.busy_s = 100, .cpus = 2};
  const HostActivity after{.busy_s = 100.01, .cpus = 2};
  const double tick_s = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  EXPECT_FALSE(foreign_activity(before, after, 0, 0));
  EXPECT_FALSE(foreign_activity(before, after, 0.0002, 0));
  EXPECT_FALSE(foreign_activity(before, after, 9 * tick_s, 0));
  EXPECT_TRUE(foreign_activity(before, after, 11 * tick_s, 0));
  EXPECT_FALSE(foreign_activity({}, {}, 1, 0)) << "the kernel does not tell";
}

TEST(host_activity, of_this_host_grows_while_a_thread_computes) {
  const HostActivity before = host_activity();
  const Ticks end = ticks::from_kernel() + 100'000'000;
  while (ticks::from_kernel() < end) {
  }
  EXPECT_GT(host_activity().busy_s, before.busy_s);
}

TEST(kernel_file, lists_of_cpus_are_read) {
  EXPECT_EQ(cpus_in_list("0-2,5"), (std::vector<std::uint32_t>{0, 1, 2, 5}));
  EXPECT_EQ(cpus_in_list("7"), (std::vector<std::uint32_t>{7}));
  EXPECT_TRUE(cpus_in_list("").empty());
  EXPECT_TRUE(cpus_in_list("x,-3").empty());
}

TEST(kernel_file, a_line_is_found_by_its_whole_name) {
  const std::string text = "cpu family\t: 6\ncpu\t\t: POWER9 \nempty:\n";
  EXPECT_EQ(line_named(text, "cpu"), "POWER9");
  EXPECT_EQ(line_named(text, "empty"), "");
  EXPECT_EQ(line_named(text, "family"), std::nullopt);
}

}  // namespace
}  // namespace cbench
