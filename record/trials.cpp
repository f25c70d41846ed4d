#include "record/trials.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace cbench {
namespace {

// All that the repetitions of a cell may differ in, but for seed and repetition.
auto varying(const TrialSpec& spec) {
  return std::tie(spec.load, spec.is_baseline, spec.runtime_name, spec.unasked, spec.deadline, spec.max_memory_bytes,
                  spec.peer_port, spec.peer_pid);
}

const TrialSpec* asked_in(Trials::Cell& cell, const TrialSpec& spec) {
  const auto known =
      std::ranges::find_if(cell.asked, [&](const auto& other) { return varying(*other) == varying(spec); });
  if (known != cell.asked.end()) return known->get();
  return cell.asked.emplace_back(std::make_unique<const TrialSpec>(spec)).get();
}

std::unique_ptr<const Repetition::Further> further_of(const TrialRecord& record) {
  const bool has_histogram = record.queueing.histogram || record.service.histogram || record.response.histogram;
  const bool has_any = has_histogram || !record.reason.empty() || !record.warnings.empty() || !record.classes.empty() ||
                       record.spec.load.kind == LoadKind::open;
  if (!has_any) return nullptr;
  return std::make_unique<const Repetition::Further>(Repetition::Further{.reason = record.reason,
                                                                         .warnings = record.warnings,
                                                                         .classes = record.classes,
                                                                         .arrived = record.arrived,
                                                                         .queueing = record.queueing.histogram,
                                                                         .service = record.service.histogram,
                                                                         .response = record.response.histogram});
}

}  // namespace

TrialSpec Repetition::spec() const {
  TrialSpec own = *asked;
  own.seed = seed;
  own.repetition = repetition;
  return own;
}

const Repetition::Further& Repetition::rest() const {
  static const Further none;
  return further ? *further : none;
}

Latency Repetition::latency(LatencySummary Repetition::*times) const {
  const auto& histogram = times == &Repetition::queueing  ? rest().queueing
                          : times == &Repetition::service ? rest().service
                                                          : rest().response;
  return {this->*times, histogram};
}

Trials::Trials(std::span<const TrialRecord> records) {
  for (const TrialRecord& record : records) add(record);
}

void Trials::add(const TrialRecord& record) {
  Cell& cell = cells_[cell_key(record.spec)];
  all_.push_back(&cell.repetitions.emplace_back(in_short(record, cell)));
}

void Trials::replace(std::size_t number, const TrialRecord& record) {
  *all_[number] = in_short(record, cells_[cell_key(all_[number]->spec())]);
}

Repetition Trials::in_short(const TrialRecord& record, Cell& cell) {
  const auto host = std::ranges::find(hosts_, record.host);
  Repetition repetition{static_cast<const Figures&>(record)};
  repetition.asked = asked_in(cell, record.spec);
  repetition.host = host == hosts_.end() ? &hosts_.emplace_back(record.host) : &*host;
  repetition.seed = record.spec.seed;
  repetition.repetition = record.spec.repetition;
  repetition.status = record.status;
  repetition.started_at = record.started_at;
  repetition.tasks_timed = tasks_timed(record);
  repetition.queueing = record.queueing;
  repetition.service = record.service;
  repetition.response = record.response;
  repetition.further = further_of(record);
  return repetition;
}

}  // namespace cbench
