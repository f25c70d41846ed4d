#include "reports/shown/summary.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace cbench {
namespace {

SummarisedBlock summarised(Block block, const Trials& trials) {
  SummarisedBlock out;
  out.block = std::move(block);
  std::vector<FittedCurve> fits = fits_of_block(out.block);
  add_laws(out.block, fits);
  out.series = series_of(out.block, std::move(fits));
  out.sweeps = sweeps_of(out.block);
  out.load_curves = load_curves_of(out.block);
  out.rankings = rankings_of(out.block);
  out.histories = histories_of(out.block, trials);
  out.pictures = pictures_of(out.block, out.rankings, out.series, out.sweeps, out.load_curves);
  if (std::optional<Picture> picture = picture_over_time(out.rankings, out.histories)) {
    out.pictures.push_back(*std::move(picture));
  }
  return out;
}

}  // namespace

const DrawnModel& Summary::model(const Cell& cell) const {
  return *std::ranges::find(models, cell.label(), &DrawnModel::label);
}

Summary summarise(const Results& results) {
  Summary summary;
  summary.files = results.files;
  for (const HostResults& host : results.hosts) {
    SummarisedHost& out = summary.hosts.emplace_back();
    out.facts = host.facts;
    out.build = host.build;
    out.name = host.name;
    out.differences = host.differences;
    out.trials = host.trials.size();
    for (Block& block : blocks_of(host.trials)) {
      out.blocks.push_back(summarised(std::move(block), host.trials));
    }
  }
  std::vector<const Block*> blocks;
  for (SummarisedHost& host : summary.hosts) {
    std::vector<const Block*> of_host;
    for (const SummarisedBlock& block : host.blocks) of_host.push_back(&block.block);
    host.pictures = pictures_over(of_host);
    blocks.insert(blocks.end(), of_host.begin(), of_host.end());
  }
  summary.models = drawn_models(blocks);
  return summary;
}

}  // namespace cbench
