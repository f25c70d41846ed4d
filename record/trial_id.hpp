// The name that a trial has for life: two records with the same one are of the same trial, in whatever files they
// stand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cbench {

// 64 random bits from the kernel, as 16 hexadecimal digits: among a million trials, two with the same one come once in
// 37 million times. Not from the seed: a sweep that is run again has other trials.
std::string draw_trial_id();

bool is_trial_id(std::string_view text);
std::uint64_t number_of_trial_id(std::string_view id);  // its 64 bits

}  // namespace cbench
