// A model that never finishes: what the watchdog is there for.
#include <thread>

#include <unistd.h>

#include "tests/support/models/stamping_worker.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

std::uint64_t tasks_before(const Settings& settings) {
  const auto given = settings.find("after");
  return given == settings.end() ? 0 : parse_count(given->second, "after");
}

struct HangAfter {
  std::uint64_t tasks;
  void operator()(std::uint64_t number) const {
    while (number > tasks) pause();
  }
};

constexpr Setting settings[] = {{"after", "count", "0", "tasks that it finishes before it hangs"}};

}  // namespace

extern const ModelInfo hang_model;
const ModelInfo hang_model{
    .name = "hang",
    .idiom = "none: never finishes",
    .library = "none",
    .unit = "threads",
    .cannot = "does no step of any kind",
    .settings = settings,
    .check = [](const Settings& given) { tasks_before(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<StampingWorker<HangAfter>>(environment, HangAfter{tasks_before(environment.settings)});
    },
    .most_workers = 1,
};

}  // namespace cbench
