// What tests say of texts, with a message that shows the text where it does not hold.
#pragma once

#include <string_view>

#include <gtest/gtest.h>

namespace cbench {

inline ::testing::AssertionResult has(std::string_view text, std::string_view part) {
  if (text.find(part) != std::string_view::npos)
    return ::testing::AssertionSuccess() << '"' << part << "\" is in\n" << text;
  return ::testing::AssertionFailure() << '"' << part << "\" is not in\n" << text;
}

inline ::testing::AssertionResult begins(std::string_view text, std::string_view start) {
  if (text.starts_with(start)) return ::testing::AssertionSuccess() << '"' << start << "\" begins\n" << text;
  return ::testing::AssertionFailure() << '"' << start << "\" does not begin\n" << text;
}

}  // namespace cbench
