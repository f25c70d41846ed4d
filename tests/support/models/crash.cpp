// A model that ends its process in the middle of a trial, in each of the ways in which that happens.
#include <csignal>
#include <cstdlib>

#include <unistd.h>

#include "tests/support/models/stamping_worker.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

enum class How : std::uint8_t { segv, abort, exit, throws };

struct CrashAfter {
  std::uint64_t tasks = 100;
  How how = How::segv;

  void operator()(std::uint64_t number) const {
    if (number <= tasks) return;
    switch (how) {
      case How::segv:
        std::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would turn it into an exit
        std::raise(SIGSEGV);
        break;
      case How::abort: std::abort();
      case How::exit: _exit(7);
      case How::throws: throw std::runtime_error("an error that nobody catches");
    }
  }
};

CrashAfter crash_of(const Settings& settings) {
  CrashAfter crash;
  if (const auto given = settings.find("after"); given != settings.end()) {
    crash.tasks = parse_count(given->second, "after");
  }
  if (const auto given = settings.find("how"); given != settings.end()) {
    if (given->second == "abort") {
      crash.how = How::abort;
    } else if (given->second == "exit") {
      crash.how = How::exit;
    } else if (given->second == "throw") {
      crash.how = How::throws;
    } else if (given->second != "segv") {
      throw unknown("way to crash", given->second, {"segv", "abort", "exit", "throw"});
    }
  }
  return crash;
}

constexpr Setting settings[] = {
    {"after", "count", "100", "tasks that it finishes before it crashes"},
    {"how", "segv, abort, exit or throw", "segv", "by which signal, by leaving with 7, or by an error nobody catches"},
};

}  // namespace

extern const ModelInfo crash_model;
const ModelInfo crash_model{
    .name = "crash",
    .idiom = "none: ends its process in the middle",
    .library = "none",
    .unit = "threads",
    .cannot = "does no step of any kind",
    .settings = settings,
    .check = [](const Settings& given) { crash_of(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<StampingWorker<CrashAfter>>(environment, crash_of(environment.settings));
    },
    .most_workers = 1,
};

}  // namespace cbench
