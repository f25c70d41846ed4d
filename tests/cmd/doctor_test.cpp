// What `cbench doctor` says about hosts that are drawn as folders under fixtures/host.
#include "cmd/doctor/doctor.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cbench {
namespace {

using namespace std::chrono_literals;

// Evidence of a host on which nothing is wrong beyond what its folder shows.
Evidence evidence_of(const char* host) {
  Evidence evidence;
  evidence.root = std::filesystem::path(CBENCH_FIXTURES) / "host" / host;
  evidence.facts = host_facts(evidence.root);
  evidence.build.compiler = "GNU 12.2.0 -O2 -DNDEBUG";
  evidence.clock.tsc = true;
  evidence.oversleep = 55us;
  evidence.timer_slack = 50us;
  evidence.descriptors_soft = 1024;
  evidence.descriptors_hard = 1'048'576;
  return evidence;
}

const Finding* find(const std::vector<Finding>& findings, std::string_view subject) {
  const auto found =
      std::find_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.subject == subject; });
  return found == findings.end() ? nullptr : &*found;
}

// Severity and text of the finding about `subject`, in one string.
std::string verdict(const Evidence& evidence, std::string_view subject) {
  const std::vector<Finding> findings = examine(evidence);
  const Finding* const finding = find(findings, subject);
  if (finding == nullptr) return "none";
  return std::string(name_of(finding->severity)) + ": " + finding->meaning + " -> " + finding->remedy;
}

