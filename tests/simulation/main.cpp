// The tables of docs/statistics.md: how often what cbench says of repetitions is right, where the truth is known
// because it was planted. Prints Markdown; the same on every machine.
//   build/release/bin/simulate            every table, which takes some minutes
//   build/release/bin/simulate intervals  the tables of one topic
#include <cstdio>
#include <string_view>

#include "tests/simulation/topics.hpp"

namespace {

struct Topic {
  std::string_view name;
  void (*print_tables)();
};

constexpr Topic topics[] = {
    {"comparison", cbench::simulation::comparison},
    {"noise_floor", cbench::simulation::noise_floor},
    {"intervals", cbench::simulation::intervals},
    {"precision", cbench::simulation::precision},
};

}  // namespace

int main(int count, char** arguments) {
  bool found = false;
  for (const Topic& topic : topics) {
    if (count > 1 && topic.name != arguments[1]) continue;
    topic.print_tables();
    found = true;
  }
  if (!found) std::fprintf(stderr, "simulate: no topic \"%s\"\n", arguments[1]);
  return found ? 0 : 2;
}
