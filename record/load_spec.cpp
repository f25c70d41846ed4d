#include "record/load_spec.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "text/human.hpp"

namespace cbench {
namespace {

constexpr std::array<std::pair<LoadKind, std::string_view>, 3> loads{{
    {LoadKind::closed, "closed"},
    {LoadKind::fixed, "fixed"},
    {LoadKind::open, "open"},
}};

}  // namespace

std::string_view name_of(LoadKind load) {
  for (const auto& [known, name] : loads) {
    if (known == load) return name;
  }
  return "unknown";
}

std::optional<LoadKind> load_named(std::string_view name) {
  for (const auto& [load, known] : loads) {
    if (known == name) return load;
  }
  return std::nullopt;
}

LoadSpec normalised(LoadSpec load) {
  const LoadSpec defaults;
  if (load.kind != LoadKind::fixed) load.tasks = defaults.tasks;
  if (load.kind != LoadKind::open) {
    load.rate_per_s = defaults.rate_per_s;
    load.poisson = defaults.poisson;
    load.shed = defaults.shed;
  }
  if (load.kind == LoadKind::fixed) {
    load.warmup = defaults.warmup;
    load.duration = defaults.duration;
  }
  return load;
}

std::uint32_t slots_in_use(const LoadSpec& load) {
  if (load.kind != LoadKind::fixed) return load.concurrency;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(load.concurrency, load.tasks));
}

std::string load_text(const LoadSpec& load) {
  const std::string in_flight = fmt::format("{} in flight", human_count(load.concurrency));
  if (load.kind == LoadKind::fixed) return fmt::format("fixed, {}, {}", plural(load.tasks, "task"), in_flight);
  if (load.kind == LoadKind::open) {
    return fmt::format("open, {}/s{}, at most {}{}", human_number(load.rate_per_s),
                       load.poisson ? "" : " equally spaced", in_flight, load.shed ? ", late ones shed" : "");
  }
  return "closed, " + in_flight;
}

}  // namespace cbench
