// What the tasks of one trial do: distinct scripts, the digest that each must return, and who runs which.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "workloads/script.hpp"

namespace cbench {

// Immutable. Scripts are kept once, however often they are drawn.
class Work {
 public:
  // One of the distinct scripts.
  struct Distinct {
    Steps steps;
    std::uint64_t expected = 0;  // the digest that it must return
    std::uint32_t of_class = 0;  // an index of classes()
  };

  // From scripts as they were drawn, with the class of each where there are classes. `order` holds indexes of
  // `scripts`, a turn each; where it is empty, each script has one turn. Throws UsageError where a script breaks the
  // rules of script.hpp. Runs every distinct kernel once, to know the digests.
  explicit Work(std::vector<Steps> scripts, std::vector<std::string> classes = {},
                const std::vector<std::uint32_t>& order = {});
  // As a spec names them; `order` holds indexes of `scripts`. Throws UsageError as above and where an index or a class
  // is out of bounds. Runs nothing: the digests are those given.
  Work(std::vector<Distinct> scripts, std::vector<std::string> classes, std::vector<std::uint32_t> order);

  // Which script a task runs: that of its turn, modulo turns().
  std::size_t turns() const { return order_.size(); }
  std::uint32_t script_of(std::size_t turn) const { return order_[turn]; }
  // Of the first task of a slot of a closed loop: slots begin at places spread evenly over the order, so that a short
  // trial meets all of it.
  std::uint64_t first_turn(std::uint64_t slot, std::uint64_t slots) const { return slot * turns() / slots; }

  std::size_t distinct() const { return scripts_.size(); }
  Script script(std::size_t index) const { return scripts_[index].steps; }
  std::uint64_t expected(std::size_t index) const { return scripts_[index].expected; }
  std::uint32_t class_of(std::size_t index) const { return scripts_[index].of_class; }
  const std::vector<std::string>& classes() const { return classes_; }  // at least one; "" where there is one kind
  const std::vector<std::uint32_t>& order() const { return order_; }

  std::uint32_t lanes() const { return lanes_; }  // connections per slot
  std::uint32_t locks() const { return locks_; }
  std::uint64_t digest() const;              // of the whole: the same for two equal lists of scripts
  std::chrono::nanoseconds waiting() const;  // mean over the turns of waiting_of
  StepCounts steps() const;                  // sum over the turns
  double requests_per_task() const;          // mean over the turns

 private:
  void check_and_count();

  std::vector<Distinct> scripts_;
  std::vector<std::string> classes_;
  std::vector<std::uint32_t> order_;
  std::uint32_t lanes_ = 0;
  std::uint32_t locks_ = 0;
};

}  // namespace cbench
