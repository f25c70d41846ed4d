// Many trials in short: what reports make of them, without what all of them have in common. A record of a CSV file
// takes 5 KB, most of it names, parameters and versions that the next one repeats; here a trial takes a tenth of that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "record/cell_key.hpp"
#include "record/trial_record.hpp"

namespace cbench {

// A trial among others. Its members are called what they are called in a TrialRecord, which says what they are.
struct Repetition : Figures {
  struct Further {  // what few trials have
    std::string reason;
    std::vector<std::string> warnings;
    std::vector<ClassLatency> classes;
    Arrived arrived;
    std::optional<Histogram> queueing;
    std::optional<Histogram> service;
    std::optional<Histogram> response;
  };

  const TrialSpec* asked = nullptr;  // by others, too: `seed` and `repetition` are not its own
  const HostFacts* host = nullptr;
  std::uint64_t seed = 0;
  std::uint32_t repetition = 0;
  Status status = Status::failed;
  std::string started_at;
  std::uint64_t tasks_timed = 0;  // that the times are of
  LatencySummary queueing;
  LatencySummary service;
  LatencySummary response;

  std::unique_ptr<const Further> further;  // nothing where all of it is empty

  TrialSpec spec() const;  // as it was asked for
  const Further& rest() const;
  bool has_histograms() const { return rest().response.has_value(); }
  // With the histogram, where there is one. `times` is one of the three.
  Latency latency(LatencySummary Repetition::*times) const;
};

// Trials by cell. Not thread-safe. What is in it stays where it is while others are added, and where it is moved.
class Trials {
 public:
  struct Cell {
    std::list<Repetition> repetitions;                    // in the order in which they came
    std::vector<std::unique_ptr<const TrialSpec>> asked;  // what repetitions refer to: hardly ever more than one
  };
  using Cells = std::unordered_map<CellKey, Cell>;

  Trials() = default;
  explicit Trials(std::span<const TrialRecord> records);
  Trials(Trials&&) = default;
  Trials& operator=(Trials&&) = default;
  Trials(const Trials&) = delete;
  Trials& operator=(const Trials&) = delete;
  ~Trials() = default;

  void add(const TrialRecord& record);
  // Another record of the same trial takes its place: that which was added as `number`, from 0.
  void replace(std::size_t number, const TrialRecord& record);

  std::size_t size() const { return all_.size(); }
  const Repetition& operator[](std::size_t number) const { return *all_[number]; }
  const Cells& cells() const { return cells_; }

 private:
  Repetition in_short(const TrialRecord& record, Cell& cell);

  Cells cells_;
  std::deque<HostFacts> hosts_;
  std::vector<Repetition*> all_;
};

}  // namespace cbench
