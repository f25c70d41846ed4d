// Results as an HdrHistogram log, format 1.3: one line for each trial and kind of time (queueing, service, response),
// told apart by tags. HdrHistogram's tools and libraries in many languages read it; it cannot be read back.
#pragma once

#include <memory>
#include <string>

#include "reports/files/sink.hpp"

namespace cbench {

// Tags are cell_name(), the repetition and the kind: io/model=fibers/.../repetition=1/response. A line's interval is
// the trial's window, its maximum is in milliseconds, its histogram in nanoseconds. A trial that is not ok has a
// comment that says why, and no histogram that would be merged with those of the others.
std::unique_ptr<Sink> open_histogram_log(const std::string& path);

}  // namespace cbench
