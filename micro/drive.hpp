// Google Benchmark over our benchmarks: it decides on how many operations, repeats, computes and reports; each run that
// it asks for is measured in a process of its own (isolate.hpp).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "micro/benchmark.hpp"

namespace cbench::micro {

// Those whose names the regular expression is found in (POSIX extended, as Google Benchmark reads it); "all" and ""
// for all, "-REGEX" for those that do not match. Throws UsageError where it is no regular expression.
Benchmarks matching(const Benchmarks& benchmarks, std::string_view filter);

// Checks flags of Google Benchmark ("--benchmark_repetitions=3") as far as it would not refuse a bad one itself. Throws
// UsageError.
void check_flags(const std::vector<std::string>& flags);

struct Failure {
  std::string name;
  std::string reason;
};

// Runs all of them under these flags and writes the report where they say, with `facts` (name -> text) above it. The
// process must have one thread. Returns those whose operations did not do what they promise, each once. Throws
// UsageError for a bad flag.
std::vector<Failure> drive(const Benchmarks& benchmarks, const std::vector<std::string>& flags,
                           const std::map<std::string, std::string>& facts = {});

}  // namespace cbench::micro
