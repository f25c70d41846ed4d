// What pictures and reports are drawn from: ranked, and written as docs/summary.md says.
#include "reports/shown/summary.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <tuple>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "record/record_json.hpp"
#include "reports/shown/summary_json.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

Results results_of(const std::vector<TrialRecord>& records) {
  Results results;
  results.files.push_back({.name = "sample.json", .trials = records.size()});
  results.hosts.push_back({.facts = records.front().host,
                           .build = records.front().build,
                           .name = "host",
                           .differences = {},
                           .trials = Trials(records)});
  return results;
}

Json json_of(const std::vector<TrialRecord>& records) {
  return Json::parse(summary_json(summarise(results_of(records)), "cbench test"));
}

const Json& cell_of(const Json& summary, const std::string& label, int workers) {
  for (const Json& cell : summary["cells"]) {
    if (cell["label"] == label && cell["workers"] == workers) return cell;
  }
  throw std::runtime_error("no cell of " + label);
}

const Json& primary_ranking(const Json& summary) {
  for (const Json& ranking : summary["rankings"]) {
    if (ranking["primary"] && ranking["main"] && ranking["workers"].is_null()) return ranking;
  }
  throw std::runtime_error("no ranking");
}

// Amdahl's law over 1 to 16 workers on 16 CPUs.
std::vector<TrialRecord> sample_amdahl(double serial_fraction) {
  std::vector<TrialRecord> records;
  for (const std::uint32_t workers : {1U, 2U, 4U, 8U, 16U}) {
    const double speedup = workers / (1 + serial_fraction * (workers - 1));
    append(records, sample_repetitions({.model = "pool",
                                        .workload = "cpu",
                                        .parameters = {},
                                        .workers = workers,
                                        .concurrency = 64,
                                        .throughput_per_s = 1'000 * speedup,
                                        .demand_cpu_us = 1'000,
                                        .demand_wait_us = 0,
                                        .ideal_per_s = 1'000.0 * workers}));
  }
  for (TrialRecord& record : records) record.host.cpus_online = record.host.cpus_allowed = 16;
  return records;
}

TEST(Ranking, models_that_are_not_told_apart_share_a_tier) {
  const Json summary = json_of(sample_io());
  const Json& tiers = primary_ranking(summary)["tiers"];
  ASSERT_EQ(tiers.size(), 3U);
  ASSERT_EQ(tiers[0]["models"].size(), 2U);
  EXPECT_EQ(tiers[0]["models"][0]["label"], "eventloop");
  EXPECT_EQ(tiers[0]["models"][1]["label"], "fibers");
  EXPECT_EQ(tiers[1]["models"][0]["label"], "threads");
  EXPECT_EQ(tiers[2]["models"][0]["label"], "pool");
  EXPECT_NEAR(tiers[1]["models"][0]["of_best"].get<double>(), 41'200.0 / 49'100, 1e-3);
  EXPECT_EQ(
      primary_ranking(summary)["sentence"],
      "eventloop and fibers lead at 48.9-49.1k/s, tied, 98 % of the ideal; threads follows at 0.84x [0.81, 0.87]: "
      "CPU; pool at 0.002x: blocked workers");
  EXPECT_EQ(summary["blocks"][0]["verdicts"][0], primary_ranking(summary)["sentence"]) << "said in one place";
  EXPECT_NEAR(tiers[1]["models"][0]["of_best_low"].get<double>(), 0.81, 0.01);
  EXPECT_NEAR(tiers[1]["models"][0]["of_best_high"].get<double>(), 0.87, 0.01);
}

TEST(Ranking, one_repetition_tells_nobody_apart_and_says_so) {
  std::vector<TrialRecord> records = sample_io();
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.repetition > 1; });
  const Json summary = json_of(records);
  // All but the pool, which is 500 times slower: no tie, and no rank that one repetition could show.
  const Json& tiers = primary_ranking(summary)["tiers"];
  ASSERT_EQ(tiers.size(), 2U);
  EXPECT_EQ(tiers[0]["models"].size(), 3U);
  EXPECT_EQ(tiers[0]["models"][0]["doubt"], "");
  EXPECT_EQ(tiers[1]["models"][0]["doubt"], "too few repetitions, at least 3 are needed");
  EXPECT_EQ(
      primary_ranking(summary)["sentence"],
      "eventloop came first with 49.0k/s, before fibers, threads and pool; too few repetitions, at least 3 are needed");
  EXPECT_TRUE(tiers[1]["models"][0]["of_best_low"].is_null());
  EXPECT_TRUE(cell_of(summary, "fibers", 2)["throughput_per_s"]["low"].is_null());
  EXPECT_TRUE(cell_of(summary, "fibers", 2)["speedup_over_sequential"]["low"].is_null());
  EXPECT_TRUE(cell_of(summary, "fibers", 2)["efficiency"]["high"].is_null());
}

TEST(Ranking, an_open_load_is_decided_by_its_response_time) {
  std::vector<TrialRecord> records = sample_repetitions({.model = "fibers", .response_us = 30'000}, 0.01);
  append(records, sample_repetitions({.model = "pool", .throughput_per_s = 48'000, .response_us = 20'000}, 0.01));
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = 49'000;
  }
  const Json summary = json_of(records);
  EXPECT_EQ(primary_ranking(summary)["metric"], "response_p99_us");
  EXPECT_EQ(primary_ranking(summary)["tiers"][0]["models"][0]["label"], "pool");
  EXPECT_TRUE(begins(primary_ranking(summary)["sentence"].get<std::string>(), "pool "));
}

TEST(Ranking, each_model_stands_with_its_best_number_of_workers) {
  const Json summary = json_of(sample_cpu_sweep());
  for (const Json& model : primary_ranking(summary)["tiers"][0]["models"]) {
    EXPECT_EQ(summary["cells"][model["cell"].get<std::size_t>() - 1]["workers"], 2) << model;
  }
  const auto fixed = std::ranges::count_if(summary["rankings"], [](const Json& r) { return !r["workers"].is_null(); });
  EXPECT_EQ(fixed, 6) << "two metrics with 1, 2 and 4 workers";
}

TEST(Summary, speedup_and_its_interval_are_those_of_the_law_behind_the_data) {
  const Json summary = json_of(sample_amdahl(0.05));
  const Json& speedup = cell_of(summary, "pool", 16)["speedup_over_one_worker"];
  const double expected = 16 / (1 + 0.05 * 15);
  EXPECT_NEAR(speedup["value"].get<double>(), expected, 1e-6);
  EXPECT_LT(speedup["low"].get<double>(), expected);
  EXPECT_GT(speedup["high"].get<double>(), expected);
  EXPECT_LT(speedup["high"].get<double>() - speedup["low"].get<double>(), 0.2);
  EXPECT_EQ(cell_of(summary, "pool", 1)["speedup_over_one_worker"]["high"], 1.0);
  EXPECT_TRUE(cell_of(summary, "pool", 1)["speedup_over_sequential"].is_null()) << "no baseline was measured";
}

TEST(Summary, a_curve_has_points_and_a_fitted_law_in_speedup) {
  const Json summary = json_of(sample_amdahl(0.05));
  ASSERT_EQ(summary["curves"].size(), 1U);
  const Json& curve = summary["curves"][0];
  EXPECT_EQ(curve["axis"], "workers");
  EXPECT_EQ(curve["points"].size(), 5U);
  EXPECT_EQ(curve["fit"]["chosen"], "amdahl");
  const Json& law = curve["fit"]["amdahl"];
  EXPECT_NEAR(law["serial_fraction"].get<double>(), 0.05, 0.005);
  const Json& last = law["curve"].back();
  EXPECT_EQ(last["n"], 16);
  EXPECT_NEAR(last["speedup"].get<double>(), 16 / (1 + 0.05 * 15), 0.1);
  EXPECT_LE(last["speedup_band"][0].get<double>(), last["speedup"].get<double>());
  EXPECT_GE(last["speedup_band"][1].get<double>(), last["speedup"].get<double>());
}

TEST(Summary, work_that_waits_has_points_over_workers_and_no_law) {
  std::vector<TrialRecord> records;
  for (const std::uint32_t workers : {1U, 2U}) append(records, sample_repetitions({.workers = workers}));
  const Json summary = json_of(records);
  ASSERT_EQ(summary["curves"].size(), 1U);
  EXPECT_TRUE(summary["curves"][0]["fit"].is_null());
  EXPECT_EQ(summary["curves"][0]["points"].size(), 2U);
}

TEST(Summary, a_sweep_is_ordered_by_its_load) {
  std::vector<TrialRecord> records;
  for (const std::uint32_t concurrency : {1000U, 10U, 100U}) {
    append(records, sample_repetitions({.concurrency = concurrency, .throughput_per_s = 49.0 * concurrency}));
  }
  const Json summary = json_of(records);
  ASSERT_EQ(summary["sweeps"].size(), 1U);
  std::vector<int> loads;
  for (const Json& id : summary["sweeps"][0]["cells"]) {
    loads.push_back(summary["cells"][id.get<std::size_t>() - 1]["concurrency"]);
  }
  EXPECT_EQ(loads, (std::vector<int>{10, 100, 1000}));
  EXPECT_EQ(std::ranges::count_if(summary["pictures"], [](const Json& p) { return p["kind"] == "throughput"; }), 3);
}

TEST(Summary, failures_stay_visible) {
  const Json summary = json_of(sample_failures());
  const Json& threads = cell_of(summary, "threads", 2);
  EXPECT_EQ(threads["status"]["failed"], 3);
  EXPECT_TRUE(threads["throughput_per_s"].is_null());
  EXPECT_TRUE(threads["response_us"].is_null());
  EXPECT_EQ(threads["reasons"].size(), 1U);
  EXPECT_EQ(threads["reasons"][0]["times"], 3);
  const Json& actors = cell_of(summary, "actors", 2);
  EXPECT_EQ(actors["status"]["timed_out"], 2);
  EXPECT_EQ(summary["failures"].size(), 7U);
  for (const Json& failure : summary["failures"]) EXPECT_FALSE(failure["reason"].get<std::string>().empty());
  for (const Json& tier : primary_ranking(summary)["tiers"]) {
    for (const Json& model : tier["models"]) EXPECT_NE(model["label"], "threads");
  }
}

TEST(Summary, trials_that_a_model_refused_are_counted) {
  std::vector<TrialRecord> records = sample_io();
  for (TrialRecord& record : records) {
    if (record.spec.model != "threads") continue;
    record.status = Status::unsupported;
    record.reason = "threads knows no such thing";
  }
  const Json summary = json_of(records);
  const Json& threads = cell_of(summary, "threads", 2);
  EXPECT_EQ(threads["status"]["unsupported"], 3);
  EXPECT_EQ(threads["repetitions"], 3);
}

TEST(Summary, results_where_nothing_was_measured_have_no_pictures) {
  TrialRecord record = sample_record();
  record.status = Status::timed_out;
  record.reason = "no end after 30 s";
  const Json summary = json_of({record});
  EXPECT_TRUE(summary["pictures"].empty());
  EXPECT_TRUE(summary["rankings"].empty());
  EXPECT_EQ(summary["cells"].size(), 1U);
}

TEST(Summary, spectra_come_from_histograms_alone) {
  EXPECT_EQ(json_of(sample_io())["spectra"].size(), 15U) << "3 times of 5 cells";
  std::vector<TrialRecord> records = sample_io();
  for (TrialRecord& record : records) {
    for (Latency* latency : {&record.queueing, &record.service, &record.response}) latency->histogram.reset();
  }
  const Json summary = json_of(records);
  EXPECT_TRUE(summary["spectra"].empty());
  EXPECT_EQ(cell_of(summary, "fibers", 2)["percentiles_from"], "medians");
  EXPECT_FALSE(cell_of(summary, "fibers", 2)["response_us"]["p99"].is_null());
}

TEST(Summary, times_that_littles_law_contradicts_are_null_and_drawn_nowhere) {
  std::vector<TrialRecord> records = sample_io();
  for (TrialRecord& record : records) {
    if (record.spec.model == "threads") record.littles_in_flight = 150;
    record.settled = record.spec.model != "threads";
  }
  const Json summary = json_of(records);
  const Json& threads = cell_of(summary, "threads", 2);
  EXPECT_EQ(threads["times_hold"], false);
  EXPECT_EQ(threads["settled"], false);
  EXPECT_EQ(threads["littles_in_flight"], 150);
  for (const char* times :
       {"response_us", "queueing_us", "service_us", "response_p50_repeated_us", "response_p99_repeated_us"}) {
    EXPECT_TRUE(threads[times].is_null()) << times;
  }
  EXPECT_GT(threads["throughput_per_s"]["mean"], 41'000);
  EXPECT_EQ(cell_of(summary, "fibers", 2)["times_hold"], true);
  for (const Json& spectrum : summary["spectra"]) EXPECT_NE(spectrum["label"], "threads");
  std::size_t with_throughput = 0;
  for (const Json& picture : summary["pictures"]) {
    const bool of_times = picture["kind"] == "latency" || picture["kind"] == "split";
    for (const Json& id : picture["cells"]) {
      const bool is_there = summary["cells"][id.get<std::size_t>() - 1]["label"] == "threads";
      EXPECT_FALSE(of_times && is_there) << picture["kind"];
      with_throughput += picture["kind"] == "throughput" && is_there ? 1 : 0;
    }
  }
  EXPECT_EQ(with_throughput, 1U);
  std::size_t ranked = 0;
  for (const Json& ranking : summary["rankings"]) {
    for (const Json& tier : ranking["tiers"]) {
      for (const Json& model : tier["models"]) {
        if (model["label"] != "threads") continue;
        ++ranked;
        EXPECT_EQ(ranking["metric"], "throughput_per_s");
      }
    }
  }
  EXPECT_EQ(ranked, 1U);
}

TEST(Summary, a_percentile_of_few_tasks_is_null_and_not_drawn) {
  const Json summary = json_of(sample_io());
  const Json& pool = cell_of(summary, "pool", 2);  // 597 tasks
  EXPECT_FALSE(pool["response_us"]["p90"].is_null());
  EXPECT_TRUE(pool["response_us"]["p99"].is_null());
  EXPECT_TRUE(pool["response_us"]["p999"].is_null());
  EXPECT_TRUE(pool["response_p99_repeated_us"].is_null());
  EXPECT_FALSE(pool["response_us"]["max"].is_null());
  for (const Json& spectrum : summary["spectra"]) {
    if (spectrum["label"] != "pool") continue;
    for (const Json& point : spectrum["points"]) {
      const double percentile = point["percentile"];
      EXPECT_TRUE(percentile == 100 || percentile <= 100 - 1000.0 / 597 + 1e-6) << percentile;
    }
    EXPECT_EQ(spectrum["points"].back()["percentile"], 100.0) << "the longest is what it is";
  }
  for (const Json& ranking : summary["rankings"]) {
    if (ranking["metric"] != "response_p99_us") continue;
    for (const Json& tier : ranking["tiers"]) {
      for (const Json& model : tier["models"]) EXPECT_NE(model["label"], "pool");
    }
  }
}

TEST(Summary, the_interval_of_the_efficiency_holds_the_demands_too) {
  std::vector<TrialRecord> records = sample_io();
  for (TrialRecord& record : records) {
    if (record.spec.is_baseline) record.demand_wait_us *= 1 + 0.1 * (record.spec.repetition - 2.0);
  }
  const Json summary = json_of(records);
  const Json& efficiency = cell_of(summary, "fibers", 2)["efficiency"];
  EXPECT_NEAR(efficiency["value"].get<double>(), 0.978, 1e-3);
  EXPECT_LT(efficiency["low"].get<double>(), 0.93);
  EXPECT_GT(efficiency["high"].get<double>(), 1.03);
  EXPECT_TRUE(cell_of(summary, "sequential", 1)["efficiency"].is_null()) << "it is what the ideal is made of";
}

TEST(Summary, memory_has_three_sizes) {
  const Json summary = json_of(sample_io());
  const Json& threads = cell_of(summary, "threads", 2);
  EXPECT_EQ(threads["peak_rss_bytes"], 131'000'000);
  EXPECT_EQ(threads["peak_kernel_bytes"], 40'000'000);
  EXPECT_EQ(threads["peak_memory_bytes"], 171'000'000);
  EXPECT_TRUE(threads["peak_virtual_bytes"].is_null());
  EXPECT_EQ(threads["bytes_per_task"], 171'000);
}

TEST(Summary, medians_of_percentiles_are_said_to_be_so) {
  std::vector<TrialRecord> records = sample_io();
  const auto said = [&] {
    std::set<std::string> kinds;
    const Json summary = json_of(records);
    for (const Json& picture : summary["pictures"]) {
      for (const Json& sentence : picture["text"]) {
        if (has(sentence.get<std::string>(), "medians over repetitions")) kinds.insert(picture["kind"]);
      }
    }
    return kinds;
  };
  EXPECT_EQ(said(), std::set<std::string>());
  for (TrialRecord& record : records) {
    for (Latency* latency : {&record.queueing, &record.service, &record.response}) latency->histogram.reset();
  }
  EXPECT_EQ(said(), (std::set<std::string>{"latency", "split"}));
}

TEST(Summary, costs_are_per_task) {
  const Json summary = json_of(sample_io());
  const Json& fibers = cell_of(summary, "fibers", 2);
  EXPECT_NEAR(fibers["context_switches_per_task"]["voluntary"].get<double>(), 4'321.0 / 97'800, 1e-4);
  EXPECT_NEAR(fibers["units_per_task"].get<double>(), 1, 1e-9);
  EXPECT_NEAR(fibers["tasks"].get<double>(), 6 * 48'900, 3);
  EXPECT_EQ(fibers["digests"].size(), 3U);
  EXPECT_EQ(fibers["digests"][0]["digest"], "0123456789abcdef");
}

TEST(Summary, the_title_of_costs_is_of_models_whose_cpu_time_is_known) {
  const auto titles = [](const std::vector<TrialRecord>& records) {
    std::string text;
    const Json summary = json_of(records);
    for (const Json& picture : summary["pictures"]) {
      if (picture["kind"] == "cost") text += picture["title"].get<std::string>() + "\n";
    }
    return text;
  };
  std::vector<TrialRecord> records = sample_io();
  for (TrialRecord& record : records) {
    if (record.spec.model == "pool") record.cpu_per_task_us = record.cpu_s = 0;
  }
  EXPECT_TRUE(begins(titles(records), "A task costs ")) << titles(records);
  EXPECT_FALSE(has(titles(records), "pool"));
  for (TrialRecord& record : records) record.cpu_per_task_us = 0;
  EXPECT_EQ(titles(records), "");
}

TEST(Summary, cpu_time_that_is_not_known_is_null) {
  std::vector<TrialRecord> records = sample_repetitions({});
  const auto cell = [&] { return json_of(records)["cells"][0]; };
  for (TrialRecord& record : records) record.steal_share = 0;
  for (const char* name : {"cpu_per_task_us", "cpu_share", "peer_cpu_share", "other_cpu_share", "steal_share"}) {
    EXPECT_FALSE(cell()[name].is_null()) << name;
  }
  for (TrialRecord& record : records) {
    record.cpu_s = record.cpu_per_task_us = record.peer_cpu_share = 0;
    record.foreign_cpu_share = record.steal_share = std::nullopt;
  }
  for (const char* name : {"cpu_per_task_us", "cpu_share", "peer_cpu_share", "other_cpu_share", "steal_share"}) {
    EXPECT_TRUE(cell()[name].is_null()) << name;
  }
}

TEST(Summary, a_models_colour_depends_on_its_name_alone) {
  const auto colour = [](const Json& summary, const std::string& label) -> std::string {
    for (const Json& model : summary["models"]) {
      if (model["label"] == label) return model["colour"];
    }
    return "";
  };
  std::vector<TrialRecord> settings = sample_repetitions({});
  for (const char* stack : {"16k", "64k"}) {
    for (TrialRecord record : sample_repetitions({})) {
      record.spec.settings["stack"] = stack;
      settings.push_back(record);
    }
  }
  const Json one = json_of(settings);
  EXPECT_EQ(colour(one, "fibers"), colour(json_of(sample_io()), "fibers"));
  EXPECT_EQ(colour(one, "fibers"), colour(one, "fibers:stack=64k"));
  std::set<std::string> dashes;
  for (const Json& model : one["models"]) dashes.insert(model["dash"]);
  EXPECT_EQ(dashes.size(), 3U) << "settings of one model differ in dash";
}

// Every field of every object is in the document, so that who draws need not guess.
TEST(Summary, every_field_is_documented) {
  std::ifstream file(std::string(CBENCH_FIXTURES) + "/../../docs/summary.md");
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(document.empty());
  const auto check = [&](const auto& self, const Json& json) -> void {
    if (json.is_array() && !json.empty()) self(self, json.front());
    if (!json.is_object()) return;
    for (const auto& [name, value] : json.items()) {
      const bool data =
          name == "facts" || name == "build" || name == "settings" || name == "parameters" || name == "fit";
      EXPECT_TRUE(document.find(name) != std::string::npos) << name;
      if (!data) self(self, value);
    }
  };
  for (const auto& records : {sample_io(), sample_amdahl(0.05), sample_failures()}) check(check, json_of(records));
}

TEST(summary, draws_several_runs_over_time_and_says_what_changed_most) {
  std::vector<TrialRecord> records;
  for (const auto& [day, fibers, pool] : {std::tuple{"20", 49'000.0, 9'000.0}, {"21", 48'000.0, 6'000.0}}) {
    std::vector<TrialRecord> run = sample_repetitions({.throughput_per_s = fibers});
    append(run, sample_repetitions({.model = "pool", .throughput_per_s = pool}));
    for (TrialRecord& record : run) record.started_at = std::string("2026-11-") + day + "T09:30:00Z";
    append(records, run);
  }
  const Json summary = json_of(records);
  ASSERT_EQ(summary["histories"].size(), 2U);
  EXPECT_EQ(summary["histories"][0]["runs"].size(), 2U);
  const auto& pictures = summary["pictures"];
  const auto history = std::ranges::find_if(pictures, [](const Json& one) { return one["kind"] == "history"; });
  ASSERT_NE(history, pictures.end());
  const std::string title = (*history)["title"];
  EXPECT_TRUE(title.starts_with("pool went from 9.00k/s [")) << title;
  EXPECT_TRUE(title.ends_with("on 2026-11-21")) << title;
}

TEST(summary, has_titles_in_parts_for_each_model) {
  for (const Json& picture : json_of(sample_io())["pictures"]) {
    const Json& parts = picture["parts"];
    ASSERT_FALSE(parts.empty()) << picture["kind"];
    std::set<std::string> labels;
    for (const Json& part : parts) labels.insert(part["label"]);
    EXPECT_EQ(labels.size(), parts.size());
    if (!parts[0]["tier"].is_null()) continue;
    const std::string last = parts.size() > 1 ? std::string(parts.back()["last"]) : "";
    EXPECT_EQ(picture["title"], std::string(parts[0]["first"]) + last);
  }
}

TEST(summary, sorts_the_heat_map_by_who_comes_closest_everywhere) {
  const Json summary = json_of(sample_io());
  for (const Json& picture : summary["pictures"]) {
    if (picture["kind"] != "efficiency") continue;
    std::vector<double> efficiencies;
    for (const Json& id : picture["cells"])
      efficiencies.push_back(summary["cells"][id.get<std::size_t>() - 1]["efficiency"]["value"]);
    EXPECT_GE(efficiencies.size(), 3U);
    EXPECT_TRUE(std::ranges::is_sorted(efficiencies, std::greater{}));
    return;
  }
  FAIL() << "no heat map";
}

// Each of many cells in a table of its own.
std::vector<TrialRecord> tables_of(std::size_t number) {
  std::vector<TrialRecord> records;
  const TrialRecord sample = sample_record();
  for (std::size_t i = 0; i < number; ++i) {
    TrialRecord& record = records.emplace_back(sample);
    for (Latency* latency : {&record.queueing, &record.service, &record.response}) latency->histogram.reset();
    record.spec.parameters["delay"] = std::to_string(i) + "us";
  }
  return records;
}

TEST(Summary, of_ten_times_as_many_tables_takes_about_ten_times_as_long) {
  const auto cpu_of = [](std::size_t number) {
    const Results results = results_of(tables_of(number));
    const std::clock_t begin = std::clock();
    EXPECT_EQ(summarise(results).hosts.front().blocks.size(), number);
    return std::clock() - begin;
  };
  cpu_of(200);
  const std::clock_t few = cpu_of(200);
  EXPECT_LT(cpu_of(2000), 30 * few) << "a hundred times as long where every table looks at every trial";
}

}  // namespace
}  // namespace cbench
