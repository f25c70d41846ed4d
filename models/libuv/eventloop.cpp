// Event loops, one thread each, with everything inline on them: Node.js, nginx, Redis.
#include <memory>

#include "models/libuv/uv_loop_threads.hpp"

namespace cbench {

extern const ModelInfo eventloop_model;
const ModelInfo eventloop_model{
    .name = "eventloop",
    .idiom = "an event loop per worker, everything inline on it, as in Node.js",
    .library = "libuv",
    .version = CBENCH_LIBRARY_VERSION,
    .unit = "callback chains",
    .cannot =
        "a computation keeps its loop from everything else; branches of a fan-out share the loop of their task, "
        "so that they wait at the same time but compute one after the other",
    .own =
        "a queue of callbacks whose turn it is, timers of nanoseconds on a timerfd (libuv counts milliseconds), "
        "sockets "
        "by sendmsg and recv on poll handles in place of libuv's streams, and locks between loops",
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<UvLoopThreads>(environment, environment.workers);
    },
};

}  // namespace cbench
