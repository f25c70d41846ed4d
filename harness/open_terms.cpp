#include "harness/open_terms.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "workloads/script_json.hpp"

namespace cbench {
namespace {

// Whether it is the first of two words.
bool is_first(const JsonFields& load, std::string_view name, std::string_view first, std::string_view second) {
  const std::string word = load.text(name);
  if (word != first && word != second) throw UnsupportedStep(fmt::format("{} \"{}\"", load.path(name), word));
  return word == first;
}

}  // namespace

void add_open_load(const LoadSpec& spec, const OpenTerms& terms, Json& load) {
  load["rate_per_s"] = spec.rate_per_s;
  load["arrivals"] = spec.poisson ? "poisson" : "constant";
  load["late"] = spec.shed ? "shed" : "wait";
  load["seed_of_arrivals"] = fmt::format("{:016x}", terms.seed_of_arrivals);
  load["drain_ns"] = terms.drain.count();
}

OpenTerms read_open_load(const JsonFields& load, LoadSpec& spec) {
  spec.rate_per_s = load.number("rate_per_s");
  if (spec.rate_per_s <= 0) throw std::runtime_error(load.path("rate_per_s") + ": expected more than 0");
  spec.poisson = is_first(load, "arrivals", "poisson", "constant");
  spec.shed = is_first(load, "late", "shed", "wait");
  return {.seed_of_arrivals = load.hex("seed_of_arrivals"), .drain = load.time("drain_ns")};
}

}  // namespace cbench
