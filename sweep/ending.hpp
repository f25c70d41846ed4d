// How a command that runs many trials came to its end, beside what it found.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace cbench {

class Session;

// A base of what such commands return.
struct Ending {
  int interrupted = 0;                      // the signal that ended it; the last record is that of its trial; 0: none
  std::string broke_off;                    // what else ended it before its last trial; empty: nothing
  std::vector<std::string> write_failures;  // files that lack records: a sentence each

  bool was_cut_short() const { return interrupted != 0 || !broke_off.empty(); }
  // What is to be said of it beside the results.
  std::vector<std::string> troubles() const;
  // 0 where all was done and is on file, 1 where not, 128 and its number where a signal ended it.
  int exit_code(bool all_done) const;
};

// Runs `trials`, which run theirs in the session, and says how they came to their end. Blocks as long as they last.
// What they throw is the end of them, said beside what was measured; it is thrown on where not even one trial was.
void run_to_end(Session& session, const std::function<void()>& trials, Ending& ending);

}  // namespace cbench
