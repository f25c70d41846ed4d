// `cbench advise`: which model to choose for a workload, in five sentences.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback sets `exit_code`: 0 where there is an answer, be it that it cannot be told; 1 where
// no model could be measured or a record is in no file; 128 and its number where a signal ended it.
void add_advise_command(CLI::App& app, int& exit_code);

}  // namespace cbench
