// `cbench check-model`: holds one model against the protocol, promise by promise.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback sets `exit_code`: 1 where a promise is broken.
void add_check_model_command(CLI::App& app, int& exit_code);

}  // namespace cbench
