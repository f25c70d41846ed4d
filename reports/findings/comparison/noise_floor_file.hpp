// Where a noise floor is kept between runs, and read again.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "reports/findings/comparison/noise_floor.hpp"

namespace cbench {

// $XDG_STATE_HOME/cbench/noise-floor.json, or below ~/.local/state. Empty where neither is set.
std::string noise_floor_path();

// What a file has for a host.
struct StoredNoiseFloor {
  std::optional<NoiseFloor> floor;  // nothing: there is no file, or it cannot be used
  std::string unusable;             // why: "they are of another host: kernel 6.1 -> 6.2"; empty where there is no file
};
// Throws std::runtime_error where it is broken.
StoredNoiseFloor read_noise_floor(const std::string& path, const HostFacts& host);

// Changes what the file has for the host, nothing at first, while nobody else does, and returns what it has then. A
// file and its folder are made where they are missing. Throws std::runtime_error (path and why) where that is not
// possible, and where the file has sessions that would be lost, unless they are to be forgotten.
enum class Stored : bool { kept, forgotten };
NoiseFloor update_noise_floor(const std::string& path, const HostFacts& host, Stored stored,
                              const std::function<void(NoiseFloor&)>& change);

// Nothing where the file is missing or cannot be used.
std::optional<NoiseFloor> load_noise_floor(const std::string& path, const HostFacts& host);

}  // namespace cbench
