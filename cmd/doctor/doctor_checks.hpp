// What on this host disturbs a measurement: one check for each thing that is known to, over evidence gathered first.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/doctor/evidence.hpp"

namespace cbench {

enum class Severity : std::uint8_t {
  ok,
  note,     // know it when you read the numbers
  warning,  // the numbers will suffer
  error,    // nothing can be measured
};
std::string_view name_of(Severity severity);

struct Finding {
  Severity severity = Severity::ok;
  std::string_view subject;  // a word or two
  std::string meaning;       // what is so, and what it does to a measurement
  std::string remedy;        // how to change it; empty where there is nothing to change
};

// Takes about half a second, in which other programs are watched. Calibrates the clock.
Evidence gather_evidence(const std::filesystem::path& root = "/");

// In the order in which they are judged; what does not exist on this host is left out.
std::vector<Finding> examine(const Evidence& evidence);

// The part of it that asks what the largest runs need.
std::vector<Finding> examine_limits(const Evidence& evidence);

}  // namespace cbench
