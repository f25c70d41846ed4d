// The same event loop, with long computations on libuv's thread pool: what Node.js does with what would block its loop.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "models/libuv/uv_loop_threads.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr std::uint32_t most_pool_threads = 1024;  // libuv's own limit
constexpr std::uint32_t most_loops = 1024;

// libuv has one thread pool a process. It is sized from the environment when it is first used and lives as long as the
// process does, so that a second model in the same process can only have one of the same size.
void size_thread_pool(std::uint32_t threads) {
  static std::atomic<std::uint32_t> size{0};
  std::uint32_t before = 0;
  if (size.compare_exchange_strong(before, threads)) {
    setenv("UV_THREADPOOL_SIZE", std::to_string(threads).c_str(), 1);
  } else if (before != threads) {
    throw std::runtime_error(
        fmt::format("libuv's thread pool has {} threads already and cannot be given {}: it is made "
                    "once a process",
                    before, threads));
  }
}

constexpr Setting settings[] = {
    {"loops", "count", "1", "event loops, a thread each, beside the --workers threads of the pool"},
    {"inline", "duration", "50us",
     "computations that took less than this before stay on the loop, as nobody would send those away; 0 sends all"},
};

struct Options {
  std::uint32_t loops = 1;
  std::chrono::nanoseconds offload_from = std::chrono::microseconds(50);
};

Options read_options(const Settings& settings_given) {
  Options options;
  if (const auto given = settings_given.find("loops"); given != settings_given.end()) {
    const std::uint64_t loops = parse_count(given->second, "loops");
    if (loops == 0 || loops > most_loops) throw UsageError(fmt::format("loops must be from 1 to {}", most_loops));
    options.loops = static_cast<std::uint32_t>(loops);
  }
  if (const auto given = settings_given.find("inline"); given != settings_given.end()) {
    options.offload_from = parse_duration(given->second, "inline");
  }
  return options;
}

}  // namespace

extern const ModelInfo eventloop_offload_model;
const ModelInfo eventloop_offload_model{
    .name = "eventloop-offload",
    .idiom = "an event loop for I/O, long computations on a thread pool, as in Node.js with worker threads",
    .library = "libuv",
    .version = CBENCH_LIBRARY_VERSION,
    .unit = "callback chains and requests to the pool",
    .cannot =
        "long computations queue for the pool in the order in which they come; the threads of libuv's pool end "
        "with the process",
    .own =
        "what `eventloop` has of its own, and the choice of what goes to libuv's thread pool: what took long the last "
        "time",
    .settings = settings,
    .check = [](const Settings& given) { read_options(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      const Options options = read_options(environment.settings);
      size_thread_pool(environment.workers);
      return std::make_unique<UvLoopThreads>(environment, options.loops, options.offload_from);
    },
    .most_workers = most_pool_threads,
};

}  // namespace cbench
