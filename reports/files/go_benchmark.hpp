// Results in the text format of Go's benchmarks (golang.org/design/14313-benchmark-format), which benchstat summarises
// and compares. It cannot be read back.
#pragma once

#include <memory>
#include <string>

#include "reports/files/sink.hpp"

namespace cbench {

// A line a trial: BenchmarkIo/model=fibers/.../workers=2/concurrency=1000, the tasks of the window, the time of the
// window for each (ns/op), tasks/s, CPU time, and percentiles of the three times. Repetitions have the same name. The
// processor is a configuration line: benchstat compares within one. A trial that is not ok is a comment.
std::unique_ptr<Sink> open_go_benchmark(const std::string& path);

}  // namespace cbench
