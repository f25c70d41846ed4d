// What `cbench list` shows of rows made here: what it says does not depend on which libraries were found.
#include "cmd/list.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "text/fitted.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

std::unique_ptr<Model> make_none(const Environment&) { return nullptr; }

constexpr Setting settings[] = {{"stack", "bytes", "16k", "of a fiber"},
                                {"scheduling", "stealing or shared", "stealing", "how workers share fibers"}};
void refuse(const Settings&) { throw UsageError("no such value"); }
const ModelInfo sequential_row{.name = "sequential",
                               .idiom = "one task at a time",
                               .library = "none",
                               .unit = "threads",
                               .cannot = "runs one task at a time, whatever is in flight",
                               .make = make_none,
                               .most_in_flight = 1,
                               .baseline = true};
const ModelInfo fibers_row{.name = "fibers",
                           .idiom = "M:N stackful fibers: goroutines, virtual threads, green threads",
                           .library = "Boost.Fiber",
                           .version = "1.81",
                           .unit = "fibers",
                           .own = "a scheduler",
                           .stock = "scheduling=shared",
                           .settings = settings,
                           .make = make_none};
constexpr Setting pool_settings[] = {{"threads", "a number", "--workers", "how many threads"}};
const ModelInfo pool_row{.name = "pool",
                         .idiom = "a fixed pool",
                         .library = "standard C++",
                         .unit = "threads",
                         .settings = pool_settings,
                         .check = refuse,
                         .make = make_none};
const ModelInfo tbb_row{.name = "tbb", .absent = "TBB::tbb not found when this program was built"};
const ModelEntry entries[] = {{.info = sequential_row}, {.info = fibers_row}, {.info = pool_row}, {.info = tbb_row}};
constexpr const ModelEntry* model_rows[] = {&entries[0], &entries[1], &entries[2], &entries[3]};

constexpr Parameter parameters[] = {
    {.name = "delay", .unit = Unit::duration, .fallback = "20ms", .summary = "how long the peer takes to answer"},
    {.name = "bytes", .unit = Unit::bytes, .fallback = "64", .summary = "payload", .least = 1, .most = 65536}};
const WorkloadInfo noop_row{.name = "noop", .summary = "an empty task", .concurrency = 64};
const WorkloadInfo io_row{.name = "io", .summary = "a request over TCP", .parameters = parameters, .concurrency = 1000};
constexpr const WorkloadInfo* workload_rows[] = {&noop_row, &io_row};

testing::AssertionResult shows(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << text;
}

std::string detail(std::string_view name) { return detail_text(name, model_rows, workload_rows, 100, false); }

TEST(list, shows_every_model_and_workload) {
  EXPECT_EQ(list_text(model_rows, workload_rows, 80, false),
            "Models (--model NAME[,NAME...] or all)\n"
            "  sequential         one task at a time\n"
            "                     library: none; unit: threads\n"
            "                     runs one task at a time, whatever is in flight\n"
            "  fibers             M:N stackful fibers: goroutines, virtual threads, green\n"
            "                     threads\n"
            "                     library: Boost.Fiber 1.81; unit: fibers\n"
            "                     written for cbench: a scheduler (fibers:scheduling=shared\n"
            "                     runs the library's)\n"
            "                     settings: stack=16k, scheduling=stealing\n"
            "  pool               a fixed pool\n"
            "                     library: standard C++; unit: threads\n"
            "                     settings: threads=--workers\n"
            "  tbb                absent: TBB::tbb not found when this program was built\n"
            "\n"
            "Workloads (--workload NAME[,NAME...], --param NAME=VALUE)\n"
            "  noop               an empty task; 64 in flight\n"
            "  io                 a request over TCP; 1000 in flight\n"
            "                     delay=20ms  how long the peer takes to answer (duration)\n"
            "                     bytes=64    payload (size, 1 to 65536)\n"
            "\n"
            "cbench list NAME  shows one of them in detail, with an example\n");
}

