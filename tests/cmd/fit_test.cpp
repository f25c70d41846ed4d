// `cbench fit`: anybody's CSV, results of cbench, and what is broken.
#include "cmd/fit.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "reports/files/csv.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using Json = nlohmann::json;

const std::string sdm91_csv =
    "load,throughput\n1,64.9\n18,995.9\n36,1652.4\n72,1853.2\n108,1828.9\n144,1775.0\n216,1702.2\n";

class Fit : public testing::Test {
 protected:
  std::vector<NamedFit> fits(const std::string& text, FitArguments arguments = {}) {
    arguments.file = folder.file("points.csv", text);
    arguments.resamples = 50;
    return fits_of(arguments);
  }
  Json json(const std::string& text, const FitArguments& arguments = {}) {
    return Json::parse(fits_json(fits(text, arguments)));
  }
  // What it says is wrong with the text, without the folder.
  std::string error(const std::string& text, const FitArguments& arguments = {}) {
    std::string what = error_of([&] { fits(text, arguments); });
    const std::string prefix = folder.path("");
    for (std::size_t at = what.find(prefix); at != std::string::npos; at = what.find(prefix))
      what.erase(at, prefix.size());
    return what;
  }
  std::string results(const std::vector<TrialRecord>& records) {
    std::string text = csv_header() + '\n';
    for (const TrialRecord& record : records) text += csv_row(record) + '\n';
    return text;
  }

  ScratchFolder folder;
};

TEST_F(Fit, prints_the_published_coefficients_of_anybodys_csv_as_json) {
  const Json json = this->json(sdm91_csv);
  EXPECT_NEAR(json["usl"]["alpha"].get<double>(), 0.0277285, 1e-6);
  EXPECT_NEAR(json["usl"]["beta"].get<double>(), 0.0001044, 1e-6);
  EXPECT_NEAR(json["usl"]["gamma"].get<double>(), 89.995, 1e-3);
  EXPECT_NEAR(json["usl"]["peak"].get<double>(), 96.5, 0.1);
  EXPECT_EQ(json["amdahl"]["interval"].size(), 2U);
  EXPECT_GT(json["amdahl"]["gamma"].get<double>(), 0);
  EXPECT_TRUE(json["amdahl"]["serial_fraction"].is_number());
  EXPECT_TRUE(json["gustafson"]["serial_fraction"].is_number());
  EXPECT_EQ(json["chosen"], "usl");
  EXPECT_EQ(json["finding"], "law");
  EXPECT_EQ(json["usl"]["description"], "roughly");
  EXPECT_EQ(json["usl"]["worst_at"], 1);
  EXPECT_NEAR(json["usl"]["worst_deviation"].get<double>(), 0.39, 0.01);
  EXPECT_EQ(json["rival"], "capped_amdahl");
  EXPECT_FALSE(json["sentences"].empty());
}

TEST_F(Fit, says_what_to_use_instead_of_a_format_for_other_tools) {
  for (const std::string name : {"r.hlog", "r.gbench.json", "r.gobench.txt"}) {
    const std::string error = error_of([&] { fits_of({.file = folder.file(name, "")}); });
    EXPECT_TRUE(has(error, "cannot be read back; use .csv or .json"));
  }
}

TEST_F(Fit, says_null_and_why_where_no_law_was_fitted) {
  const Json json = this->json("n,throughput\n1,100\n2,190\n");
  EXPECT_TRUE(json["amdahl"]["serial_fraction"].is_null());
  EXPECT_EQ(json["amdahl"]["why_not"], "fewer than three counts");
  EXPECT_TRUE(json["chosen"].is_null());
  EXPECT_NEAR(json["rows"][1]["karp_flatt"].get<double>(), 0.0526, 1e-3);
}

TEST_F(Fit, chooses_no_law_where_none_describes_the_points) {
  const Json super = json("n,throughput\n1,100\n2,230\n4,520\n8,1100\n");
  EXPECT_EQ(super["finding"], "superlinear");
  EXPECT_TRUE(super["chosen"].is_null());
  EXPECT_EQ(super["closest"], "amdahl");
  EXPECT_EQ(super["superlinear"]["n"], 8);
  EXPECT_NEAR(super["superlinear"]["speedup"].get<double>(), 11, 1e-9);
  EXPECT_TRUE(super["superlinear"]["interval"][1].is_null()) << "nothing was repeated";

  const Json capped = json("n,throughput\n1,100\n2,200\n4,400\n8,800\n16,800\n32,800\n");
  EXPECT_EQ(capped["finding"], "capped");
  EXPECT_EQ(capped["chosen"], "saturation");
  EXPECT_NEAR(capped["saturation"]["capacity_per_s"].get<double>(), 800, 1e-6);
  EXPECT_TRUE(capped["superlinear"].is_null());

  const std::string staircase = "n,throughput\n1,100\n2,199\n4,390\n8,500\n16,505\n32,990\n";
  EXPECT_EQ(json(staircase)["finding"], "none");
  EXPECT_TRUE(json(staircase)["chosen"].is_null());
  EXPECT_TRUE(json(staircase)["closest"].is_string());
  EXPECT_TRUE(has(json(staircase)["chosen_by"].get<std::string>(),
                  "none describes the points: the closest, amdahl, is 37.2 % off at 16"));
  EXPECT_TRUE(has(fits_text(fits(staircase), 200), "no law chosen: none describes the points"));

  const Json falling = json("n,throughput\n1,100\n2,50\n4,25\n8,12\n");
  EXPECT_EQ(falling["finding"], "falling");
  EXPECT_EQ(falling["usl"]["peak"], 1);
}

