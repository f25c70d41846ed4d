// `cbench aa`: measures every cell against itself, and stores what this host makes of that as its noise floor.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback sets `exit_code` as `cbench run` does; nothing is stored unless every trial is ok.
void add_aa_command(CLI::App& app, int& exit_code);

}  // namespace cbench
