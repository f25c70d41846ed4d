// `cbench explain`: what a workload asks for, and which limits follow from that, before anything is measured.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback prints and sets `exit_code` to 0; it throws UsageError for a workload that there is
// not, or that is wrong.
void add_explain_command(CLI::App& app, int& exit_code);

}  // namespace cbench
