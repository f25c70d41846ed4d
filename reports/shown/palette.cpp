#include "reports/shown/palette.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace cbench {
namespace {

constexpr Ink unknown{"#808890", "#808890", 102};  // of models that this list does not know

constexpr std::array<std::string_view, 4> dashes{"solid", "dashed", "dotted", "dashdot"};
constexpr std::array<std::string_view, 8> markers{"circle", "square", "triangle", "diamond",
                                                  "cross",  "plus",   "star",     "pentagon"};

struct Entry {
  std::string_view model;
  Ink ink;
  std::size_t dash;  // into dashes and markers
};

// Every model its own colour, kin of one hue. Chosen together: for readers without red, green or blue cones, too, any
// two of them differ clearly (tests/plots holds that), and all can be seen on white and on black.
constexpr std::array table{
    Entry{"sequential", {"#000000", "#FFFFFF", 0}, 0},
    Entry{"threads", {"#FF8709", "#FF8709", 208}, 0},
    Entry{"pool", {"#CE5B0A", "#CE5B0A", 166}, 1},
    Entry{"tbb", {"#914614", "#914614", 94}, 2},
    Entry{"processes", {"#E09CBD", "#E09CBD", 181}, 3},
    Entry{"fibers", {"#058FF3", "#058FF3", 33}, 0},
    Entry{"csp", {"#3ABEFD", "#3ABEFD", 75}, 1},
    Entry{"eventloop", {"#0E9150", "#0E9150", 29}, 0},
    Entry{"eventloop-offload", {"#86AF75", "#86AF75", 108}, 1},
    Entry{"cluster", {"#3D645D", "#3D645D", 240}, 2},
    Entry{"coroutines", {"#AB46B0", "#AB46B0", 133}, 4},
    Entry{"actors", {"#7037E3", "#7037E3", 62}, 5},
};

Look look_of(const std::string& model, std::size_t variant) {
  const auto* entry = std::ranges::find(table, model, &Entry::model);
  const bool known = entry != table.end();
  // Not from the order of what happens to be in the results: others must not change a model's look.
  std::size_t first = known ? entry->dash : 3;
  if (!known) {
    for (const char c : model) first += static_cast<unsigned char>(c);
  }
  const std::size_t at = first + variant;
  return {
      .ink = known ? entry->ink : unknown, .dash = dashes[at % dashes.size()], .marker = markers[at % markers.size()]};
}

}  // namespace

std::vector<DrawnModel> drawn_models(const std::vector<const Block*>& blocks) {
  std::map<std::string, DrawnModel> models;
  for (const Block* block : blocks) {
    for (const Cell& cell : block->cells) {
      DrawnModel& drawn = models[cell.label()];
      drawn.label = cell.label();
      drawn.model = cell.spec.model;
      drawn.settings = cell.spec.settings;
      drawn.baseline = drawn.baseline && cell.spec.unasked;
    }
  }
  std::map<std::string, std::size_t> variants;
  std::vector<DrawnModel> out;
  for (auto& [label, drawn] : models) {
    drawn.look = look_of(drawn.model, variants[drawn.model]++);
    out.push_back(std::move(drawn));
  }
  return out;
}

}  // namespace cbench
