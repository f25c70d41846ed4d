#include "record/cell_key.hpp"

#include <string_view>

namespace cbench {

CellKey CellKey::on_workers(std::uint32_t count) const {
  CellKey other = *this;
  other.workers = count;
  return other;
}

CellKey cell_key(const TrialSpec& spec) {
  return {.work = {spec.workload, spec.parameters},
          .model = spec.model,
          .settings = spec.settings,
          .load = normalised(spec.load),
          .workers = spec.workers};
}

TrialKey trial_key(const TrialSpec& spec) { return {cell_key(spec), spec.repetition}; }

}  // namespace cbench

std::size_t std::hash<cbench::CellKey>::operator()(const cbench::CellKey& key) const noexcept {
  std::size_t sum = 0;
  const auto add = [&](std::size_t value) { sum = (sum ^ value) * 0x100000001b3ULL + 0x9e3779b97f4a7c15ULL; };
  const auto add_text = [&](std::string_view text) { add(std::hash<std::string_view>{}(text)); };
  const auto add_map = [&](const cbench::TextMap& map) {
    for (const auto& [name, value] : map) {
      add_text(name);
      add_text(value);
    }
  };
  add_text(key.work.workload);
  add_map(key.work.parameters);
  add_text(key.model);
  add_map(key.settings);
  add(static_cast<std::size_t>(key.load.kind));
  add(key.load.concurrency);
  add(key.load.tasks);
  add(std::hash<double>{}(key.load.rate_per_s));
  add(static_cast<std::size_t>(key.load.duration.count()));
  add(static_cast<std::size_t>(key.load.warmup.count()));
  add(key.workers);
  return sum;
}
