// Files that records are written to while sweeps run: what is in them stays, whatever dies, fills up or writes besides.
#include "reports/files/outputs.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "record/trial_id.hpp"
#include "reports/files/appended_file.hpp"
#include "reports/files/csv.hpp"
#include "reports/files/json.hpp"
#include "reports/files/shared_file.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"
#include "text/json_text.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

TrialRecord record_of(std::uint64_t seed) {
  static const TrialRecord sample = sample_record();
  TrialRecord record = sample;
  record.spec.seed = seed;
  record.id = draw_trial_id();
  return record;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t number = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++number;
  return number;
}

// How many trials any of our formats holds.
std::size_t trials_in(const std::string& path, const std::string& text) {
  if (path.ends_with(".gbench.json")) return Json::parse(text)["benchmarks"].size();
  if (path.ends_with(".hlog")) return count(text, "/response,");
  if (path.ends_with(".gobench.txt")) return count(text, "\nBenchmark");
  return read_records(path).size();
}

const std::vector<std::string> all_formats{"r.csv", "r.json", "r.gbench.json", "r.hlog", "r.gobench.txt"};

class OutputsTest : public testing::Test {
 protected:
  // A process that does the work, and ends with the exit code 0 where nothing was thrown.
  template <class Work>
  static pid_t start(Work work) {
    const pid_t child = fork();
    if (child != 0) return child;
    try {
      work();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  static int exit_code_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::vector<std::string> paths(const std::vector<std::string>& names) const {
    std::vector<std::string> all;
    for (const std::string& name : names) all.push_back(folder_.path(name));
    return all;
  }
  ScratchFolder folder_;
};

TEST_F(OutputsTest, each_gets_every_record) {
  Outputs outputs(paths(all_formats));
  for (std::uint64_t seed = 1; seed <= 3; ++seed) outputs.add(record_of(seed));
  EXPECT_TRUE(outputs.failures().empty());
  for (const std::string& name : all_formats) {
    EXPECT_EQ(trials_in(folder_.path(name), folder_.text(name)), 3U) << name;
  }
}

TEST_F(OutputsTest, two_writers_at_once_lose_nothing_and_write_one_header) {
  constexpr std::uint64_t each = 200;
  const std::vector<std::string> files = paths(all_formats);
  std::vector<pid_t> writers;
  for (const std::uint64_t first : {std::uint64_t{1}, each + 1}) {
    writers.push_back(start([&] {
      Outputs outputs(files);
      for (std::uint64_t seed = first; seed < first + each; ++seed) outputs.add(record_of(seed));
      if (!outputs.failures().empty()) _exit(3);
    }));
  }
  for (const pid_t writer : writers) EXPECT_EQ(exit_code_of(writer), 0);
  for (const std::string& name : all_formats) {
    EXPECT_EQ(trials_in(folder_.path(name), folder_.text(name)), 2 * each) << name;
  }
  EXPECT_EQ(count(folder_.text("r.csv"), csv_header()), 1U);
  EXPECT_EQ(count(folder_.text("r.hlog"), "#[StartTime:"), 1U);
  EXPECT_EQ(count(folder_.text("r.hlog"), "#[Histogram log format"), 1U);
  EXPECT_EQ(count(folder_.text("r.gobench.txt"), "Unit tasks/s"), 1U);
  for (const std::string name : {"r.csv", "r.json"}) {
    std::set<std::uint64_t> seeds;
    for (const TrialRecord& record : read_records(folder_.path(name))) seeds.insert(record.spec.seed);
    EXPECT_EQ(seeds.size(), 2 * each) << name;
  }
  EXPECT_EQ(folder_.count_files(), all_formats.size());
}

// A child adds records and counts each once add() has returned; it is killed at a random moment, and another goes on.
TEST_F(OutputsTest, no_record_is_lost_where_writers_are_killed_at_any_moment) {
  constexpr int kills = 60;
  auto* const written = static_cast<std::uint64_t*>(
      mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  std::mt19937 random(1);
  std::size_t mended = 0;
  for (const std::string name : {"r.csv", "r.json", "r.hlog"}) {
    const std::string path = folder_.path(name);
    TrialRecord record = record_of(1);
    record.reason = std::string(30'000, 'x');  // more than a page, within which a write may end
    record.queueing.histogram.reset();
    record.service.histogram.reset();
    *written = 0;
    for (int kill_number = 0; kill_number < kills; ++kill_number) {
      const pid_t child = start([&] {
        const auto sink = open_sink(path);
        for (;;) {
          record.id = draw_trial_id();
          sink->add(record);
          ++*written;
        }
      });
      const std::uint64_t wanted = *written + random() % 4;
      for (int waits = 0; *static_cast<volatile std::uint64_t*>(written) < wanted && waits < 2'000; ++waits) {
        std::this_thread::sleep_for(1ms);
      }
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 500));
      kill(child, SIGKILL);
      exit_code_of(child);
      if (name == "r.hlog") continue;
      if (!std::filesystem::exists(path) || (*written == 0 && folder_.text(name).size() < 4096)) continue;
      std::vector<std::string> notes;
      const std::size_t found = read_records(path, notes).size();
      ASSERT_GE(found, *written) << name;
      mended += notes.size();
      *written = found;  // one may have been written and not counted
    }
    const auto sink = open_sink(path);
    sink->add(record);
    if (name == "r.hlog") {
      EXPECT_GE(trials_in(path, folder_.text(name)), *written + 1);
    } else {
      std::vector<std::string> notes;
      EXPECT_GE(read_records(path, notes).size(), *written + 1);
      EXPECT_TRUE(notes.empty()) << "the next writer takes away what was cut off";
    }
    EXPECT_GT(*written, kills / 2U) << "otherwise little was tried";
  }
  munmap(written, sizeof(std::uint64_t));
  RecordProperty("records_cut_off", static_cast<int>(mended));
}

TEST_F(OutputsTest, one_that_fails_does_not_keep_the_others_from_their_records) {
  Outputs outputs(paths({"a.csv", "b.json", "c.csv"}));
  outputs.add(record_of(1));
  std::filesystem::remove(folder_.path("b.json"));
  std::filesystem::create_directory(folder_.path("b.json"));
  outputs.add(record_of(2));
  outputs.add(record_of(3));
  EXPECT_EQ(read_records(folder_.path("a.csv")).size(), 3U);
  EXPECT_EQ(read_records(folder_.path("c.csv")).size(), 3U);
  const std::vector<std::string> failures = outputs.failures();
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_TRUE(begins(failures[0], folder_.path("b.json") + ": "));
  EXPECT_TRUE(has(failures[0], "; it lacks 2 trials"));
}

TEST_F(OutputsTest, what_finds_no_room_is_written_when_there_is_some) {
  for (const std::string& name : all_formats) {
    const std::string path = folder_.path("room-" + name);
    Outputs outputs(std::vector<std::string>{path});
    outputs.add(record_of(1));
    const std::string one = folder_.text("room-" + name);
    {
      const FileSizeLimit limit(one.size() + 100);
      outputs.add(record_of(2));
      outputs.add(record_of(3));
      EXPECT_EQ(folder_.text("room-" + name), one) << "what was there stays readable: " << name;
      ASSERT_EQ(outputs.failures().size(), 1U);
      EXPECT_TRUE(has(outputs.failures()[0], "disk full (File too large); 1 ")) << outputs.failures()[0];
      EXPECT_TRUE(has(outputs.failures()[0], "; it lacks 2 trials"));
    }
    outputs.add(record_of(4));
    EXPECT_TRUE(outputs.failures().empty());
    EXPECT_EQ(trials_in(path, folder_.text("room-" + name)), 4U) << name;
  }
}

TEST_F(OutputsTest, a_file_named_twice_is_the_persons_mistake) {
  folder_.file("r.csv", "");
  std::filesystem::create_symlink("r.csv", folder_.path("link.csv"));
  for (const auto& names : {std::vector<std::string>{"r.csv", "r.csv"}, {"r.csv", "link.csv"}, {"n.json", "n.json"}}) {
    EXPECT_THROW(Outputs{paths(names)}, UsageError) << names[1];
  }
}

TEST_F(OutputsTest, a_pipe_that_nobody_reads_any_more_ends_what_has_no_other_output) {
  const std::string path = folder_.path("pipe.csv");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  signal(SIGPIPE, SIG_IGN);
  int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  Outputs alone(std::vector<std::string>{path});
  Outputs two(std::vector<std::string>{path, folder_.path("r.csv")});
  alone.add(record_of(1));
  close(reader);
  EXPECT_THROW(alone.add(record_of(2)), ReaderGone);
  two.add(record_of(1));
  EXPECT_EQ(read_records(folder_.path("r.csv")).size(), 1U);
  EXPECT_EQ(two.failures().size(), 1U);
  signal(SIGPIPE, SIG_DFL);
}

TEST_F(OutputsTest, a_fifo_without_a_reader_is_refused_at_once) {
  const std::string path = folder_.path("pipe.csv");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { open_sink(path); }), path + ": nobody reads this FIFO: start its reader first");
  const std::string json = folder_.path("pipe.json");
  ASSERT_EQ(mkfifo(json.c_str(), 0600), 0);
  EXPECT_TRUE(begins(error_of([&] { open_sink(json); }), json + ": "));
}

