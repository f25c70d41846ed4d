// `cbench runtimes`: the runtimes of other languages, their tool chains, and their builds.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback sets `exit_code`: 1 where a build failed.
void add_runtimes_command(CLI::App& app, int& exit_code);

}  // namespace cbench
