// A column: what it is called, in which unit, what it means, and how it gets out of a record and into one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "record/trial_record.hpp"

namespace cbench {

enum class ColumnPart : std::uint8_t {
  spec,    // what was asked: in JSON a field of `spec`, which spells times in ns
  result,  // what came of it: in JSON a flat field of the record
  host,    // what the machine was: in JSON a field of `host`
  build,   // how cbench was built: in JSON a field of `build`; in version 1 one of `host`
};

enum class ColumnKind : std::uint8_t {
  text,
  count,   // a whole number from 0 on
  number,  // finite, from 0 on
  flag,    // true or false
  map,     // name=value;name=value, where \ escapes ; and itself
  list,    // item | item, where \ escapes | and itself
};

// When a column is filled. What is not known is an empty field, never a 0 that could be taken for a measurement.
enum class Filled : std::uint8_t {
  always,
  when_ok,       // always in a trial that is ok; of the others, where it was known when the trial ended
  when_run,      // where the trial ran to its end; of the others, where it was known when the trial ended
  sampled,       // where a task finished within the window
  cpu_read,      // where CPU time was read of about the time of the window
  cpu_of_tasks,  // there, too, and where any task finished within it
  timed,         // where there are tasks whose times they are: of an open load those that were due within the window
  demands,       // where the demands of a task are known
  open_load,     // only of an open load
  open_run,      // of an open load that ran to its end
  given,         // where there is one
};

struct Column {
  std::string_view name;  // with its unit: response_p99_us
  std::string_view unit;  // empty where it has none
  ColumnPart part{};
  ColumnKind kind{};
  Filled filled{};
  std::string_view summary;  // one sentence

  // Empty where the record does not know it. `parse` puts it back: text(record) == text(parsed). It throws
  // std::runtime_error saying what is wrong with the text, but not where it stood.
  std::string text(const TrialRecord& record) const;
  void parse(std::string_view text, TrialRecord& record) const;

  bool (*zero)(const TrialRecord& record);  // nothing, 0, or not a number that can be measured
  std::string (*write)(const TrialRecord& record);
  void (*read)(std::string_view text, TrialRecord& record);

  bool added_later = false;  // files that were written before there was such a column lack it, and are read
};

}  // namespace cbench