TEST_F(Fit, finds_columns_by_name_by_habit_or_by_position) {
  const std::string columns = "host,tps,threads,note\na,100,1,x\na,190,2,y\na,350,4,\"z, z\"\n";
  EXPECT_EQ(fits(columns).front().x, "threads");
  EXPECT_EQ(fits(columns).front().y, "tps");
  EXPECT_EQ(fits(columns, {.x = "threads", .y = "TPS"}).front().fit.rows.size(), 3U);
  EXPECT_EQ(fits("1,100\n2,190\n4,350\n").front().x, "column 1");
  EXPECT_EQ(fits("CPUs,frames\r\n1,100\r\n2,190\r\n4,350\r\n").front().y, "frames");
  EXPECT_EQ(fits("frames,CPUs\n100,1\n190,2\n350,4\n").front().x, "CPUs");
  EXPECT_EQ(fits("aa,bb\n1,100\n2,190\n4,350\n").front().x, "aa");
}

TEST_F(Fit, fits_tasks_in_flight_against_littles_law) {
  const std::string text = "concurrency,rps\n1,100\n10,1000\n100,9900\n";
  EXPECT_TRUE(json(text).contains("little"));
  EXPECT_FALSE(json(text).contains("amdahl"));
  EXPECT_TRUE(json(text, {.axis = "workers"}).contains("amdahl"));
  EXPECT_TRUE(json("n,rps\n1,100\n10,1000\n100,9900\n", {.axis = "in-flight"}).contains("little"));
}

TEST_F(Fit, says_file_line_and_column_of_what_is_broken) {
  EXPECT_EQ(error("n,throughput\n1,100\n2,abc\n"), "points.csv:3: column 2 (throughput): \"abc\" is not a number");
  EXPECT_EQ(error("n,throughput\n1,100\n2,nan\n"), "points.csv:3: column 2 (throughput): nan is no measurement");
  EXPECT_EQ(error("n,throughput\n1,100\n2,\n"), "points.csv:3: column 2 (throughput): empty, where a number should be");
  EXPECT_EQ(error("n,throughput\n1,100\n2\n"), "points.csv:3: 1 fields where the first row has 2");
  EXPECT_EQ(error("n,throughput\n0,100\n"), "points.csv:2: column 1 (n): 0 is not above 0");
  EXPECT_EQ(error("n,throughput\n1,-5\n"), "points.csv:2: column 2 (throughput): -5 is below 0");
  EXPECT_EQ(error("n,throughput\n1,1e999\n"), "points.csv:2: column 2 (throughput): \"1e999\" is not a number");
  EXPECT_EQ(error(""), "points.csv: the file is empty");
  EXPECT_EQ(error("n,throughput\n"), "points.csv: a header, but no points");
  EXPECT_EQ(error("a,b,c\n1,2,3\n"),
            "points.csv: which column holds the workers or tasks in flight? Say it with --x COLUMN; it has: a, b, c");
  EXPECT_EQ(error("a,b,c\n1,2,3\n", {.x = "a", .y = "z"}), "points.csv: no column \"z\" (--y); it has: a, b, c");
  EXPECT_EQ(error("a,b,c\n1,2,3\n", {.x = "a", .y = "a"}), "points.csv: --x and --y name the same column");
  EXPECT_TRUE(
      has(error("n,throughput\n1,\"100\n"), "points.csv:2: column 2: the quote opened on line 2 is not closed"));
}

TEST_F(Fit, options_that_would_be_passed_over_are_refused) {
  EXPECT_TRUE(has(error(results(sample_repetitions({})), {.y = "tasks", .model = "fibers"}),
                  "--model and --workload choose among results of cbench"));
  EXPECT_TRUE(has(error_of([&] { fits_of({.file = folder.file("r.json", "{}"), .y = "tasks"}); }), "--y tasks: JSON"));
}

TEST_F(Fit, what_it_cannot_use_is_the_persons_mistake_and_names_the_file) {
  using namespace std::string_literals;
  const auto usage_error = [&](const std::string& path) -> std::string {
    try {
      fits_of({.file = path, .resamples = 50});
    } catch (const UsageError& error) {
      return error.what();
    } catch (const std::exception& error) {
      return "no usage error: "s + error.what();
    }
    return "no error";
  };
  for (const std::string name : {"none.csv", "none.json", "none.txt"}) {
    EXPECT_EQ(usage_error(folder.path(name)), folder.path(name) + ": No such file or directory");
  }
  for (const std::string& text : {""s, "n,\0\n"s, "n,tps\n1,\"\n"s, "n,tps\n1,x\n"s, "\"schema_version\n"s,
                                  results(sample_repetitions({})), results({}), results({}) + "1,ok"}) {
    const std::string path = folder.file("bad.csv", text);
    EXPECT_TRUE(begins(usage_error(path), path + ":")) << usage_error(path);
  }
  for (const std::string& text : {""s, "[]"s, "{"s, "{\"schema_version\": 1, \"trials\": []}"s}) {
    const std::string path = folder.file("bad.JSON", text);
    EXPECT_TRUE(begins(usage_error(path), path + ":")) << usage_error(path);
  }
}

