#include "record/comparability.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

#include "text/fitted.hpp"

namespace cbench {
namespace {

std::string kind_of_clock(const std::string& clock) { return clock.substr(0, clock.find(' ')); }

std::string libraries_text(const TextMap& libraries, const TextMap& others) {
  std::string text;
  for (const auto& [name, version] : libraries) {
    const auto other = others.find(name);
    if (other != others.end() && other->second == version) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, version);
  }
  return text.empty() ? "none of them" : text;
}

using Digests = std::map<std::uint64_t, std::set<std::uint64_t>>;  // by seed

Digests digests_of(std::span<const SeedDigest> trials) {
  Digests digests;
  for (const auto& [seed, digest] : trials) {
    if (digest != 0) digests[seed].insert(digest);
  }
  return digests;
}

std::set<std::uint64_t> all_of(const Digests& digests) {
  std::set<std::uint64_t> all;
  for (const auto& [seed, values] : digests) all.insert(values.begin(), values.end());
  return all;
}

}  // namespace

std::vector<FactDifference> differences(const HostFacts& base, const HostFacts& changed) {
  std::vector<FactDifference> found;
  const auto compare_text = [&](std::string_view fact, const std::string& a, const std::string& b) {
    if (a != b) found.push_back({std::string(fact), a, b});
  };
  const auto compare_number = [&](std::string_view fact, double a, double b, double tolerance = 0) {
    if (std::abs(a - b) > tolerance * std::max(std::abs(a), std::abs(b))) {
      found.push_back({std::string(fact), fmt::format("{:g}", a), fmt::format("{:g}", b)});
    }
  };
  compare_text("cpu_model", base.cpu_model, changed.cpu_model);
  compare_number("cpus_online", base.cpus_online, changed.cpus_online);
  compare_number("cpus_allowed", base.cpus_allowed, changed.cpus_allowed);
  compare_number("cpu_quota", base.cpu_quota, changed.cpu_quota);
  compare_number("memory_bytes", static_cast<double>(base.memory_bytes), static_cast<double>(changed.memory_bytes),
                 0.01);
  compare_text("kernel", base.kernel, changed.kernel);
  compare_text("governor", base.governor, changed.governor);
  compare_text("idle", base.idle, changed.idle);
  compare_number("peers", base.peers, changed.peers);
  compare_text("clock", kind_of_clock(base.clock), kind_of_clock(changed.clock));
  return found;
}

std::vector<FactDifference> differences(const BuildFacts& base, const BuildFacts& changed) {
  std::vector<FactDifference> found;
  const auto compare_text = [&](std::string_view fact, const std::string& a, const std::string& b) {
    if (a != b) found.push_back({std::string(fact), a, b});
  };
  compare_text("compiler", base.compiler, changed.compiler);
  compare_text("build_type", base.build_type, changed.build_type);
  compare_text("allocator", base.allocator, changed.allocator);
  compare_text("version", base.version, changed.version);
  if (base.libraries != changed.libraries) {
    found.push_back({"libraries", libraries_text(base.libraries, changed.libraries),
                     libraries_text(changed.libraries, base.libraries)});
  }
  return found;
}

std::vector<FactDifference> differences(const TrialRecord& base, const TrialRecord& changed) {
  std::vector<FactDifference> found = differences(base.host, changed.host);
  std::ranges::move(differences(base.build, changed.build), std::back_inserter(found));
  return found;
}

TextMap runtimes_of(const TrialRecord& record) {
  if (record.spec.runtime_name.empty()) return {};
  const auto text = [&](const char* key) {
    const auto found = record.runtime.find(key);
    return found == record.runtime.end() ? std::string() : found->second;
  };
  return {{record.spec.runtime_name, fmt::format("{} {}", text("name"), text("version"))}};
}

std::vector<std::string> fact_names() {
  return {"cpu_model", "cpus_online", "cpus_allowed", "cpu_quota",  "memory_bytes", "kernel",  "governor",  "idle",
          "peers",     "clock",       "compiler",     "build_type", "allocator",    "version", "libraries", "runtime"};
}

std::string text_of(const FactDifference& difference) {
  const auto side = [](const std::string& text) { return text.empty() ? std::string("none") : shortened(text, 40); };
  return fmt::format("{} {} -> {}", difference.fact, side(difference.base), side(difference.changed));
}

std::string work_differs(std::span<const SeedDigest> base, std::span<const SeedDigest> changed) {
  const Digests a = digests_of(base);
  const Digests b = digests_of(changed);
  bool seed_in_common = false;
  for (const auto& [seed, values] : a) {
    const auto other = b.find(seed);
    if (other == b.end()) continue;
    seed_in_common = true;
    if (other->second != values) {
      return fmt::format("the workload's digest differs for seed {}: not the same work", seed);
    }
  }
  // Digests that no seed changes are those of a workload that draws nothing.
  const std::set<std::uint64_t> all_a = all_of(a);
  const std::set<std::uint64_t> all_b = all_of(b);
  if (!seed_in_common && a.size() > 1 && b.size() > 1 && all_a.size() == 1 && all_b.size() == 1 && all_a != all_b) {
    return "the workload's digest differs: not the same work";
  }
  return "";
}

}  // namespace cbench
