// `cbench curve`: response time against load of each model.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback sets `exit_code` as `cbench run` does.
void add_curve_command(CLI::App& app, int& exit_code);

}  // namespace cbench
