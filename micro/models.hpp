// What each model pays to start, hand over and lock, driven through the seam: tasks without work of their own.
#pragma once

#include <span>

#include "micro/benchmark.hpp"
#include "models/model.hpp"

namespace cbench::micro {

// Adds the benchmarks of every present model of the list, so that a new model needs no code here.
void add_models(Benchmarks& benchmarks, std::span<const ModelInfo* const> models, Counts workers);

}  // namespace cbench::micro
