// Numbers as people read them on a screen: three significant digits and the unit that fits. Files hold them in full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cbench {

std::string human_number(double value);                          // 0.42, 49.7, 984, 48.9k, 1.23M
std::string human_count(std::uint64_t value);                    // 1,000
std::string plural(std::uint64_t count, std::string_view noun);  // "1 worker", "1,000 workers"
std::string human_factor(double factor);                         // 1.95x, 12.3x, 1,003x
std::string human_us(double us);                                 // 850ns, 6.90us, 20.3ms, 1.50s
std::string human_bytes(double bytes);                           // 4.1MB, 84MB, powers of 1000
std::string human_percent(double fraction);                      // 98%, 0.6%
std::string percent_in_words(double fraction);                   // 98 %, 0.6 %: within a sentence

// "fibers", "fibers and pool", "fibers, pool and threads".
std::string human_list(const std::vector<std::string>& names);

}  // namespace cbench
