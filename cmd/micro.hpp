// `cbench micro`: what each model and each primitive costs by itself, by Google Benchmark.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback sets `exit_code`: 0, or 1 where a benchmark's operations did not do what they
// promise. Throws UsageError for a bad flag and where no benchmark matches the filter.
void add_micro_command(CLI::App& app, int& exit_code);

}  // namespace cbench
