#include "reports/sink.hpp"

#include <array>
#include <cctype>

#include <fmt/format.h>

#include "reports/csv.hpp"
#include "reports/json.hpp"
#include "workloads/quantity.hpp"

namespace cbench {
namespace {

// One line a format.
constexpr std::array table{
    Format{".csv", "a row a trial, appended as soon as it ends (docs/columns.md)", open_csv, read_csv},
    Format{".json", "the same with host facts, histograms and time series (docs/protocol.md)", open_json, read_json},
};

// The format with the longest extension that the path ends with, so that .gbench.json is not .json.
const Format& format_of(const std::string& path, bool to_read) {
  std::string lower = path;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const Format* best = nullptr;
  std::string known;
  for (const Format& format : table) {
    if (to_read && format.read == nullptr) continue;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", format.extension);
    const bool longer = best == nullptr || format.extension.size() > best->extension.size();
    if (lower.ends_with(format.extension) && longer) best = &format;
  }
  if (best == nullptr) {
    throw UsageError(fmt::format("{}: a file of results ends with {}", path, known));
  }
  return *best;
}

}  // namespace

std::span<const Format> formats() { return table; }

std::unique_ptr<Sink> open_sink(const std::string& path) {
  if (path == "-") return open_csv(path);
  return format_of(path, false).open(path);
}

std::vector<TrialRecord> read_records(const std::string& path) { return format_of(path, true).read(path); }

}  // namespace cbench
