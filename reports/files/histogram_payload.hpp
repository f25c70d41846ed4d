// Histograms as HdrHistogram's tools exchange them: its V2 encoding, compressed with zlib, as base64.
#pragma once

#include <string>

#include "record/histogram.hpp"

namespace cbench {

std::string histogram_payload(const Histogram& histogram);

}  // namespace cbench
