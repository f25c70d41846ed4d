// What the harness itself costs each task: start + finish + record, on one thread and on two, in ns of CPU. The bar is
// 50 ns on one thread and 1.5 times that on two; scripts/bars reads it from here.
#include <memory>
#include <optional>
#include <vector>

#include <benchmark/benchmark.h>

#include "harness/load.hpp"

namespace cbench {
namespace {

const Work& noop() {
  static const Work work({Steps{}});
  return work;
}

// One load for all threads of a run; the threads work on slots of their own, as workers do.
class OneLoad {
 public:
  // Every thread calls it at the beginning of its run. The benchmark's own barrier stands before the loop.
  static void set_up(benchmark::State& state, std::uint64_t tasks) {
    if (state.thread_index() != 0) return;
    load = std::make_unique<Load>(noop(), 64, tasks);
    load->set_window(ticks::now(), UINT64_MAX);
  }
  static void tear_down(benchmark::State& state) {
    if (state.thread_index() == 0) load.reset();
  }
  static std::unique_ptr<Load> load;
};
std::unique_ptr<Load> OneLoad::load;

void start_finish_record(benchmark::State& state) {
  OneLoad::set_up(state, 0);
  std::optional<Task> task;
  for (auto _ : state) {
    if (!task) task = OneLoad::load->first(static_cast<std::uint32_t>(state.thread_index()));
    OneLoad::load->start(*task);
    task = OneLoad::load->finish(*task, 0);
  }
  OneLoad::tear_down(state);
}
BENCHMARK(start_finish_record)->Threads(1)->Threads(2);

// Slots change with every task, as they do on a worker with many in flight.
void start_finish_record_of_many_in_flight(benchmark::State& state) {
  OneLoad::set_up(state, 0);
  std::vector<Task> tasks;
  std::size_t at = 0;
  for (auto _ : state) {
    if (tasks.empty()) {
      for (std::uint32_t slot = 0; slot < 32; ++slot) {
        tasks.push_back(*OneLoad::load->first(static_cast<std::uint32_t>(state.thread_index()) * 32 + slot));
      }
    }
    Task& task = tasks[at++ % 32];
    OneLoad::load->start(task);
    task = *OneLoad::load->finish(task, 0);
  }
  OneLoad::tear_down(state);
}
BENCHMARK(start_finish_record_of_many_in_flight)->Threads(1)->Threads(2);

// What the parts cost.
void stamp_of_a_start(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ticks::now());
}
BENCHMARK(stamp_of_a_start);

void stamp_of_a_finish(benchmark::State& state) {
  for (auto _ : state) {
    const auto [at, cpu] = ticks::stamp();
    benchmark::DoNotOptimize(at);
    benchmark::DoNotOptimize(cpu);
  }
}
BENCHMARK(stamp_of_a_finish);

void clock_gettime_for_comparison(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ticks::from_kernel());
}
BENCHMARK(clock_gettime_for_comparison);

void record(benchmark::State& state) {
  Recorder recorder(2);
  std::uint64_t ns = 0;
  for (auto _ : state) {
    ns = (ns + 37) % 4000;
    const Recorder::Place place = recorder.place(0);
    recorder.count_finished(place);
    recorder.record(place, {.queueing_ns = ns, .service_ns = 2 * ns, .response_ns = 3 * ns});
  }
}
BENCHMARK(record);

}  // namespace
}  // namespace cbench

int main(int count, char** arguments) {
  cbench::ticks::calibrate();
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
