#include "reports/findings/block_laws.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/stats/scaling_words.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

// Said of several curves alike, it stands once with the models that it is about.
struct Sentence {
  std::string text;
  std::vector<std::string> labels;
};

void add_label(const std::string& label, const std::string& text, std::vector<Sentence>& sentences) {
  auto at = std::ranges::find(sentences, text, &Sentence::text);
  if (at == sentences.end()) at = sentences.insert(at, {text, {}});
  if (std::ranges::find(at->labels, label) == at->labels.end()) at->labels.push_back(label);
}

}  // namespace

std::vector<FittedCurve> fits_of_block(const Block& block) {
  std::vector<FittedCurve> fits;
  for (ScalingCurve& curve : curves_of(block)) {
    ScalingFit fit = fit_scaling(curve.points, curve.options);
    fits.push_back({std::move(curve), std::move(fit)});
  }
  return fits;
}

void add_laws(Block& block, const std::vector<FittedCurve>& fits) {
  // Of many models with two worker counts each, one sentence: no law can be fitted to any of them.
  std::map<double, std::vector<std::string>> without_law;
  for (const auto& [curve, fit] : fits) {
    if (const auto found = only_karp_flatt(fit)) {
      without_law[found->n].push_back(fmt::format("{} {}", curve.label, found->text));
    }
  }
  std::erase_if(without_law, [](const auto& entry) { return entry.second.size() < 2; });
  std::vector<Sentence> sentences;
  for (const auto& [curve, fit] : fits) {
    const auto found = only_karp_flatt(fit);
    if (fit.sentences.empty() || (found && without_law.contains(found->n))) continue;
    add_label(curve.label, fit.sentences.front(), sentences);
  }
  for (const auto& [text, labels] : sentences) block.laws.push_back(fmt::format("{}: {}", human_list(labels), text));
  for (const auto& [n, fractions] : without_law) {
    block.laws.push_back(
        fmt::format("Two worker counts identify no law. The serial fraction between them, Karp-Flatt e({:g}): {}.", n,
                    fmt::join(fractions, "; ")));
  }
}

void add_laws(Block& block) { add_laws(block, fits_of_block(block)); }

}  // namespace cbench
