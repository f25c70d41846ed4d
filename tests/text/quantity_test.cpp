// Quantities as people write them, and what a person hears who wrote them wrongly.
#include "text/quantity.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace cbench {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

testing::AssertionResult holds(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << '"' << text << "\" does not hold \"" << part << '"';
}

template <class F>
std::string usage_error(F&& f) {
  try {
    f();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no UsageError";
}

std::string duration_error(std::string_view text) {
  return usage_error([&] { parse_duration(text, "--duration"); });
}

TEST(quantity, a_duration_is_read_in_every_unit) {
  EXPECT_EQ(parse_duration("250ns", ""), 250ns);
  EXPECT_EQ(parse_duration("200us", ""), 200us);
  EXPECT_EQ(parse_duration("200\u00b5s", ""), 200us);
  EXPECT_EQ(parse_duration("200\u03bcs", ""), 200us);
  EXPECT_EQ(parse_duration("5ms", ""), 5ms);
  EXPECT_EQ(parse_duration("5 ms", ""), 5ms);
  EXPECT_EQ(parse_duration("1.5s", ""), 1500ms);
  EXPECT_EQ(parse_duration(".5s", ""), 500ms);
  EXPECT_EQ(parse_duration("2min", ""), 2min);
  EXPECT_EQ(parse_duration("1h", ""), 1h);
  EXPECT_EQ(parse_duration("1_000ms", ""), 1s);
}

TEST(quantity, decimal_fractions_of_a_duration_lose_no_nanosecond) {
  EXPECT_EQ(parse_duration("1.1s", ""), 1'100'000'000ns);
  EXPECT_EQ(parse_duration("0.000000007s", ""), 7ns);
  EXPECT_EQ(parse_duration("0.3us", ""), 300ns);
}

TEST(quantity, only_zero_needs_no_unit_in_a_duration) {
  EXPECT_EQ(parse_duration("0", ""), 0ns);
  EXPECT_TRUE(holds(duration_error("5"), "--duration: \"5\" has no unit"));
  EXPECT_TRUE(holds(duration_error("5"), "as in 20ms"));
}

TEST(quantity, what_is_no_duration_is_refused_with_the_units_there_are) {
  for (const char* text :
       {"", " ", "ms", "fast", "5parsec", "5m", "1e", "0x10ms", "nan", "inf", "+5ms", "5ms5", "_5ms"}) {
    EXPECT_TRUE(holds(duration_error(text), "is not a duration with its unit (ns, us, ms, s, min, h)")) << text;
  }
  EXPECT_TRUE(holds(duration_error("-5ms"), "is negative"));
  EXPECT_TRUE(holds(duration_error("1e30h"), "is out of range"));
  EXPECT_TRUE(holds(duration_error("1e999999s"), "is out of range"));
  EXPECT_TRUE(holds(duration_error("0.1ns"), "is shorter than a nanosecond"));
}

TEST(quantity, sizes_count_in_powers_of_1024) {
  EXPECT_EQ(parse_size("64", ""), 64U);
  EXPECT_EQ(parse_size("64B", ""), 64U);
  EXPECT_EQ(parse_size("16k", ""), 16U * 1024);
  EXPECT_EQ(parse_size("16KiB", ""), 16U * 1024);
  EXPECT_EQ(parse_size("1.5k", ""), 1536U);
  EXPECT_EQ(parse_size("1M", ""), 1024U * 1024);
  EXPECT_EQ(parse_size("2GiB", ""), 2ULL << 30U);
  EXPECT_TRUE(holds(usage_error([] { parse_size("1.3B", "bytes"); }), "bytes: \"1.3B\" is not whole"));
  EXPECT_TRUE(holds(usage_error([] { parse_size("1X", "bytes"); }), "is not a size in bytes"));
}

TEST(quantity, counts_come_in_powers_of_1000) {
  EXPECT_EQ(parse_count("20000", ""), 20000U);
  EXPECT_EQ(parse_count("20_000", ""), 20000U);
  EXPECT_EQ(parse_count("1e6", ""), 1'000'000U);
  EXPECT_EQ(parse_count("10k", ""), 10'000U);
  EXPECT_EQ(parse_count("0.1k", ""), 100U);
  EXPECT_EQ(parse_count("1M", ""), 1'000'000U);
  EXPECT_EQ(parse_count("0", ""), 0U);
}

TEST(quantity, the_largest_count_is_exact_and_one_more_is_refused) {
  EXPECT_EQ(parse_count("18446744073709551615", ""), UINT64_MAX);
  EXPECT_EQ(parse_count("9007199254740993", ""), 9007199254740993U);
  EXPECT_TRUE(holds(usage_error([] { parse_count("18446744073709551616", "n"); }), "is out of range"));
}

TEST(quantity, what_is_no_count_is_refused) {
  const auto error = [](std::string_view text) { return usage_error([&] { parse_count(text, "--workers"); }); };
  EXPECT_TRUE(holds(error("2.5"), "--workers: \"2.5\" is not whole"));
  EXPECT_TRUE(holds(error("1000000000000.5"), "is not whole"));
  EXPECT_TRUE(holds(error("-1"), "is negative"));
  EXPECT_TRUE(holds(error("many"), "is not a whole number"));
  EXPECT_TRUE(holds(error("5ms"), "is not a whole number"));
  EXPECT_TRUE(holds(error("20__000"), "is not a whole number"));
}

TEST(quantity, a_fraction_lies_between_0_and_1) {
  EXPECT_DOUBLE_EQ(parse_fraction("0.1", ""), 0.1);
  EXPECT_DOUBLE_EQ(parse_fraction("10%", ""), 0.1);
  EXPECT_DOUBLE_EQ(parse_fraction("1", ""), 1);
  EXPECT_DOUBLE_EQ(parse_fraction("100%", ""), 1);
  EXPECT_DOUBLE_EQ(parse_fraction("0", ""), 0);
  const auto error = [](std::string_view text) { return usage_error([&] { parse_fraction(text, "serial"); }); };
  EXPECT_TRUE(holds(error("1.01"), "serial: \"1.01\" is above 1"));
  EXPECT_TRUE(holds(error("101%"), "is above 1"));
  EXPECT_TRUE(holds(error("-0.1"), "is negative"));
  EXPECT_TRUE(holds(error("10s"), "is not a fraction"));
}

TEST(quantity, a_duration_is_written_in_the_unit_that_reads_best) {
  EXPECT_EQ(format_duration(0ns), "0s");
  EXPECT_EQ(format_duration(7ns), "7ns");
  EXPECT_EQ(format_duration(250us), "250us");
  EXPECT_EQ(format_duration(1500ms), "1.5s");
  EXPECT_EQ(format_duration(20ms), "20ms");
  EXPECT_EQ(format_duration(1'234'567ns), "1.235ms");
  EXPECT_EQ(format_duration(100s), "100s");
  EXPECT_EQ(format_duration(60s), "1min");
  EXPECT_EQ(format_duration(90s), "1.5min");
  EXPECT_EQ(format_duration(2h), "2h");
  EXPECT_EQ(format_duration(-5ms), "-5ms");
}

TEST(quantity, rounding_up_reaches_the_next_unit) {
  EXPECT_EQ(format_duration(999'999'600ns), "1s");
  EXPECT_EQ(format_duration(999'600us), "999.6ms");
  EXPECT_EQ(format_duration(999ns), "999ns");
}

TEST(quantity, what_format_duration_writes_parse_duration_reads) {
  for (const auto time : {0ns, 1ns, 999ns, 1'001ns, 50'000ns, 20'000'000ns, 61'000'000'000ns, 5'400'000'000'000ns}) {
    EXPECT_EQ(parse_duration(format_duration(time), ""), time) << format_duration(time);
  }
}

const Names models{"sequential", "threads",           "pool",       "tbb",    "fibers",    "csp",
                   "eventloop",  "eventloop-offload", "coroutines", "actors", "processes", "cluster"};

TEST(quantity, a_mistyped_name_finds_its_neighbours_best_first) {
  EXPECT_EQ(nearest("fibres", models), (Names{"fibers"}));
  EXPECT_EQ(nearest("FIBERS", models), (Names{"fibers"}));
  EXPECT_EQ(nearest("thread", models), (Names{"threads"}));
  EXPECT_EQ(nearest("event", models), (Names{"eventloop", "eventloop-offload"}));
  EXPECT_EQ(nearest("opol", models), (Names{"pool"}));
  EXPECT_EQ(nearest("io", {"cpu", "io", "mixed"}), (Names{"io"}));
  EXPECT_EQ(nearest("ab1", {"ab2", "ab3", "ab4", "ab1"}), (Names{"ab1", "ab2", "ab3"}));
}

TEST(quantity, a_name_unlike_all_others_finds_none) {
  EXPECT_EQ(nearest("banana", models), Names{});
  EXPECT_EQ(nearest("faxors", models), Names{});  // three letters of six
  EXPECT_EQ(nearest("x", {"a", "b"}), Names{});
  EXPECT_EQ(nearest("", {"a"}), Names{});
}

TEST(quantity, an_unknown_name_is_answered_with_what_there_is) {
  EXPECT_STREQ(unknown("model", "fibres", {"pool", "fibers"}).what(),
               "unknown model \"fibres\"; did you mean fibers? Known: pool, fibers");
  EXPECT_STREQ(unknown("model", "event", {"eventloop", "eventloop2", "events"}).what(),
               "unknown model \"event\"; did you mean eventloop, eventloop2 or events? Known: eventloop, eventloop2, "
               "events");
  EXPECT_STREQ(unknown("workload", "banana", {"cpu", "io"}).what(), "unknown workload \"banana\". Known: cpu, io");
  EXPECT_STREQ(unknown("parameter", "n", {}).what(), "unknown parameter \"n\"; there is none to choose");
}

}  // namespace
}  // namespace cbench
