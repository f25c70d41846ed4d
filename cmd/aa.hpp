// `cbench aa`: measures every cell against itself, in sessions apart in time, and stores what this host makes of that
// as its noise floor.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace cbench {

struct NoiseFloor;

// Adds the subcommand. Its callback sets `exit_code` as `cbench run` does; a session is stored as soon as it ends, and
// none of which a trial is not ok.
void add_aa_command(CLI::App& app, int& exit_code);

// For a terminal: each cell and metric, with what two sessions of `repetitions`, and of ten, differ by.
std::string noise_floor_text(const NoiseFloor& floor, std::size_t repetitions);

}  // namespace cbench
