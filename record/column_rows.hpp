// How the rows of the table of columns are made from members of a record, and those rows that read or write a member in
// a way of their own. For columns.cpp alone.
#pragma once

#include <charconv>
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "record/column.hpp"
#include "record/column_text.hpp"
#include "record/trial_id.hpp"

namespace cbench::column_rows {

template <class Value>
constexpr ColumnKind kind_of() {
  if constexpr (std::same_as<Value, bool>) return ColumnKind::flag;
  if constexpr (std::same_as<Value, double> || std::same_as<Value, std::optional<double>> ||
                std::same_as<Value, std::chrono::nanoseconds>) {
    return ColumnKind::number;
  }
  if constexpr (std::unsigned_integral<Value> || std::same_as<Value, std::optional<std::uint64_t>>) {
    return ColumnKind::count;
  }
  if constexpr (std::same_as<Value, TextMap>) return ColumnKind::map;
  if constexpr (std::same_as<Value, std::vector<std::string>>) return ColumnKind::list;
  return ColumnKind::text;
}

// The member at the end of a path of pointers to members.
template <auto first, auto... rest, class Object>
constexpr auto& member(Object& object) {
  if constexpr (sizeof...(rest) == 0) {
    return object.*first;
  } else {
    return member<rest...>(object.*first);
  }
}

template <auto... path>
constexpr Column column(std::string_view name, std::string_view unit, ColumnPart part, Filled filled,
                        std::string_view summary) {
  using Value = std::remove_cvref_t<decltype(member<path...>(std::declval<TrialRecord&>()))>;
  return {.name = name,
          .unit = unit,
          .part = part,
          .kind = kind_of<Value>(),
          .filled = filled,
          .summary = summary,
          .zero = [](const TrialRecord& record) { return is_zero(member<path...>(record)); },
          .write = [](const TrialRecord& record) { return to_text(member<path...>(record)); },
          .read = [](std::string_view text, TrialRecord& record) { from_text(text, member<path...>(record)); }};
}
template <auto... path>
constexpr Column spec(std::string_view name, std::string_view unit, Filled filled, std::string_view summary) {
  return column<&TrialRecord::spec, path...>(name, unit, ColumnPart::spec, filled, summary);
}
template <auto... path>
constexpr Column load(std::string_view name, std::string_view unit, Filled filled, std::string_view summary) {
  return spec<&TrialSpec::load, path...>(name, unit, filled, summary);
}
template <auto... path>
constexpr Column result(std::string_view name, std::string_view unit, Filled filled, std::string_view summary) {
  return column<path...>(name, unit, ColumnPart::result, filled, summary);
}
template <auto... path>
constexpr Column host(std::string_view name, std::string_view unit, Filled filled, std::string_view summary) {
  return column<&TrialRecord::host, path...>(name, unit, ColumnPart::host, filled, summary);
}
template <auto... path>
constexpr Column build(std::string_view name, std::string_view unit, Filled filled, std::string_view summary) {
  return column<&TrialRecord::build, path...>(name, unit, ColumnPart::build, filled, summary);
}
// A column that schema version 2 brought: files of version 1 lack it.
constexpr Column since_2(Column column) {
  column.added_later = true;
  return column;
}

// As 16 hexadecimal digits: what reads JSON or CSV elsewhere often keeps no more than 53 bits of a number.
template <auto path>
constexpr Column digest(std::string_view name, std::string_view summary) {
  Column column = result<path>(name, "", Filled::when_run, summary);
  column.kind = ColumnKind::text;
  column.write = [](const TrialRecord& record) { return fmt::format("{:016x}", record.*path); };
  column.read = [](std::string_view text, TrialRecord& record) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), record.*path, 16);
    if (text.size() != 16 || error != std::errc{} || end != text.data() + text.size()) {
      throw bad_text(text, "not 16 hexadecimal digits");
    }
  };
  return column;
}

constexpr Column arrivals_column() {
  Column column = load<&LoadSpec::poisson>("arrivals", "", Filled::open_load,
                                           "How tasks of an open load arrive: poisson or constant (equally spaced).");
  column.kind = ColumnKind::text;
  column.write = [](const TrialRecord& record) -> std::string {
    return record.spec.load.poisson ? "poisson" : "constant";
  };
  column.read = [](std::string_view text, TrialRecord& record) {
    record.spec.load.poisson = text == "poisson";
    if (!record.spec.load.poisson && text != "constant") throw bad_text(text, "neither poisson nor constant");
  };
  return column;
}

constexpr Column late_column() {
  Column column = since_2(
      load<&LoadSpec::shed>("late", "", Filled::open_load,
                            "What becomes of a task of an open load that arrives while all slots are taken: wait (for "
                            "the next free one, first come first served) or shed (it is dropped and counted)."));
  column.kind = ColumnKind::text;
  column.write = [](const TrialRecord& record) -> std::string { return record.spec.load.shed ? "shed" : "wait"; };
  column.read = [](std::string_view text, TrialRecord& record) {
    record.spec.load.shed = text == "shed";
    if (!record.spec.load.shed && text != "wait") throw bad_text(text, "neither wait nor shed");
  };
  return column;
}

// Of an open load, what became of its arrivals.
template <auto path>
constexpr Column arrived(std::string_view name, std::string_view unit, std::string_view summary) {
  return since_2(result<&TrialRecord::arrived, path>(name, unit, Filled::open_run, summary));
}

constexpr Column steady_state_column() {
  return {
      .name = "steady_state",
      .part = ColumnPart::result,
      .kind = ColumnKind::text,
      .filled = Filled::given,
      .summary =
          "Whether throughput kept its level over the window: yes where a change of 10 % can be ruled out, no where it "
          "drifts, steps or stalls by 5 % or more beyond noise; empty where the slices of the window do not tell, and "
          "of a fixed load.",
      .zero = [](const TrialRecord& record) { return !record.steady_state.has_value(); },
      .write = [](const TrialRecord& record) -> std::string { return *record.steady_state ? "yes" : "no"; },
      .read =
          [](std::string_view text, TrialRecord& record) {
            record.steady_state = text == "yes";
            if (text != "yes" && text != "no") throw bad_text(text, "neither yes nor no");
          }};
}

// Always as long, so that a row that ends with it is known to be whole, and one that was cut off to be so.
constexpr Column trial_id_column() {
  Column column = result<&TrialRecord::id>("trial_id", "", Filled::given,
                                           "16 hexadecimal digits that no other trial has: two rows with the same ones "
                                           "are one trial, in whatever files they "
                                           "stand. Empty in rows written before there was such a column.");
  column.added_later = true;
  column.read = [](std::string_view text, TrialRecord& record) {
    if (!is_trial_id(text)) throw bad_text(text, "not 16 hexadecimal digits");
    record.id = text;
  };
  return column;
}

}  // namespace cbench::column_rows
