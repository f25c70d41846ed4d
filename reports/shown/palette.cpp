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
// one hue. Chosen together with those below: for readers without red, green or blue cones, too, any two of them differ
// clearly, and each stands out from the page and the cards of a report at 3:1 or more (tests/plots holds both).
constexpr std::array table{
    Entry{{"#000000", "#FFFFFF", 0}, 0},   Entry{{"#A55700", "#955F3A", 130}, 0}, Entry{{"#BD7B69", "#B47636", 137}, 1},
    Entry{{"#F05B0D", "#D08F40", 208}, 2}, Entry{{"#2200B9", "#3F5CF9", 63}, 0},  Entry{{"#008EFE", "#5FC4E9", 39}, 1},
    Entry{{"#195E45", "#7AB18E", 65}, 0},  Entry{{"#0F4320", "#AED92B", 112}, 1}, Entry{{"#630682", "#C07CFA", 97}, 4},
    Entry{{"#873ED0", "#8A6DC7", 98}, 5},  Entry{{"#CB0279", "#E3059B", 162}, 3}, Entry{{"#0E6F81", "#9EF0C1", 73}, 2},
};

// Of the runtimes of other languages, in the order of the list: two inks of a hue each, which its models take in turn.
constexpr std::array<std::array<Ink, 2>, 5> foreign{{
    {{{"#359C88", "#55E0EE", 79}, {"#238196", "#499DC6", 67}}},
    {{{"#7E0304", "#F2AFB6", 131}, {"#9A3149", "#D36076", 167}}},
    {{{"#607747", "#FAE928", 143}, {"#5F9251", "#C8F08D", 107}}},
    {{{"#724B00", "#D8CA87", 101}, {"#818F1D", "#B1BB09", 106}}},
    {{{"#6C0550", "#FF7F7B", 132}, {"#E553B8", "#B34471", 168}}},
}};

Look look_of(const std::string& model, std::size_t variant) {
  const auto listed = listed_models();
  const auto place = std::ranges::find(listed, model);
  if (place != listed.end()) return look_of_listed(static_cast<std::size_t>(place - listed.begin()), variant);
  const auto runtimes = listed_runtimes();
  for (std::size_t runtime = 0; runtime < runtimes.size(); ++runtime) {
    const auto models = runtimes[runtime];
    const auto at = std::ranges::find(models, model);
    if (at != models.end()) return look_of_foreign(runtime, static_cast<std::size_t>(at - models.begin()), variant);
  }
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

Look look_of_foreign(std::size_t runtime, std::size_t place, std::size_t variant) {
  const auto& inks = foreign[runtime % foreign.size()];
  // Models of one ink have markers that are two apart; those of a sixth runtime, and variants, are one or three away.
  const std::size_t at = place + runtime / foreign.size() + 3 * variant;
  return {.ink = inks[place % inks.size()],
          .dash = dashes[(place + variant + runtime) % dashes.size()],
          .marker = markers[at % markers.size()]};
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
