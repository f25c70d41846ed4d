// A noise floor that is stored and read again, and files that are none.
#include "reports/findings/comparison/noise_floor_file.hpp"

#include <cstdlib>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

NoiseFloor sample_floor() {
  NoiseFloor floor{.host = sample_host(), .entries = {}};
  const std::vector<Metric> metrics{metric_named("throughput")};
  for (const double level : {48'000.0, 49'000.0, 50'000.0}) {
    add_session(floor, sample_repetitions({.throughput_per_s = level}), metrics);
  }
  return floor;
}

void store(const NoiseFloor& floor, const std::string& path) {
  update_noise_floor(path, floor.host, Stored::kept, [&](NoiseFloor& stored) { stored = floor; });
}

TEST(NoiseFloorFile, has_every_session_of_several_that_add_at_once) {
  const ScratchFolder folder;
  const std::string path = folder.path("noise-floor.json");
  const std::vector<Metric> metrics{metric_named("throughput")};
  const auto add_four = [&] {
    for (int i = 0; i < 4; ++i) {
      update_noise_floor(path, sample_host(), Stored::kept,
                         [&](NoiseFloor& stored) { add_session(stored, sample_repetitions({}), metrics); });
    }
  };
  {
    const std::jthread one(add_four);
    const std::jthread other(add_four);
  }
  EXPECT_EQ(load_noise_floor(path, sample_host()).value().sessions(), 8U);
}

TEST(NoiseFloorFile, of_another_host_is_lost_only_where_that_is_asked_for) {
  const ScratchFolder folder;
  const std::string path = folder.path("noise-floor.json");
  store(sample_floor(), path);
  HostFacts elsewhere = sample_host();
  elsewhere.cpu_model = "Other CPU";
  const auto add = [](NoiseFloor& stored) {
    add_session(stored, sample_repetitions({}), std::vector{metric_named("throughput")});
  };
  EXPECT_TRUE(has(error_of([&] { update_noise_floor(path, elsewhere, Stored::kept, add); }), "of another host"));
  EXPECT_EQ(load_noise_floor(path, sample_host()).value().sessions(), 3U);
  EXPECT_EQ(update_noise_floor(path, elsewhere, Stored::forgotten, add).sessions(), 1U);
}

TEST(NoiseFloorFile, holds_what_was_stored) {
  const ScratchFolder folder;
  const std::string path = folder.path("state/cbench/noise-floor.json");
  const NoiseFloor floor = sample_floor();
  store(floor, path);
  const NoiseFloor read = load_noise_floor(path, sample_host()).value();
  const TrialSpec spec = sample_record().spec;
  const Metric throughput = metric_named("throughput");
  EXPECT_EQ(read.sessions(), 3U);
  EXPECT_EQ(read.first_session(), floor.first_session());
  EXPECT_DOUBLE_EQ(read.of(spec, throughput)->largest_difference(3, 3),
                   floor.of(spec, throughput)->largest_difference(3, 3));
}

TEST(NoiseFloorFile, of_another_host_or_from_before_sessions_is_none) {
  const ScratchFolder folder;
  const std::string path = folder.path("noise-floor.json");
  EXPECT_FALSE(load_noise_floor(path, sample_host()).has_value()) << "there is none";
  EXPECT_EQ(read_noise_floor(path, sample_host()).unusable, "");
  store(sample_floor(), path);
  HostFacts elsewhere = sample_host();
  elsewhere.cpu_model = "Other CPU";
  EXPECT_FALSE(load_noise_floor(path, elsewhere).has_value());
  EXPECT_EQ(read_noise_floor(path, elsewhere).unusable,
            "they are of another host: cpu_model Example CPU, 2 cores -> Other CPU");
  folder.file("old.json", R"({"noise_floor_version": 2, "entries": []})");
  EXPECT_FALSE(load_noise_floor(folder.path("old.json"), sample_host()).has_value());
}

TEST(NoiseFloorFile, that_is_broken_is_named) {
  const ScratchFolder folder;
  folder.file("broken.json", "{\"noise_floor_version\": 3, \"entries\": 3");
  EXPECT_TRUE(has(error_of([&] { load_noise_floor(folder.path("broken.json"), sample_host()); }), "broken.json"));
  folder.file("other.json", "{\"noise_floor_version\": 3}");
  EXPECT_TRUE(has(error_of([&] { load_noise_floor(folder.path("other.json"), sample_host()); }), "run cbench aa"));
}

TEST(NoiseFloorFile, lies_below_the_state_folder) {
  setenv("XDG_STATE_HOME", "/somewhere/state", 1);
  EXPECT_EQ(noise_floor_path(), "/somewhere/state/cbench/noise-floor.json");
  setenv("XDG_STATE_HOME", "not/absolute", 1);
  setenv("HOME", "/home/me", 1);
  EXPECT_EQ(noise_floor_path(), "/home/me/.local/state/cbench/noise-floor.json");
  unsetenv("XDG_STATE_HOME");
}

}  // namespace
}  // namespace cbench
