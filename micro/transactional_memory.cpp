// g++'s transactional memory (-fgnu-tm, in software: no CPU of today helps). An operation moves one unit between two
// accounts inside a transaction.
#include <atomic>

#include <fmt/format.h>

#include "micro/benchmark.hpp"
#include "micro/team.hpp"
#include "system/cache_lines.hpp"

namespace cbench::micro {
namespace {

struct alignas(lines_apart) Accounts {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

[[gnu::noinline]] void move_one(Accounts& accounts) {
  __transaction_atomic {
    --accounts.from;
    ++accounts.to;
  }
}

Measurement move(std::uint32_t threads, std::uint64_t operations) {
  Accounts accounts{.from = operations};
  const Measurement measurement = run_team(threads, operations, [&](std::uint32_t, std::uint64_t share) {
    for (std::uint64_t i = 0; i < share; ++i) move_one(accounts);
  });
  check_count("what is left on one account", accounts.from, 0);
  check_count("what came to the other", accounts.to, operations);
  return measurement;
}

void add(Benchmarks& benchmarks, Counts counts) {
  for (const std::uint32_t threads : counts) {
    benchmarks.push_back({fmt::format("primitive/transactional_memory/threads:{}", threads), threads,
                          [threads](std::uint64_t operations) { return move(threads, operations); }});
  }
}

}  // namespace

extern const Family transactional_memory_family;
const Family transactional_memory_family{.name = "transactional_memory", .add = add};

}  // namespace cbench::micro
