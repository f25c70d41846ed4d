// An answer of `cbench advise` for people and for programs.
#pragma once

#include <cstddef>
#include <string>

#include "cmd/advise/advice_run.hpp"

namespace cbench {

// The sentences, and under them the table that they rest on; lines of at most `width` columns.
std::string advice_text(const AdviceResult& result, std::size_t width, bool colour);

std::string advice_json(const AdviceResult& result);

}  // namespace cbench
