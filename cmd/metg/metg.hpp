// `cbench metg`: the smallest task at which each model keeps a given efficiency.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback sets `exit_code` as `cbench run` does.
void add_metg_command(CLI::App& app, int& exit_code);

}  // namespace cbench
