// The `complete` subcommand: what may follow on a command line. Shells call it, nobody types it.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

// Prints a candidate a line for the last of the words given, which are those after the program's name. Of models and
// workloads it knows the names; for files it prints nothing, so that the shell offers its own.
void add_complete_command(CLI::App& app);

}  // namespace cbench
