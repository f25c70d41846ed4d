// How long it takes to read a file of 100,000 rows: it should be well under a second.
#include <fstream>

#include <benchmark/benchmark.h>

#include "reports/files/csv.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"

namespace cbench {
namespace {

constexpr int row_count = 100'000;

void read_rows(benchmark::State& state) {
  const ScratchFolder folder;
  const std::string path = folder.path("r.csv");
  {
    std::ofstream file(path);
    const std::string row = csv_row(sample_record());
    file << csv_header() << '\n';
    for (int i = 0; i < row_count; ++i) file << row << '\n';
  }
  for (auto _ : state) benchmark::DoNotOptimize(read_csv(path));
  state.counters["rows"] = benchmark::Counter(row_count, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(read_rows)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cbench

BENCHMARK_MAIN();
