#include "reports/findings/laws/block_laws.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "reports/stats/scaling_words.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

// Said of several curves alike, it stands once with the models that it is about.
struct Sentence {
  std::string text;
  std::vector<std::string> labels;
};

constexpr std::string_view no_law =
    "no scaling law can be identified; more counts or repetitions are needed (cbench fit says why).";

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
  std::vector<Sentence> sentences;
  for (const auto& [curve, fit] : fits) {
    // Two worker counts, which the default is on a machine of two CPUs, identify no law: nobody asked for one.
    if (fit.sentences.empty() || only_karp_flatt(fit)) continue;
    const bool untold = fit.finding == ScalingFinding::not_identifiable;
    add_label(curve.label, untold ? std::string(no_law) : fit.sentences.front(), sentences);
  }
  for (const auto& [text, labels] : sentences) block.laws.push_back(fmt::format("{}: {}", human_list(labels), text));
}

void add_laws(Block& block) { add_laws(block, fits_of_block(block)); }

}  // namespace cbench
