// What the contract suite is run over: every model of the list that is present, and each of them again with every
// choice that one of its settings offers. A new model, or a new choice, needs no test code.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "models/model.hpp"

namespace cbench::contract_tests {

struct Candidate {
  const ModelInfo* info = nullptr;
  std::map<std::string, std::string, std::less<>> settings;

  // As on the command line: "fibers", "fibers:sched=shared-work". GoogleTest prints it as part of the test's name.
  std::string name() const;
};
std::ostream& operator<<(std::ostream& out, const Candidate& candidate);

std::vector<Candidate> candidates();

// What a setting's `values` lists where it lists words ("a, b or c"); nothing where it names a kind of value ("bytes").
std::vector<std::string> choices_of(const Setting& setting);

}  // namespace cbench::contract_tests
