// Reading quantities with units as people write them (5ms, 64k, 1e6, 10%), and writing them back.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cbench {

// Bad input by the person at the command line: `main` prints it and exits with 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// "5ms", "200us", "1.5s", "2min", "1h", "250ns"; "0" needs no unit. Throws UsageError naming `what` otherwise.
std::chrono::nanoseconds parse_duration(std::string_view text, std::string_view what);

// "64", "64B", "16k", "16KiB", "1M", "2GiB": powers of 1024. Throws UsageError naming `what` otherwise.
std::uint64_t parse_size(std::string_view text, std::string_view what);

// "20000", "20_000", "1e6", "10k", "1M" (powers of 1000). Whole and not negative. Throws UsageError otherwise.
std::uint64_t parse_count(std::string_view text, std::string_view what);

// "0.1" or "10%". Throws UsageError where it is not between 0 and 1.
double parse_fraction(std::string_view text, std::string_view what);

// "20ms", "1.5s", "250us": at most three digits after the point, the unit that reads best.
std::string format_duration(std::chrono::nanoseconds time);

// The names nearest to a mistyped one, best first, at most three; empty where none is near.
std::vector<std::string> nearest(std::string_view name, const std::vector<std::string>& known);

// `unknown model "fibres"; did you mean fibers? Known: ...`
UsageError unknown(std::string_view kind, std::string_view name, const std::vector<std::string>& known);

}  // namespace cbench
