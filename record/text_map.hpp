// Names and their values as text, in the order of the names: settings of a model, parameters of a workload, versions.
#pragma once

#include <map>
#include <string>

namespace cbench {

using TextMap = std::map<std::string, std::string, std::less<>>;

}  // namespace cbench
