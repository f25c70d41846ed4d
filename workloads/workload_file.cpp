#include "workloads/workload_file.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include <fmt/format.h>

namespace cbench {
namespace {

// A spec goes through a pipe, to programs in any language: all scripts together have no more steps than that, about
// 300 kB, however many classes and distributions there are.
constexpr std::size_t most_drawn_steps = 6000;
constexpr std::size_t fewest_scripts = 50;  // of a class, all the same
constexpr std::size_t drawn_turns = 2000;   // of all classes together, at least, where anything is drawn
constexpr std::size_t turns_of_a_class = 100;
constexpr std::size_t most_turns = 10'000;  // but for what the weights ask

using Visit = std::function<void(const FileStep&)>;

// In preorder.
void each_step(const std::vector<FileStep>& steps, const Visit& visit) {
  for (const FileStep& step : steps) {
    visit(step);
    each_step(step.body, visit);
  }
}

std::size_t count_of(const std::vector<FileStep>& steps) {
  std::size_t count = 0;
  each_step(steps, [&](const FileStep&) { ++count; });
  return count;
}

// Every distribution of a class, in the order in which build() asks for them.
std::vector<const Distribution*> distributions_of(const FileClass& one) {
  std::vector<const Distribution*> found;
  each_step(one.steps, [&](const FileStep& step) {
    for (const Distribution* each : {&step.amount, &step.bytes, &step.time}) found.push_back(each);
  });
  return found;
}

// Connections that the step needs at once.
std::uint64_t lanes_of(const FileStep& step) {
  if (step.kind == StepKind::request) return 1;
  std::uint64_t most = 0;
  for (const FileStep& inner : step.body) most = std::max(most, lanes_of(inner));
  return step.kind == StepKind::fan_out ? step.width * most : most;
}

bool is_drawn(const FileClass& one) {
  return std::ranges::any_of(distributions_of(one), [](const Distribution* each) { return !each->is_constant(); });
}

std::vector<std::uint32_t> weights_of(const WorkloadFile& file) {
  std::vector<std::uint32_t> weights;
  for (const FileClass& one : file.classes) weights.push_back(one.weight);
  return weights;
}

std::size_t least_turns_of(const WorkloadFile& file) {
  if (std::ranges::none_of(file.classes, is_drawn)) return usual_turns;
  // The rarest class is to have its percentiles, too.
  const std::vector<std::uint32_t> weights = weights_of(file);
  const std::uint64_t sum = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  return std::clamp<std::size_t>(turns_of_a_class * sum / std::ranges::min(weights), drawn_turns, most_turns);
}

// One script of a class, from the values that were drawn for it.
class Builder {
 public:
  Builder(const std::vector<std::string>& locks, const std::vector<std::vector<std::uint64_t>>& drawn)
      : locks_(locks), drawn_(drawn) {}

  Steps build(const std::vector<FileStep>& steps, std::size_t script) {
    at_ = 0;
    return steps_of(steps, script);
  }

 private:
  Steps steps_of(const std::vector<FileStep>& steps, std::size_t script) {
    Steps out;
    for (const FileStep& step : steps) {
      const Steps one = step_of(step, script);
      out.insert(out.end(), one.begin(), one.end());
    }
    return out;
  }

  Steps step_of(const FileStep& step, std::size_t script) {
    const std::uint64_t amount = drawn_[at_++][script];
    const auto bytes = static_cast<std::uint32_t>(drawn_[at_++][script]);
    const std::chrono::nanoseconds time(static_cast<std::int64_t>(drawn_[at_++][script]));
    switch (step.kind) {
      case StepKind::compute: return compute(step.kernel, amount);
      case StepKind::wait: return wait(time);
      case StepKind::request: return request(bytes, time);
      case StepKind::critical: {
        const auto lock = std::ranges::find(locks_, step.lock) - locks_.begin();
        return critical(static_cast<std::uint32_t>(lock), steps_of(step.body, script));
      }
      case StepKind::fan_out: break;
    }
    return fan_out(step.width, steps_of(step.body, script));
  }

  const std::vector<std::string>& locks_;
  const std::vector<std::vector<std::uint64_t>>& drawn_;  // of each distribution, a value for each script
  std::size_t at_ = 0;
};

}  // namespace

std::vector<std::string> WorkloadFile::locks() const {
  std::vector<std::string> names;
  for (const FileClass& one : classes) {
    each_step(one.steps, [&](const FileStep& step) {
      const bool is_new = step.kind == StepKind::critical && std::ranges::find(names, step.lock) == names.end();
      if (is_new) names.push_back(step.lock);
    });
  }
  return names;
}

std::vector<TaskKind> kinds_of(const WorkloadFile& file, std::uint64_t seed) {
  const std::vector<std::size_t> turns = turns_of(weights_of(file), least_turns_of(file));
  const std::vector<std::string> locks = file.locks();
  std::vector<TaskKind> kinds;
  std::uint64_t random = seed;
  for (std::size_t i = 0; i < file.classes.size(); ++i) {
    const FileClass& one = file.classes[i];
    TaskKind& kind = kinds.emplace_back(TaskKind{.scripts = {}, .name = one.name, .weight = one.weight});
    std::size_t scripts = 1;
    if (is_drawn(one)) {
      const std::size_t room = most_drawn_steps / file.classes.size() / std::max<std::size_t>(1, count_of(one.steps));
      const std::size_t most = std::max(fewest_scripts, room);
      scripts = turns[i] / ((turns[i] + most - 1) / most);
    }
    std::vector<std::vector<std::uint64_t>> drawn;
    for (const Distribution* each : distributions_of(one)) {
      drawn.push_back(each->ranks(scripts));
      if (each->is_constant()) continue;
      random = mix64(random);
      mix_up(drawn.back(), random);
    }
    Builder builder(locks, drawn);
    for (std::size_t script = 0; script < scripts; ++script) kind.scripts.push_back(builder.build(one.steps, script));
  }
  return kinds;
}

Work draw_work(const WorkloadFile& file, std::uint64_t seed) {
  return work_of(kinds_of(file, seed), seed, least_turns_of(file));
}

std::string widest_fan_out_of(const WorkloadFile& file) {
  std::string widest;
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < file.classes.size(); ++i) {
    const FileClass& one = file.classes[i];
    const std::string steps = one.name.empty() ? "/steps" : fmt::format("/classes/{}/steps", i);
    for (std::size_t at = 0; at < one.steps.size(); ++at) {
      const std::uint64_t lanes = lanes_of(one.steps[at]);
      const FileStep* wide = &one.steps[at];
      if (lanes <= most) continue;
      // Where a lock is held around it, the fan-out is further in.
      std::string place = fmt::format("{}/{}", steps, at);
      while (wide->kind == StepKind::critical) {
        const auto inner = std::ranges::max_element(wide->body, {}, [](const FileStep& s) { return lanes_of(s); });
        place += fmt::format("/body/{}", inner - wide->body.begin());
        wide = &*inner;
      }
      if (wide->kind != StepKind::fan_out) continue;
      most = lanes;
      widest = place;
    }
  }
  return widest;
}

bool names_a_file(std::string_view name) { return name.ends_with(".json") || name.find('/') != std::string_view::npos; }

}  // namespace cbench
