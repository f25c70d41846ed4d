// How each model is drawn, on paper, on screens and in terminals alike: the same colour everywhere, from a palette that
// readers tell apart whatever colours they see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/findings/cells/cells.hpp"

namespace cbench {

// A colour in the notations of its media.
struct Ink {
  std::string_view on_light;  // "#058FF3"
  std::string_view on_dark;
  std::uint8_t terminal;  // of the 256 colours of a terminal; 0: its own foreground
};

// What tells lines of one colour apart. `marker` is a shape, as in docs/summary.md.
struct Look {
  Ink ink;
  std::string_view dash;
  std::string_view marker;
};

// A model with its settings.
struct DrawnModel {
  std::string label;
  std::string model;
  TextMap settings;
  bool baseline = true;  // ran as the baseline alone
  Look look;
};

// The names of the models in the order of models/CMakeLists.txt, present or absent: generated from it.
std::span<const std::string_view> listed_models();

// The names of the models of each runtime of another language, in the order of models/CMakeLists.txt and of its
// manifest: generated from them.
std::span<const std::span<const std::string_view>> listed_runtimes();

// Of a runtime's model: the ink depends on the runtime and on the model's place in its manifest.
Look look_of_foreign(std::size_t runtime, std::size_t place, std::size_t variant);

// Of the model at that place of the list. Settings of one model are variants, which differ in dash and marker.
Look look_of_listed(std::size_t place, std::size_t variant);

// Of every label in the blocks, by name. The ink depends on the model alone: on its place in the list, or on its
// runtime.
std::vector<DrawnModel> drawn_models(const std::vector<const Block*>& blocks);

}  // namespace cbench
