#include "reports/files/decimal_mark.hpp"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace cbench {
namespace {

TEST(DecimalMark, a_comma_is_a_decimal_mark_where_it_does_not_separate_fields) {
  DecimalMark semicolons(';');
  EXPECT_EQ(semicolons.with_point("1234,5"), "1234.5");
  EXPECT_EQ(semicolons.with_point("-0,5e3"), "-0.5e3");
  EXPECT_EQ(semicolons.with_point("17"), "17");
  EXPECT_EQ(DecimalMark(';').with_point("12.5"), "12.5");
  EXPECT_EQ(DecimalMark(',').with_point("1,2.3"), "1,2.3") << "nothing to do with it";
}

TEST(DecimalMark, what_may_part_thousands_is_refused) {
  EXPECT_THROW(DecimalMark(';').with_point("1.234,5"), std::runtime_error);
  DecimalMark commas(';');
  commas.with_point("0,5");
  EXPECT_THROW(commas.with_point("1.234"), std::runtime_error) << "1234, or a bit more than 1";
  DecimalMark points('\t');
  points.with_point("0.5");
  EXPECT_THROW(points.with_point("1,234"), std::runtime_error);
}

}  // namespace
}  // namespace cbench
