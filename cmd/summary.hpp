// `cbench summary`: stored results once more, as a table or as the JSON that pictures are drawn from.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

void add_summary_command(CLI::App& app, int& exit_code);

}  // namespace cbench
