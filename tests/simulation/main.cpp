// simulate [--quick] [TOPIC...]: the tables of docs/statistics.md, in Markdown. The same tables each time: all seeds
// are fixed. --quick draws a tenth: for scripts/attacks, which looks for what is badly wrong.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include <fmt/format.h>

#include "tests/simulation/topics.hpp"

namespace {

struct Topic {
  std::string_view name;
  void (*simulate)();
};

constexpr std::array topics{
    Topic{"capacity", cbench::simulation::capacity},   Topic{"comparison", cbench::simulation::comparison},
    Topic{"intervals", cbench::simulation::intervals}, Topic{"laws", cbench::simulation::laws},
    Topic{"metg", cbench::simulation::metg},           Topic{"noise_floor", cbench::simulation::noise_floor},
    Topic{"precision", cbench::simulation::precision}, Topic{"steady_state", cbench::simulation::steady_state},
};

const Topic* find(std::string_view name) {
  const auto* found =
      std::find_if(topics.begin(), topics.end(), [&](const Topic& topic) { return topic.name == name; });
  return found == topics.end() ? nullptr : found;
}

bool is_quick = false;

}  // namespace

int cbench::simulation::draws(int all) { return is_quick ? all / 10 : all; }

int main(int count, char** arguments) {
  if (count > 1 && std::string_view(arguments[1]) == "--quick") {
    is_quick = true;
    --count;
    ++arguments;
  }
  for (int i = 1; i < count; ++i) {
    if (find(arguments[i]) != nullptr) continue;
    fmt::print(stderr, "simulate: there is no topic \"{}\"; it has:", arguments[i]);
    for (const Topic& topic : topics) fmt::print(stderr, " {}", topic.name);
    fmt::print(stderr, "\n");
    return 2;
  }
  for (int i = 1; i < count; ++i) find(arguments[i])->simulate();
  if (count == 1) std::for_each(topics.begin(), topics.end(), [](const Topic& topic) { topic.simulate(); });
  return 0;
}
