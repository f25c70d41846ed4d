// `cbench convert`: results from one format into another.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

void add_convert_command(CLI::App& app, int& exit_code);

}  // namespace cbench
