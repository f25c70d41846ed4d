// `cbench capacity`: the highest rate that each model sustains under objectives on its response times.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback sets `exit_code` as `cbench run` does.
void add_capacity_command(CLI::App& app, int& exit_code);

}  // namespace cbench
