// `cbench trial`: a trial of a native model, in a process of its own. It reads its order from standard input and says
// its events on descriptor 3 (docs/protocol.md), as a model in any other language does.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand; its callback sets `exit_code` to 0 for a trial that is ok, else to 1.
void add_trial_command(CLI::App& app, int& exit_code);

}  // namespace cbench
