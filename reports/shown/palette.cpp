#include "reports/shown/palette.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace cbench {
namespace {

constexpr Ink unknown{"#808890", "#808890", 102};  // of models that are not on the list

constexpr std::array<std::string_view, 4> dashes{"solid", "dashed", "dotted", "dashdot"};
constexpr std::array<std::string_view, 8> markers{"circle", "square", "triangle", "diamond",
                                                  "cross",  "plus",   "star",     "pentagon"};

struct Entry {
  Ink ink;
  std::size_t dash;  // into dashes and markers
};

// For the models of the list, in its order: the first is the baseline, and those that follow one another are kin, of
// one hue. Chosen together: for readers without red, green or blue cones, too, any two of them differ clearly
// (tests/plots holds that), and all can be seen on white and on black.
constexpr std::array table{
    Entry{{"#000000", "#FFFFFF", 0}, 0},  Entry{{"#FF8709", "#FF8709", 208}, 0}, Entry{{"#CE5B0A", "#CE5B0A", 166}, 1},
    Entry{{"#914614", "#914614", 94}, 2}, Entry{{"#058FF3", "#058FF3", 33}, 0},  Entry{{"#3ABEFD", "#3ABEFD", 75}, 1},
    Entry{{"#0E9150", "#0E9150", 29}, 0}, Entry{{"#86AF75", "#86AF75", 108}, 1}, Entry{{"#AB46B0", "#AB46B0", 133}, 4},
    Entry{{"#7037E3", "#7037E3", 62}, 5}, Entry{{"#E09CBD", "#E09CBD", 181}, 3}, Entry{{"#3D645D", "#3D645D", 240}, 2},
};

Look look_of(const std::string& model, std::size_t variant) {
  const auto listed = listed_models();
  const auto place = std::ranges::find(listed, model);
  if (place != listed.end()) return look_of_listed(static_cast<std::size_t>(place - listed.begin()), variant);
  // Not from the order of what happens to be in the results: others must not change a model's look.
  std::size_t at = 3 + variant;
  for (const char c : model) at += static_cast<unsigned char>(c);
  return {.ink = unknown, .dash = dashes[at % dashes.size()], .marker = markers[at % markers.size()]};
}

}  // namespace

Look look_of_listed(std::size_t place, std::size_t variant) {
  // Beyond the table the colours come again, but for the baseline's, with another dash and marker.
  const std::size_t round = place < table.size() ? 0 : 1 + (place - table.size()) / (table.size() - 1);
  const Entry& entry = table[round == 0 ? place : 1 + (place - table.size()) % (table.size() - 1)];
  const std::size_t at = entry.dash + 2 * round + variant;
  return {.ink = entry.ink, .dash = dashes[at % dashes.size()], .marker = markers[at % markers.size()]};
}

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