TEST_F(Fit, reads_a_hundred_thousand_points) {
  std::string text = "n,throughput\n";
  for (int i = 0; i < 100'000; ++i) text += std::to_string(1 << (i % 5)) + ",100." + std::to_string(i) + "\n";
  EXPECT_EQ(fits(text).front().fit.rows.size(), 5U);
}

TEST_F(Fit, takes_results_of_cbench_curve_by_curve) {
  std::vector<TrialRecord> records;
  for (const std::uint32_t workers : {1U, 2U, 4U, 8U}) {
    for (const std::string model : {"pool", "fibers"}) {
      const double serial = model == "pool" ? 0.02 : 0.2;
      for (TrialRecord record : sample_repetitions({.model = model,
                                .workload = "cpu",
                                .workers = workers,
                                .throughput_per_s = 1000 * workers / (1 + serial * (workers - 1)),
                                .demand_cpu_us = 1000,
                                .demand_wait_us = 0})) {
        record.host.cpus_allowed = record.host.cpus_online = 4;
        records.push_back(record);
      }
    }
  }
  const std::vector<NamedFit> both = fits(results(records));
  ASSERT_EQ(both.size(), 2U);
  const Json all = Json::parse(fits_json(both));
  EXPECT_EQ(all["fits"].size(), 2U);

  const Json pool = json(results(records), {.model = "pool"});
  EXPECT_EQ(pool["model"], "pool");
  EXPECT_NEAR(pool["amdahl"]["serial_fraction"].get<double>(), 0.02, 0.003);
  EXPECT_EQ(pool["rows"][3]["beyond_cpus"], true) << "8 workers on 4 CPUs";
  EXPECT_TRUE(has(fits_text(both, 100), "left out of the fit, more workers than allowed CPUs: 8"));
}

TEST_F(Fit, goes_over_workers_for_work_that_waits_only_where_its_pieces_overlap) {
  const auto waiting = [](double throughput_of_four) {
    std::vector<TrialRecord> records;
    for (const std::uint32_t workers : {1U, 2U, 4U}) {
      append(records, sample_repetitions({.workers = workers,
                                          .concurrency = 1,
                                          .throughput_per_s = workers == 1   ? 48
                                                              : workers == 2 ? 48 + (throughput_of_four - 48) / 3
                                                                             : throughput_of_four,
                                          .demand_wait_us = 20'000}));
    }
    return records;
  };
  EXPECT_TRUE(has(error(results(waiting(49))), "no model ran with two worker counts"));
  const Json json = this->json(results(waiting(160)));
  EXPECT_EQ(json["axis"], "workers");
  EXPECT_EQ(json["rows"][2]["beyond_cpus"], false) << "waiting needs no CPU: 4 workers on 2 are no limit";
}

TEST_F(Fit, sends_waiting_work_over_tasks_in_flight_to_littles_law) {
  std::vector<TrialRecord> records;
  for (const std::uint32_t concurrency : {1U, 8U, 64U, 512U}) {
    append(records, sample_repetitions({.concurrency = concurrency, .throughput_per_s = 49.0 * concurrency}));
  }
  const Json json = this->json(results(records));
  EXPECT_EQ(json["axis"], "tasks_in_flight");
  EXPECT_EQ(json["chosen"], "little");
  EXPECT_NEAR(json["rows"][0]["of_bound"].get<double>(), 49 * 0.02, 1e-3) << "R is what the task takes alone";
  EXPECT_TRUE(has(json["sentences"][0].get<std::string>(), "Little's law"));
}

TEST_F(Fit, prints_a_page_that_fits_its_width) {
  const std::string text = fits_text(fits(sdm91_csv), 72);
  EXPECT_TRUE(has(text, "coherency cost: peak at 97"));
  EXPECT_TRUE(has(text, "beta 0.000104365"));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 72U * 3) << "the rule is of three-byte characters";
    at = end + 1;
  }
}

TEST_F(Fit, is_a_subcommand_that_explains_itself) {
  CLI::App app;
  int exit_code = 7;
  add_fit_command(app, exit_code);
  EXPECT_TRUE(has(app.get_subcommand("fit")->help(), "cbench fit points.csv --x threads --y tps"));
  const std::string file = folder.file("points.csv", sdm91_csv);
  testing::internal::CaptureStdout();
  app.parse("fit " + file + " --x load --y throughput --json --resamples 20");
  EXPECT_NEAR(Json::parse(testing::internal::GetCapturedStdout())["usl"]["alpha"].get<double>(), 0.0277285, 1e-6);
  EXPECT_EQ(exit_code, 0);
}

}  // namespace
}  // namespace cbench
