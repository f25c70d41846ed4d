// `cbench doctor`: what on this host will disturb a measurement, and how to change it.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "cmd/doctor/doctor_checks.hpp"

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback prints, and sets `exit_code` to 1 where something prevents measuring, else to 0.
void add_doctor_command(CLI::App& app, int& exit_code);

// What it prints: the worst first, in lines of at most `width` columns where no single word is longer.
std::string doctor_text(const HostFacts& facts, const BuildFacts& build, std::span<const Finding> findings,
                        std::size_t width, bool colour);

// The same for programs: whether measuring is possible, the host, and every finding with its remedy.
std::string doctor_json(const HostFacts& facts, const BuildFacts& build, std::span<const Finding> findings);

}  // namespace cbench
