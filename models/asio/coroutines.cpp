// A C++20 coroutine per task on Asio's loops: stackless async/await, as in Rust, Python, C# and Kotlin.
#include <memory>

#include <boost/version.hpp>

#include "models/asio/coroutine_tasks.hpp"
#include "models/asio/own_loop.hpp"
#include "models/asio/stock_loop.hpp"
#include "models/model.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr Setting settings[] = {
    {"context", "per-thread or shared", "per-thread",
     "a loop for each worker, on which its coroutines stay; or one loop that all workers run"},
    {"types", "own or asio", "own",
     "coroutine types, alarm and lock made for this; or awaitable, co_spawn, timers and channels as Asio ships them"},
};

struct Options {
  bool shared = false;
  bool stock = false;
};

// Whether the second of two words was given for the setting.
bool is_second(const Settings& settings_given, std::string_view setting, std::string_view first,
               std::string_view second) {
  const auto given = settings_given.find(setting);
  if (given == settings_given.end() || given->second == first) return false;
  if (given->second != second) throw unknown(setting, given->second, {std::string(first), std::string(second)});
  return true;
}

Options read_options(const Settings& given) {
  return {.shared = is_second(given, "context", "per-thread", "shared"),
          .stock = is_second(given, "types", "own", "asio")};
}

}  // namespace

extern const ModelInfo coroutines_model;
const ModelInfo coroutines_model{
    .name = "coroutines",
    .idiom = "stackless async/await, as in Rust, Python, C# and Kotlin",
    .library = "C++20, Boost.Asio",
    .version = BOOST_LIB_VERSION,
    .unit = "coroutines",
    .own =
        "the coroutine types, a cache for their frames, the lock that they await, and one timer of Asio's for all that "
        "sleep on a loop",
    .stock = "types=asio",
    .settings = settings,
    .check = [](const Settings& given) { read_options(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      const Options options = read_options(environment.settings);
      if (options.stock) return std::make_unique<CoroutineTasks<StockLoop>>(environment, options.shared);
      return std::make_unique<CoroutineTasks<OwnLoop>>(environment, options.shared);
    },
};

}  // namespace cbench
