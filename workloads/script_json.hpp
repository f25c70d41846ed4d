// Scripts as JSON: a list of steps, bodies within them (docs/protocol.md).
#pragma once

#include <stdexcept>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "workloads/script.hpp"

namespace cbench {

// A step that this program does not know, or a field of one: the trial is refused, nothing is run in its place.
class UnsupportedStep : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

nlohmann::ordered_json steps_to_json(Script script);

// Throws UnsupportedStep; std::runtime_error naming the place, after `where`, for what is no script at all.
Steps steps_from_json(const nlohmann::ordered_json& json, const std::string& where);

}  // namespace cbench
