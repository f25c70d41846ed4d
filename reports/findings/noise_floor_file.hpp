// Where a noise floor is kept between runs, and read again.
#pragma once

#include <optional>
#include <string>

#include "reports/findings/noise_floor.hpp"

namespace cbench {

// $XDG_STATE_HOME/cbench/noise-floor.json, or below ~/.local/state. Empty where neither is set.
std::string noise_floor_path();

// Throws std::runtime_error: path and why. Makes the folder where it is missing.
void store_noise_floor(const NoiseFloor& floor, const std::string& path);

// Nothing where the file is missing, or of another host or program than `host`, or was written before sessions were
// told apart. Throws std::runtime_error where it is broken.
std::optional<NoiseFloor> load_noise_floor(const std::string& path, const HostFacts& host);

}  // namespace cbench
