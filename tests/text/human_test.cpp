// Numbers as people read them.
#include "text/human.hpp"

#include <gtest/gtest.h>

namespace cbench {
namespace {

TEST(Human, three_digits_and_the_unit_that_fits) {
  EXPECT_EQ(human_number(0), "0.00");
  EXPECT_EQ(human_number(0.0049), "0.005");
  EXPECT_EQ(human_number(0.42), "0.42");
  EXPECT_EQ(human_number(49.7), "49.7");
  EXPECT_EQ(human_number(999.4), "999");
  EXPECT_EQ(human_number(999.6), "1.00k");
  EXPECT_EQ(human_number(48'900), "48.9k");
  EXPECT_EQ(human_number(1'234'567), "1.23M");
  EXPECT_EQ(human_factor(1.949), "1.95x");
  EXPECT_EQ(human_factor(12.3), "12.3x");
  EXPECT_EQ(human_factor(999.6), "1,000x");
  EXPECT_EQ(human_factor(1003.4), "1,003x");
  EXPECT_EQ(human_us(0), "0");
  EXPECT_EQ(human_us(0.171), "171ns");
  EXPECT_EQ(human_us(6.9), "6.90us");
  EXPECT_EQ(human_us(20'300), "20.3ms");
  EXPECT_EQ(human_us(999'900), "1.00s");
  EXPECT_EQ(human_bytes(512), "512B");
  EXPECT_EQ(human_bytes(4'100'000), "4.1MB");
  EXPECT_EQ(human_bytes(131'400'000), "131MB");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1'234'567), "1,234,567");
  EXPECT_EQ(human_percent(0.98), "98%");
  EXPECT_EQ(human_percent(0.006), "0.6%");
}

TEST(Human, plural_has_an_s_for_all_but_one) {
  EXPECT_EQ(plural(0, "trial"), "0 trials");
  EXPECT_EQ(plural(1, "trial"), "1 trial");
  EXPECT_EQ(plural(1'234'567, "trial"), "1,234,567 trials");
}

}  // namespace
}  // namespace cbench
