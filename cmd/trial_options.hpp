// Options that commands which run trials have in common, in the same words everywhere.
#pragma once

#include <cstdint>
#include <string>

#include "sweep/plan/sweep_arguments.hpp"

namespace CLI {
class App;
}

namespace cbench {

// What is wrong with the text as a seed, which is a whole number from 0 on; empty: nothing.
std::string why_no_seed(const std::string& text);

void add_models_option(CLI::App& app, SweepArguments& run);        // --model, required
void add_one_workload_option(CLI::App& app, SweepArguments& run);  // --workload, required
void add_param_option(CLI::App& app, SweepArguments& run);         // --param, of that workload
void add_seed_option(CLI::App& app, std::uint64_t& seed, const std::string& about);
void add_record_option(CLI::App& app, SweepArguments& run);      // --output
void add_timeout_option(CLI::App& app, SweepArguments& run);     // --timeout
void add_keep_awake_option(CLI::App& app, SweepArguments& run);  // --keep-awake
void add_machine_options(CLI::App& app, SweepArguments& run);    // that, --max-memory, --peer-port

// Whether one of the outputs is standard output, where a table would then be in the way.
bool writes_to_stdout(const SweepArguments& run);

// Of a command that prints a table, or JSON where that is asked for: throws UsageError where both JSON and records
// would go to standard output, and where nothing that is measured would go anywhere.
void check_where_results_go(const SweepArguments& run, bool json);

}  // namespace cbench
