#include "reports/palette.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace cbench {
namespace {

constexpr Ink black{"#000000", "#FFFFFF", 0};
constexpr Ink orange{"#E69F00", "#E69F00", 214};
constexpr Ink sky_blue{"#56B4E9", "#56B4E9", 74};
constexpr Ink green{"#009E73", "#00B886", 36};
constexpr Ink blue{"#0072B2", "#3F9FE0", 32};
constexpr Ink vermillion{"#D55E00", "#F07020", 202};
constexpr Ink purple{"#CC79A7", "#CC79A7", 175};
constexpr Ink grey{"#777777", "#AAAAAA", 245};  // of models that this list does not know

constexpr std::array<std::string_view, 4> dashes{"solid", "dashed", "dotted", "dashdot"};
constexpr std::array<std::string_view, 8> markers{"circle", "square", "triangle", "diamond",
                                                  "cross",  "plus",   "star",     "pentagon"};

struct Entry {
  std::string_view model;
  Ink ink;
  std::size_t dash;  // into dashes and markers
};

// Kin share a colour. Yellow is left out: it cannot be read on white.
constexpr std::array table{
    Entry{"sequential", black, 0}, Entry{"threads", vermillion, 0}, Entry{"processes", vermillion, 1},
    Entry{"pool", orange, 0},      Entry{"tbb", orange, 1},         Entry{"fibers", blue, 0},
    Entry{"csp", blue, 1},         Entry{"eventloop", green, 0},    Entry{"eventloop-offload", green, 1},
    Entry{"cluster", green, 2},    Entry{"coroutines", purple, 0},  Entry{"actors", sky_blue, 0},
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
  return {.ink = known ? entry->ink : grey, .dash = dashes[at % dashes.size()], .marker = markers[at % markers.size()]};
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
      drawn.baseline = drawn.baseline && cell.spec.baseline;
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
