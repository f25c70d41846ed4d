// Latch and barrier: threads that wait for one another. An operation is one meeting of all of them.
#include <atomic>
#include <barrier>
#include <deque>
#include <latch>
#include <vector>

#include <fmt/format.h>

#include "micro/benchmark.hpp"
#include "micro/team.hpp"
#include "system/cache_lines.hpp"

namespace cbench::micro {
namespace {

class Barrier {
 public:
  Barrier(std::uint32_t threads, std::uint64_t) : barrier_(threads) {}
  void meet(std::uint64_t) { barrier_.arrive_and_wait(); }

 private:
  std::barrier<> barrier_;
};

// A latch serves once: one for every meeting, made beforehand. They are 4 bytes each.
class Latches {
 public:
  Latches(std::uint32_t threads, std::uint64_t meetings) {
    for (std::uint64_t i = 0; i < meetings; ++i) latches_.emplace_back(threads);
  }
  void meet(std::uint64_t meeting) { latches_[meeting].arrive_and_wait(); }

 private:
  std::deque<std::latch> latches_;
};

template <class Means>
Measurement meet(std::uint32_t threads, std::uint64_t operations) {
  struct alignas(lines_apart) Progress {
    std::atomic<std::uint64_t> arrived{0};
  };
  Means means(threads, operations);
  std::vector<Progress> progress(threads);
  std::atomic<std::uint64_t> too_early{0};
  std::vector<Body> bodies;
  for (std::uint32_t thread = 0; thread < threads; ++thread) {
    bodies.emplace_back([&, thread] {
      const std::atomic<std::uint64_t>& neighbour = progress[(thread + 1) % threads].arrived;
      std::uint64_t early = 0;
      for (std::uint64_t meeting = 0; meeting < operations; ++meeting) {
        progress[thread].arrived.store(meeting + 1, std::memory_order_relaxed);
        means.meet(meeting);
        // Whoever is let go on knows what the others did before they came.
        if (neighbour.load(std::memory_order_relaxed) < meeting + 1) ++early;
      }
      too_early.fetch_add(early);
    });
  }
  const Measurement measurement = run_threads(bodies, Placement::unpinned);
  check_count("threads that went on before all were there", too_early, 0);
  return measurement;
}

void add(Benchmarks& benchmarks, Counts counts) {
  using Meet = Measurement (*)(std::uint32_t, std::uint64_t);
  constexpr std::pair<std::string_view, Meet> primitives[] = {{"latch", meet<Latches>}, {"barrier", meet<Barrier>}};
  for (const auto& [name, run] : primitives) {
    for (const std::uint32_t threads : counts) {
      benchmarks.push_back({fmt::format("primitive/{}/threads:{}", name, threads), threads,
                            [run, threads](std::uint64_t operations) { return run(threads, operations); }});
    }
  }
}

}  // namespace

extern const Family meeting_family;
const Family meeting_family{.name = "meeting", .add = add};

}  // namespace cbench::micro