testing::AssertionResult says(const std::string& text, std::string_view start, std::string_view part = "") {
  if (text.starts_with(start) && text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << '"' << text << '"';
}

TEST(doctor, has_nothing_to_say_about_a_host_that_is_as_it_should_be) {
  for (const Finding& finding : examine(evidence_of("server"))) {
    EXPECT_EQ(finding.severity, Severity::ok) << finding.subject << ": " << finding.meaning;
  }
}

TEST(doctor, finds_what_is_wrong_with_a_laptop) {
  const Evidence laptop = evidence_of("laptop");
  EXPECT_TRUE(says(verdict(laptop, "governor"), "warning: performance, powersave", "cpupower"));
  EXPECT_TRUE(says(verdict(laptop, "boost"), "note", "intel_pstate/no_turbo"));
  EXPECT_TRUE(says(verdict(laptop, "SMT"), "note: 4 CPUs are threads of 2 cores"));
  EXPECT_TRUE(says(verdict(laptop, "power"), "warning: On battery"));
  EXPECT_TRUE(says(verdict(laptop, "CPUs"), "note: This process may use 3 of 4 CPUs"));
  EXPECT_TRUE(says(verdict(laptop, "huge pages"), "note: always"));
  EXPECT_TRUE(says(verdict(laptop, "swap"), "note: 0.5 GiB of 1.9 GiB in use", "swapoff"));
  EXPECT_TRUE(says(verdict(laptop, "memory"), "note: 3.8 GiB available", "7.6 GiB"));
  EXPECT_TRUE(says(verdict(laptop, "threads"), "note: At most 8,000 threads (kernel.threads-max)"));
  EXPECT_TRUE(says(verdict(laptop, "mappings"), "note: 65,530", "vm.max_map_count=2200000"));
  EXPECT_TRUE(says(verdict(laptop, "ports"), "ok: 28,232 ephemeral ports", "enough for 10,000 connections"));
  EXPECT_TRUE(says(verdict(evidence_of("few_ports"), "ports"), "note: 100 ephemeral ports", "2,431 connections"));
  EXPECT_TRUE(says(verdict(laptop, "virtualisation"), "ok"));
}

TEST(doctor, every_finding_that_is_not_ok_says_how_to_change_it) {
  for (const char* host : {"laptop", "damaged", "cgroup_v2"}) {
    for (const Finding& finding : examine(evidence_of(host))) {
      if (finding.severity == Severity::ok) continue;
      EXPECT_FALSE(finding.remedy.empty()) << host << ", " << finding.subject;
    }
  }
}

TEST(doctor, warns_of_a_quota_below_the_cpus_that_affinity_allows) {
  Evidence evidence = evidence_of("server");
  evidence.groups.cpus = 1.5;
  EXPECT_TRUE(says(verdict(evidence, "CPU quota"), "warning: The control group allows 1.50 CPUs of 4"));
  evidence.groups.cpus = 4;
  EXPECT_EQ(verdict(evidence, "CPU quota"), "none");
}

TEST(doctor, warns_of_builds_that_measure_something_else) {
  Evidence evidence = evidence_of("server");
  evidence.build.compiler = "GNU 12.2.0 -O1 -g -fsanitize=address,undefined";
  EXPECT_TRUE(says(verdict(evidence, "build"), "warning", "sanitizer"));
  evidence.build.compiler = "GNU 12.2.0 -g";
  EXPECT_TRUE(says(verdict(evidence, "build"), "warning", "not optimised"));
  evidence.build.compiler = "GNU 12.2.0 -O2 -g";
  EXPECT_TRUE(says(verdict(evidence, "build"), "note", "Assertions"));
}

TEST(doctor, names_the_programs_that_take_the_cpu) {
  Evidence evidence = evidence_of("server");
  evidence.activity = {.foreign_cpu_share = 1.75, .steal_share = 0.25};
  evidence.load_average = 2.5;
  evidence.busiest = {{"cc1plus", 42, 1.0}, {"ninja", 43, 0.5}};
  EXPECT_TRUE(says(verdict(evidence, "other programs"), "warning: They use 1.50 CPUs now (load average 2.50)",
                   "cc1plus (pid 42) 1.00, ninja (pid 43) 0.50"));
  EXPECT_TRUE(says(verdict(evidence, "steal"), "warning: The hypervisor took 0.25 CPUs"));
  evidence.activity = {.foreign_cpu_share = 0.12, .steal_share = 0.04};
  EXPECT_TRUE(says(verdict(evidence, "other programs"), "note"));
  EXPECT_TRUE(says(verdict(evidence, "steal"), "note"));
}

TEST(doctor, says_why_the_time_stamp_counter_is_not_used) {
  Evidence evidence = evidence_of("server");
  evidence.clock = {.tsc = false, .why = "it was forbidden"};
  EXPECT_TRUE(says(verdict(evidence, "clock"), "note: clock_gettime, because it was forbidden"));
  evidence.root = evidence_of("laptop").root;  // whose kernel reads the HPET
  EXPECT_TRUE(says(verdict(evidence, "clock"), "warning: clock_gettime from hpet", "clocksource=tsc"));
}

TEST(doctor, judges_late_sleeps) {
  Evidence evidence = evidence_of("server");
  evidence.oversleep = 400'400ns;
  EXPECT_TRUE(says(verdict(evidence, "timers"), "note: A sleep of 50us ends 400us late", "high-resolution"));
  evidence.timer_slack = 10ms;
  evidence.oversleep = 9ms;
  EXPECT_TRUE(says(verdict(evidence, "timers"), "warning", "PR_SET_TIMERSLACK"));
}

TEST(doctor, compares_the_hard_limit_of_descriptors_with_ten_thousand_connections) {
  Evidence evidence = evidence_of("server");
  EXPECT_TRUE(says(verdict(evidence, "descriptors"), "ok: 1,024 descriptors, hard limit 1,048,576"));
  evidence.descriptors_hard = 4096;
  EXPECT_TRUE(says(verdict(evidence, "descriptors"), "note", "at most 3,840 requests in flight"));
  evidence.descriptors_hard = 10'200;
  EXPECT_TRUE(says(verdict(evidence, "descriptors"), "note")) << "a trial keeps 256 for itself";
  evidence.descriptors_hard = UINT64_MAX;
  EXPECT_TRUE(says(verdict(evidence, "descriptors"), "ok", "hard limit none"));
}

TEST(doctor, the_smallest_limit_on_threads_is_the_one_named) {
  Evidence evidence = evidence_of("server");
  EXPECT_TRUE(says(verdict(evidence, "threads"), "ok: At most 1,250,000 threads (vm.max_map_count)"));
  evidence.groups.free_tasks = 400;
  EXPECT_TRUE(
      says(verdict(evidence, "threads"), "note: At most 400 threads (what is left of pids.max)", "--pids-limit"));
  evidence.groups.free_tasks = 10'300;
  EXPECT_TRUE(says(verdict(evidence, "threads"), "note: At most 10,300 threads", "let 10500 more be made"))
      << "a trial keeps 500 for others";
  evidence.processes = 300;
  EXPECT_TRUE(says(verdict(evidence, "threads"), "note: At most 300 threads (ulimit -u)"));
}

TEST(doctor, memory_of_the_control_group_counts_where_it_is_less) {
  Evidence evidence = evidence_of("server");
  evidence.groups.free_memory = 3ULL << 30U;
  EXPECT_TRUE(says(verdict(evidence, "memory"), "note: 3.0 GiB available within the control group", "memory.max"));
  evidence.groups.free_memory = 1ULL << 20U;
  EXPECT_TRUE(says(verdict(evidence, "memory"), "error"));
}

TEST(doctor, a_host_without_proc_or_loopback_cannot_measure) {
  Evidence evidence = evidence_of("there_is_no_such_folder");
  EXPECT_TRUE(says(verdict(evidence, "/proc"), "error"));
  evidence = evidence_of("server");
  evidence.loopback_error = "connect to 127.0.0.1: Network is unreachable";
  EXPECT_TRUE(says(verdict(evidence, "loopback"), "error: No connection over 127.0.0.1 (connect", "ip link set lo up"));
}

TEST(doctor, gathers_evidence_of_this_host) {
  const Evidence evidence = gather_evidence();
  EXPECT_GT(evidence.descriptors_hard, 0U);
  EXPECT_GT(evidence.oversleep.count(), 0);
  EXPECT_EQ(evidence.loopback_error, "");
  EXPECT_EQ(find(examine(evidence), "/proc"), nullptr);
}

const std::vector<Finding> three{
    {Severity::ok, "swap", "None.", ""},
    {Severity::note, "mappings", "So many that it takes two lines to say all of it.", "Ask."},
    {Severity::warning, "power", "On battery.", "Plug it in."}};

TEST(doctor_text, puts_the_worst_first_and_wraps_below_itself) {
  const std::string text = doctor_text({}, {}, three, 72, false);
  EXPECT_EQ(text.substr(text.find("warning")),
            "warning  power           On battery.\n"
            "                         -> Plug it in.\n"
            "note     mappings        So many that it takes two lines to say all of\n"
            "                         it.\n"
            "                         -> Ask.\n"
            "ok       swap            None.\n"
            "\n"
            "1 warning, 1 note. Measuring is possible, and better once the warnings\n"
            "are gone.\n");
}

TEST(doctor_text, keeps_within_any_width_that_holds_its_words) {
  for (const std::size_t width : {30U, 60U, 80U, 100U}) {
    const std::string text = doctor_text(host_facts(evidence_of("server").root), build_facts({}), three, width, false);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      EXPECT_LE(end - begin, width) << text.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST(doctor_text, is_coloured_only_where_that_is_allowed) {
  EXPECT_EQ(doctor_text({}, {}, three, 72, false).find('\x1b'), std::string::npos);
  EXPECT_NE(doctor_text({}, {}, three, 72, true).find("\x1b[1;33mwarning\x1b[0m  power"), std::string::npos);
}

TEST(doctor_text, an_error_says_that_nothing_can_be_measured) {
  const std::vector<Finding> findings{{Severity::error, "/proc", "Gone.", "Mount it."}};
  EXPECT_NE(doctor_text({}, {}, findings, 80, false).find("Nothing can be measured until the error is gone."),
            std::string::npos);
}

TEST(doctor_json, holds_every_finding_and_whether_measuring_is_possible) {
  auto json = nlohmann::json::parse(doctor_json({}, {}, three));
  EXPECT_EQ(json["can_measure"], true);
  ASSERT_EQ(json["findings"].size(), 3U);
  EXPECT_EQ(json["findings"][2]["severity"], "warning");
  EXPECT_EQ(json["findings"][2]["subject"], "power");
  EXPECT_EQ(json["findings"][2]["remedy"], "Plug it in.");
  const std::vector<Finding> errors{{Severity::error, "/proc", "\xff is no UTF-8", ""}};
  json = nlohmann::json::parse(doctor_json({}, {}, errors));
  EXPECT_EQ(json["can_measure"], false);
}

}  // namespace
}  // namespace cbench