TEST(list, keeps_within_any_width_that_holds_its_words) {
  for (const std::size_t width : {40U, 60U, 80U, 100U}) {
    const std::string text = list_text(model_rows, workload_rows, width, false);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      EXPECT_LE(end - begin, width) << text.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST(list, is_coloured_only_where_that_is_allowed) {
  EXPECT_FALSE(shows(list_text(model_rows, workload_rows, 80, false), "\x1b"));
  EXPECT_TRUE(shows(list_text(model_rows, workload_rows, 80, true), "\x1b[1mModels\x1b[0m"));
}

TEST(list, one_model_is_shown_with_its_settings_and_an_example) {
  EXPECT_EQ(detail("fibers"),
            "fibers: M:N stackful fibers: goroutines, virtual threads, green threads\n"
            "  library    Boost.Fiber 1.81\n"
            "  unit       fibers: what `units_created` on a record counts\n"
            "  ours       a scheduler\n"
            "  stock      --model 'fibers:scheduling=shared' runs what the library ships instead\n"
            "\n"
            "  Settings, as in --model 'fibers:stack=16k'\n"
            "    stack=16k            of a fiber (bytes)\n"
            "    scheduling=stealing  how workers share fibers (stealing or shared)\n"
            "\n"
            "  Example\n"
            "    cbench --model fibers:stack=16k --workload io\n");
  EXPECT_TRUE(shows(detail("sequential"), "settings   none\n"));
  EXPECT_TRUE(shows(detail("sequential"), "ours       nothing beyond the calls of its library\n"));
  EXPECT_TRUE(shows(detail("sequential"), "limits     runs one task at a time"));
}

TEST(list, an_example_holds_only_what_can_be_typed) {
  EXPECT_TRUE(
      shows(detail("pool"),
            "\n  Settings, as in --model 'pool:threads=VALUE'\n    threads=--workers  how many threads (a number)\n"));
  EXPECT_TRUE(shows(detail("pool"), "cbench --model pool --workload io\n"));
}

TEST(list, models_are_a_table_in_markdown) {
  EXPECT_EQ(
      list_markdown(model_rows),
      "| model | what it stands for | library | what cbench wrote of it | settings that run the library's |\n"
      "|---|---|---|---|---|\n"
      "| `sequential` | one task at a time | none |  |  |\n"
      "| `fibers` | M:N stackful fibers: goroutines, virtual threads, green threads | Boost.Fiber | a scheduler | "
      "`fibers:scheduling=shared` |\n"
      "| `pool` | a fixed pool | standard C++ |  |  |\n"
      "| `tbb` | absent: TBB::tbb not found when this program was built | | | |\n");
}

TEST(list, one_workload_is_shown_with_its_parameters_units_and_an_example) {
  EXPECT_EQ(detail("io"),
            "io: a request over TCP\n"
            "  in flight  1000 tasks where --concurrency is not given\n"
            "\n"
            "  Parameters, as in --param delay=20ms\n"
            "    delay=20ms  how long the peer takes to answer (duration)\n"
            "    bytes=64    payload (size, 1 to 65536)\n"
            "\n"
            "  Units\n"
            "    duration  5ms, 200us, 1.5s\n"
            "    size      64, 16k, 1M\n"
            "\n"
            "  Example\n"
            "    cbench --model fibers --workload io --param delay=20ms\n");
  EXPECT_TRUE(shows(detail("noop"), "parameters none\n"));
}

TEST(list, an_absent_model_says_why_and_what_to_do) {
  EXPECT_TRUE(shows(detail("tbb"), "why        TBB::tbb not found when this program was built"));
  EXPECT_TRUE(shows(detail("tbb"), "scripts/setup"));
  EXPECT_FALSE(shows(detail("tbb"), "Example"));
}

TEST(list, an_unknown_name_is_bad_usage) {
  for (const bool json : {false, true}) {
    try {
      json ? list_json("fibres", model_rows, workload_rows) : detail("fibres");
      FAIL() << "no UsageError";
    } catch (const UsageError& error) {
      EXPECT_STREQ(error.what(), "unknown model or workload \"fibres\"; did you mean fibers? `cbench list` has all.");
    }
  }
}

TEST(list, json_holds_the_same) {
  const auto json = nlohmann::json::parse(list_json("", model_rows, workload_rows));
  ASSERT_EQ(json["models"].size(), 4U);
  EXPECT_EQ(json["models"][0]["most_in_flight"], 1);
  EXPECT_EQ(json["models"][1]["settings"][0]["default"], "16k");
  EXPECT_EQ(json["models"][1]["present"], true);
  EXPECT_EQ(json["models"][3]["present"], false);
  EXPECT_EQ(json["models"][3]["absent"], tbb_row.absent);
  ASSERT_EQ(json["workloads"].size(), 2U);
  EXPECT_EQ(json["workloads"][1]["parameters"][1]["most"], 65536);
  EXPECT_FALSE(json["workloads"][1]["parameters"][0].contains("most"));
}

TEST(list, json_of_one_name_has_the_same_shape) {
  const auto json = nlohmann::json::parse(list_json("io", model_rows, workload_rows));
  EXPECT_TRUE(json["models"].empty());
  EXPECT_EQ(json["workloads"][0]["name"], "io");
}

TEST(list, the_rows_of_this_program_can_be_shown) {
  const std::vector<const ModelEntry*> models = catalogue().all();
  for (const ModelEntry* model : models) {
    EXPECT_TRUE(shows(detail_text(model->info.name, models, workloads(), 100, false), model->info.name));
  }
  for (const WorkloadInfo* workload : workloads()) {
    EXPECT_TRUE(shows(detail_text(workload->name, models, workloads(), 100, false), workload->name));
  }
}

}  // namespace
}  // namespace cbench
