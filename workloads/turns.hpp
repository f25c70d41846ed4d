// What tasks take or ask for, turn by turn of the order of their scripts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "workloads/work.hpp"

namespace cbench {

// `value_of(index)` of the script of each turn, called once for each distinct script.
template <class ValueOf>
auto by_turn(const Work& work, ValueOf value_of) {
  using Value = std::invoke_result_t<ValueOf&, std::size_t>;
  std::vector<Value> of_scripts;
  for (std::size_t i = 0; i < work.distinct(); ++i) of_scripts.push_back(value_of(i));
  std::vector<Value> of_turns;
  for (const std::uint32_t script : work.order()) of_turns.push_back(of_scripts[script]);
  return of_turns;
}

}  // namespace cbench
