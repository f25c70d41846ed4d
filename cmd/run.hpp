// `cbench run`, which is what `cbench` without a subcommand does: measures models on workloads and reports.
#pragma once

namespace CLI {
class App;
}

namespace cbench {

struct SweepArguments;

// The options that say what is measured and how; `cbench aa` takes them too.
void add_measuring_options(CLI::App& app, SweepArguments& arguments);

// Adds the subcommand. Its callback sets `exit_code`: 0 where every trial is ok and on file, 1 where one is not, 128
// and its number where a signal ended the run. Throws UsageError for bad input, std::runtime_error where a file cannot
// be written before anything is measured.
void add_run_command(CLI::App& app, int& exit_code);

}  // namespace cbench
