// What `cbench fit` takes from anybody's CSV; tests/cmd/fit_test.cpp has the rest of it.
#include "reports/files/points_csv.hpp"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

TEST(PointsCsv, semicolons_and_decimal_commas_are_read) {
  for (const std::string text :
       {"threads;tps\n1;1000,5\n2;1900,25\n", "1;1000,5\n2;1900,25\n", "threads\ttps\r\n1\t1000.5\r\n2\t1900.25\r\n"}) {
    const PointsFile file = points_of_csv(text, "x.csv");
    ASSERT_EQ(file.points.size(), 2U) << text;
    EXPECT_EQ(file.points[0].throughput_per_s, 1000.5);
    EXPECT_EQ(file.points[1].n, 2);
    EXPECT_EQ(file.points[1].throughput_per_s, 1900.25);
  }
}

TEST(PointsCsv, marks_between_thousands_are_an_error_with_its_place) {
  EXPECT_EQ(
      error_of([] { points_of_csv("n;tps\n1;1000,5\n2;1.900\n", "x.csv"); }),
      "x.csv:3: column 2 (tps): \"1.900\": the file has numbers with commas and with points; write decimals in one "
      "way, and thousands without a mark");
}

TEST(PointsCsv, what_is_no_text_is_an_error_that_names_the_file) {
  using namespace std::string_literals;
  EXPECT_EQ(error_of([] { is_results_header("n,\0\n"s, "x.csv"); }),
            "x.csv:1: column 2: a zero byte: this is not a text file");
}

}  // namespace
}  // namespace cbench
