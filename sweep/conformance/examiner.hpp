// Asks a model for trials, as a sweep does, and says what of its answers breaks docs/protocol.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/peer_process.hpp"
#include "harness/trial.hpp"
#include "sweep/catalogue/catalogue.hpp"
#include "sweep/conformance/random_work.hpp"
#include "sweep/verdict/contradictions.hpp"
#include "text/json_text.hpp"

namespace cbench {

struct Question {
  std::vector<Steps> scripts;        // of one task after the other
  std::vector<std::string> classes;  // of each; empty: there is one kind
  LoadSpec load;
  std::uint32_t workers = 1;
  std::uint16_t peer_port = 0;              // 0: the true peer, where scripts make requests
  std::function<void(Json& spec)> alter{};  // changes what is said, where it is to be another spec
};

struct Answer {
  TrialSpec spec;
  KnownWork known;
  TrialOutcome outcome;
  std::optional<PeerCounts> peer;
  std::string line;  // the spec as it was said

  bool refused() const;         // the record says unsupported
  std::string refusal() const;  // why
  double makespan_s() const;    // of fixed work, by what the child says; 0 where it does not
};

class Examiner {
 public:
  // `model` as it is called on the command line, for what is said of it.
  Examiner(const ModelEntry& entry, TextMap settings, std::uint64_t seed);

  // Blocks for as long as the trial takes, a minute at most. Where Little's law refuses the times of a closed loop it
  // asks again, with a longer window; the answer is the last.
  Answer ask(const Question& question);
  // The same of a line that may be anything, which a sweep would never say.
  TrialOutcome say(const std::string& line);
  // A process that is told the spec and whose input ends as soon as it has said `event`: for how long it lived on, in
  // seconds, and what was wrong with its end. `line` is the spec as it was said.
  struct Ending {
    double lived_s = 0;
    std::string wrong;
    std::string line;
  };
  Ending end_input_after(const Question& question, const std::string& event);

  const ModelEntry& entry() const { return entry_; }
  Draws& draws() { return draws_; }
  std::uint32_t in_flight(std::uint32_t wanted) const { return std::min(wanted, entry_.info.most_in_flight); }
  std::uint32_t workers(std::uint32_t wanted) const { return std::min(wanted, entry_.info.most_workers); }

  // Found out before anything else is asked; what the model refuses is left out of all later scripts.
  KnownSteps known;
  bool knows_fixed = true;  // else closed loops take the place of fixed work

 private:
  TrialWatch watch(std::uint32_t workers) const;
  TrialOrder order_of(const Question& question);
  Answer answer_to(const Question& question, const TrialOrder& order);
  std::string line_of(const Question& question, const TrialOrder& order) const;

  const ModelEntry& entry_;
  TextMap settings_;
  Draws draws_;
  PeerProcess peer_;
};

// What breaks the protocol in a trial that ought to be ok: its status, what contradicts itself or the peer, times that
// Little's law refuses, classes that fixed work cannot have, processes left behind. Empty: nothing.
std::string wrong_in(const Answer& answer);

}  // namespace cbench