TEST_F(OutputsTest, a_link_to_a_file_that_is_not_there_makes_that_file) {
  for (const std::string& name : all_formats) {
    std::filesystem::create_symlink("real-" + name, folder_.path(name));
    open_sink(folder_.path(name))->add(record_of(1));
    EXPECT_TRUE(std::filesystem::is_symlink(folder_.path(name))) << name;
    EXPECT_EQ(trials_in(folder_.path(name), folder_.text("real-" + name)), 1U) << name;
  }
}

// What a writer holds is half a row until it is done.
TEST_F(OutputsTest, a_reader_waits_for_who_writes_but_not_for_ever) {
  const std::string path = folder_.path("r.csv");
  Outputs(std::vector<std::string>{path}).add(record_of(1));
  const std::string row = csv_row(record_of(2)) + "\n";
  SharedFile file(path);
  {
    const SharedFile::Hold hold(file);
    file.append(row.substr(0, 500));
    std::vector<std::string> notes;
    EXPECT_EQ(read_records(path, notes).size(), 1U) << "this one is never done";
    EXPECT_EQ(notes.size(), 1U);
  }
  auto hold = std::make_unique<SharedFile::Hold>(file);
  std::jthread writer([&] {
    std::this_thread::sleep_for(200ms);
    file.append(row.substr(500));
    hold.reset();
  });
  std::vector<std::string> notes;
  EXPECT_EQ(read_records(path, notes).size(), 2U);
  EXPECT_TRUE(notes.empty());
}

TEST_F(OutputsTest, a_reader_sees_whole_files_while_they_are_written) {
  const std::vector<std::string> files = paths({"r.csv", "r.json"});
  const pid_t writer = start([&] {
    Outputs outputs(files);
    for (std::uint64_t seed = 1; seed <= 300; ++seed) outputs.add(record_of(seed));
  });
  std::size_t most = 0;
  for (int status = 0; waitpid(writer, &status, WNOHANG) == 0;) {
    for (const std::string& file : files) {
      if (!std::filesystem::exists(file) || std::filesystem::file_size(file) == 0) continue;
      std::vector<std::string> notes;
      most = std::max(most, read_records(file, notes).size());
      EXPECT_TRUE(notes.empty()) << notes[0];
    }
  }
  EXPECT_GT(most, 0U);
}

}  // namespace
}  // namespace cbench
