// Whether trials fail that did not fail before: a kind of regression of its own, which no number tells.
#pragma once

#include <cstddef>
#include <string>

#include "record/trial_record.hpp"

namespace cbench {

// How the trials of one cell ended. A trial that somebody interrupted is none of them.
struct TrialEnds {
  std::size_t ok = 0;          // measured: it may still have been overloaded
  std::size_t overloaded = 0;  // of these: an open load with which the model could not keep up
  std::size_t failed = 0;      // an error, a crash, a hang: what the model did
  std::size_t invalid = 0;     // the generator or the peer was the bottleneck: nothing was measured
  std::string first_failure;   // "failed: killed by signal 11"; of an invalid one where none failed

  void add(const TrialRecord& trial);
  std::size_t judged() const { return ok + failed; }
};

// Whether the changed side fails where the base did not, or so much more often that chance would bring it about in less
// than one of twenty comparisons (Fisher's exact test). Not to keep up with an open load is to fail, too: throughput
// hardly tells it. Near the limit chance decides whether a trial is overloaded: there, one is not enough.
bool fails_anew(const TrialEnds& base, const TrialEnds& changed);

// "8 of 10 trials failed in the other, none of 10 in the base; failed: killed by signal 11". Empty where none failed
// and none was overloaded.
std::string words_on(const TrialEnds& base, const TrialEnds& changed);

}  // namespace cbench
