// How tasks are brought to a model, and how long that is measured.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cbench {

enum class LoadKind : std::uint8_t {
  closed,  // `concurrency` tasks in flight; each that finishes brings the next
  fixed,   // `tasks` tasks in all, `concurrency` in flight; the result is the makespan
  open,    // tasks arrive at `rate_per_s` whatever the model does; `concurrency` is the most in flight
};
std::string_view name_of(LoadKind load);
std::optional<LoadKind> load_named(std::string_view name);

// Two trials under equal loads were asked the same. Members that mean nothing under `kind` must have their defaults:
// normalised() sees to that.
struct LoadSpec {
  LoadKind kind = LoadKind::closed;
  std::uint32_t concurrency = 1;
  std::uint64_t tasks = 0;  // fixed load
  double rate_per_s = 0;    // open load
  bool poisson = true;      // open load: Poisson arrivals, else equally spaced
  bool shed = false;        // open load: what arrives while all are in flight is dropped, else it waits
  std::chrono::nanoseconds warmup{};
  std::chrono::nanoseconds duration{};

  friend std::partial_ordering operator<=>(const LoadSpec&, const LoadSpec&) = default;
  friend bool operator==(const LoadSpec&, const LoadSpec&) = default;
};

// The same load, with what means nothing under its kind set back.
LoadSpec normalised(LoadSpec load);

// How many tasks can be in flight at once: as many as there are slots, but of fixed work no more than there are tasks.
std::uint32_t slots_in_use(const LoadSpec& load);

// How many tasks are brought, and how: "closed, 64 in flight", "fixed, 10,000 tasks, 64 in flight",
// "open, 5,000/s, at most 64 in flight".
// The times are left out.
std::string load_text(const LoadSpec& load);

}  // namespace cbench
