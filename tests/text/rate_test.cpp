#include "text/rate.hpp"

#include <string>

#include <gtest/gtest.h>

#include "text/quantity.hpp"

namespace cbench {
namespace {

TEST(rate, is_read_as_people_write_it) {
  EXPECT_EQ(parse_rate("5000", ""), 5000);
  EXPECT_EQ(parse_rate("5000/s", ""), 5000);
  EXPECT_EQ(parse_rate("20k", ""), 20'000);
  EXPECT_EQ(parse_rate("20K/s", ""), 20'000);
  EXPECT_EQ(parse_rate("1.5M/s", ""), 1'500'000);
  EXPECT_EQ(parse_rate("0.5/s", ""), 0.5);
  EXPECT_EQ(parse_rate("1e4", ""), 10'000);
}

TEST(rate, is_refused_where_it_is_none) {
  for (const char* text :
       {"", "k", "/s", "fast", "5/min", "5 /s", "20kk", "nan", "inf", "-1", "-5k/s", "0", "0/s", "5/s/s"}) {
    EXPECT_THROW(parse_rate(text, "--rate"), UsageError) << text;
  }
}

}  // namespace
}  // namespace cbench
