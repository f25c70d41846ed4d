// What parent and child of a trial say to each other, as docs/protocol.md has it: one spec, then events. The same for
// models in every language.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/arrival_counts.hpp"
#include "harness/clock.hpp"
#include "harness/open_terms.hpp"
#include "record/histogram.hpp"
#include "record/load_spec.hpp"
#include "record/text_map.hpp"
#include "workloads/work.hpp"

namespace cbench {

inline constexpr int protocol_version = 2;

// What a trial is to do. It knows no workload: scripts are drawn by the parent.
struct TrialOrder {
  std::string trial;  // its id
  std::string model;
  TextMap settings;
  std::uint32_t workers = 1;
  std::uint64_t seed = 1;
  LoadSpec load;
  std::chrono::nanoseconds most_warmup{};  // what the warm-up may grow to until every slot has finished a task
  OpenTerms open;                          // of an open load
  Work work;
  std::uint16_t peer_port = 0;  // 0: the scripts make no requests
  std::optional<ticks::Source> clock;
};

// One line, without its end.
std::string to_line(const TrialOrder& order);

// Throws std::runtime_error that names the place; UnsupportedStep where a script asks for what no native model can.
TrialOrder parse_order(std::string_view line);

// --- Events, in the order in which a trial says them ---

struct ReadyEvent {
  TextMap runtime;
  bool processes = false;  // it has forked
};

struct WindowEvent {
  std::uint64_t begin_ns = 0;  // CLOCK_MONOTONIC
  std::optional<std::uint64_t> end_ns;
};

struct EndedEvent {};

enum class ChildStatus : std::uint8_t { ok, failed, unsupported };

// What the child counted.
struct RecordEvent {
  std::string trial;
  ChildStatus status = ChildStatus::failed;
  std::string reason;
  std::vector<std::string> warnings;
  std::uint64_t tasks = 0;
  std::uint64_t tasks_total = 0;
  std::optional<std::uint64_t> finish_ns;
  bool settled = false;
  std::uint64_t units = 0;
  std::uint64_t difference = 0;  // the digest: returned less expected, over all tasks
  std::vector<std::uint64_t> slices;
  std::uint64_t fewest_of_a_slot = 0;
  std::uint64_t most_of_a_slot = 0;
  struct Switches {
    std::uint64_t voluntary = 0;
    std::uint64_t involuntary = 0;
  };
  std::optional<Switches> switches;
  Histogram queueing;
  Histogram service;
  Histogram response;
  std::map<std::string, Histogram> classes;
  std::optional<ArrivalCounts> arrivals;  // of an open load
};

using Event = std::variant<ReadyEvent, WindowEvent, EndedEvent, RecordEvent>;

std::string to_line(const ReadyEvent& event);
std::string to_line(const WindowEvent& event);
std::string to_line(const EndedEvent& event);
std::string to_line(const RecordEvent& event);

// What a process said of itself, which may be anything, as a reason: one line of UTF-8 without control characters, no
// longer than a person reads.
std::string as_reason(std::string_view text);

// Throws std::runtime_error: what is wrong with the line.
Event parse_event(std::string_view line);

}  // namespace cbench
