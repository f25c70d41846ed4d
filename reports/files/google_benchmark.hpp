// Results as Google Benchmark's JSON, for its compare.py and for the dashboards that read it. It cannot be read back.
#pragma once

#include <memory>
#include <string>

#include "reports/files/sink.hpp"

namespace cbench {

// An entry of "benchmarks" for each trial that is ok, named by cell_name(): an iteration is a task, real_time the time
// of the window for each, threads the workers. Other trials are in "failed_trials": compare.py would take the times of
// an entry that says error_occurred for measurements. Entries that are there already stay, whoever wrote them.
std::unique_ptr<Sink> open_google_benchmark(const std::string& path);

}  // namespace cbench
