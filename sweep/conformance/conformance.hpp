// The contract of a model, native or of another runtime, held against it from outside: docs/protocol.md, promise by
// promise, with scripts drawn at random.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/text_map.hpp"
#include "sweep/catalogue/catalogue.hpp"

namespace cbench {

class Examiner;

enum class Compliance : std::uint8_t {
  kept,
  broken,
  refused,  // not asked, or in vain: the model says that it cannot do what the check needs
};

struct Finding {
  Compliance compliance = Compliance::kept;
  std::string words;  // what is broken or refused, or what was measured
  std::string line;   // the spec that shows it
};

// One promise of the protocol.
struct Check {
  std::string_view name;
  std::string_view promise;  // a sentence without its end
  Finding (*examine)(Examiner& examiner);
};

// In the order in which they are made. The first finds out which steps the model knows, and is always made.
std::span<const Check> checks();

struct CheckResult {
  const Check* check = nullptr;
  Finding finding;
  double took_s = 0;
};

struct CheckOptions {
  std::uint64_t seed = 1;
  std::vector<std::string> only;                        // names of checks; empty: all
  std::function<void(const CheckResult& result)> told;  // called after each
};

// Blocks for some seconds, most of which are the model's waits. Throws UsageError for a check that there is not.
std::vector<CheckResult> check_model(const ModelEntry& entry, const TextMap& settings, const CheckOptions& options);

}  // namespace cbench
