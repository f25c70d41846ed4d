// What the spec of a trial says of an open load beside what everybody asks of one (docs/protocol.md).
#pragma once

#include <chrono>
#include <cstdint>

#include "record/load_spec.hpp"
#include "text/json_fields.hpp"

namespace cbench {

struct OpenTerms {
  std::uint64_t seed_of_arrivals = 0;
  std::chrono::nanoseconds drain{};  // how long after the window those who wait are still given slots
};

// Into the member `load` of the spec, and out of it. Reading throws std::runtime_error, and UnsupportedStep where it
// asks for what no native model knows.
void add_open_load(const LoadSpec& spec, const OpenTerms& terms, Json& load);
OpenTerms read_open_load(const JsonFields& load, LoadSpec& spec);

}  // namespace cbench
