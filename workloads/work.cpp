#include "workloads/work.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "text/quantity.hpp"

namespace cbench {
namespace {

auto parts_of(const Step& step) {
  return std::tuple(step.kind, step.kernel, step.body, step.width, step.lanes, step.lock, step.bytes, step.amount,
                    step.time);
}

// Tells scripts of classes apart, in an order.
struct ScriptOrder {
  using Key = std::pair<std::string, Steps>;
  bool operator()(const Key& a, const Key& b) const {
    if (a.first != b.first) return a.first < b.first;
    return std::ranges::lexicographical_compare(a.second, b.second, {}, parts_of, parts_of);
  }
};

}  // namespace

Work::Work(std::vector<Steps> scripts, std::vector<std::string> classes, const std::vector<std::uint32_t>& order) {
  if (scripts.empty()) throw UsageError("a workload needs at least one script");
  classes.resize(scripts.size());
  std::map<ScriptOrder::Key, std::uint32_t, ScriptOrder> known;
  std::vector<std::uint32_t> kept;  // where each is among the distinct ones
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    const auto [place, is_new] =
        known.try_emplace({classes[i], scripts[i]}, static_cast<std::uint32_t>(scripts_.size()));
    kept.push_back(place->second);
    if (!is_new) continue;
    auto of_class = std::ranges::find(classes_, classes[i]);
    if (of_class == classes_.end()) of_class = classes_.insert(of_class, classes[i]);
    scripts_.push_back({std::move(scripts[i]), 0, static_cast<std::uint32_t>(of_class - classes_.begin())});
  }
  for (const std::uint32_t index : order) order_.push_back(kept.at(index));
  if (order.empty()) order_ = std::move(kept);
  check_and_count();
  for (Distinct& script : scripts_) script.expected = expected_digest(script.steps);
}

Work::Work(std::vector<Distinct> scripts, std::vector<std::string> classes, std::vector<std::uint32_t> order)
    : scripts_(std::move(scripts)), classes_(std::move(classes)), order_(std::move(order)) {
  if (scripts_.empty() || order_.empty()) throw UsageError("a trial needs at least one script and an order");
  if (classes_.empty()) classes_.emplace_back();
  for (const std::uint32_t index : order_) {
    if (index >= scripts_.size()) throw UsageError("the order names a script that is not there");
  }
  for (const Distinct& script : scripts_) {
    if (script.of_class >= classes_.size()) throw UsageError("a script has a class that is not there");
  }
  check_and_count();
}

void Work::check_and_count() {
  for (const Distinct& script : scripts_) {
    if (const auto defect = defect_of(script.steps); !defect.empty()) throw UsageError("bad script: " + defect);
    for (const Step& step : script.steps) {
      if (step.kind == StepKind::compute) prepare_kernel(step.kernel);
    }
    lanes_ = std::max(lanes_, lanes_of(script.steps));
    locks_ = std::max(locks_, locks_of(script.steps));
  }
}

std::uint64_t Work::digest() const {
  std::uint64_t digest = 0;
  for (const std::uint32_t index : order_) digest = fold(digest, scripts_[index].expected);
  return digest;
}

std::chrono::nanoseconds Work::waiting() const {
  std::chrono::nanoseconds total{};
  for (const std::uint32_t index : order_) total += waiting_of(scripts_[index].steps);
  return total / order_.size();
}

StepCounts Work::steps() const {
  StepCounts total;
  for (const std::uint32_t index : order_) {
    const StepCounts one = count_steps(scripts_[index].steps);
    total.computes += one.computes;
    total.waits += one.waits;
    total.requests += one.requests;
    total.criticals += one.criticals;
    total.branches += one.branches;
  }
  return total;
}

double Work::requests_per_task() const {
  return static_cast<double>(steps().requests) / static_cast<double>(order_.size());
}

}  // namespace cbench
