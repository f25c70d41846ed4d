// `cbench plot`: results as charts in the terminal.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

void add_plot_command(CLI::App& app, int& exit_code);

}  // namespace cbench
