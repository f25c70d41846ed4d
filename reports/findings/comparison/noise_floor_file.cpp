#include "reports/findings/comparison/noise_floor_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "record/comparability.hpp"
#include "record/record_json.hpp"
#include "reports/files/file.hpp"
#include "reports/files/shared_file.hpp"

namespace cbench {
namespace {

constexpr int format_version = 3;  // 1 knew no sessions, 2 no windows

Json entry_json(const NoiseFloorEntry& entry) {
  Json sessions = Json::array();
  for (const NoiseSession& session : entry.sessions) {
    sessions.push_back({{"started_at", session.started_at}, {"values", session.values}});
  }
  return {{"model", entry.model},           {"workload", entry.workload}, {"load", entry.load},
          {"workers", entry.workers},       {"window_s", entry.window_s}, {"metric", entry.metric},
          {"sessions", std::move(sessions)}};
}

NoiseFloorEntry entry_from(const Json& json) {
  NoiseFloorEntry entry{.model = json.at("model"),
                        .workload = json.at("workload"),
                        .load = json.at("load"),
                        .workers = json.at("workers"),
                        .window_s = json.at("window_s"),
                        .metric = json.at("metric"),
                        .sessions = {}};
  for (const Json& session : json.at("sessions")) {
    entry.sessions.push_back({.started_at = session.at("started_at"), .values = session.at("values")});
  }
  return entry;
}

std::string text_of_file(const NoiseFloor& floor) {
  Json entries = Json::array();
  for (const NoiseFloorEntry& entry : floor.entries) entries.push_back(entry_json(entry));
  const Json json{
      {"noise_floor_version", format_version}, {"host", host_to_json(floor.host)}, {"entries", std::move(entries)}};
  return json.dump(1) + '\n';
}

StoredNoiseFloor stored_in(const std::string& text, const std::string& path, const HostFacts& host) {
  if (text.empty()) return {};
  const Json json = parse_json(text, path);
  try {
    if (json.at("noise_floor_version") != format_version) {
      return {.floor = {}, .unusable = "they were stored by another version of cbench"};
    }
    NoiseFloor floor{.host = host_from_json(json.at("host"), "host"), .entries = {}};
    std::vector<std::string> differing;
    for (const FactDifference& one : differences(floor.host, host)) differing.push_back(text_of(one));
    if (!differing.empty()) {
      return {.floor = {}, .unusable = fmt::format("they are of another host: {}", fmt::join(differing, ", "))};
    }
    for (const Json& entry : json.at("entries")) floor.entries.push_back(entry_from(entry));
    return {.floor = std::move(floor), .unusable = {}};
  } catch (const Json::exception& error) {
    throw std::runtime_error(
        fmt::format("{}: not a noise floor of cbench ({}); remove it and run cbench aa", path, error.what()));
  }
}

}  // namespace

std::string noise_floor_path() {
  // An XDG folder that is not absolute is to be passed over (XDG Base Directory Specification).
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return std::string(state) + "/cbench/noise-floor.json";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.local/state/cbench/noise-floor.json";
  return "";
}

StoredNoiseFloor read_noise_floor(const std::string& path, const HostFacts& host) {
  if (path.empty() || !std::filesystem::exists(path)) return {};
  return stored_in(read_file(path), path, host);
}

NoiseFloor update_noise_floor(const std::string& path, const HostFacts& host, Stored stored,
                              const std::function<void(NoiseFloor&)>& change) {
  if (path.empty()) throw std::runtime_error("no place for the noise floor: neither XDG_STATE_HOME nor HOME is set");
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) throw std::runtime_error(fmt::format("{}: {}", path, error.message()));
  SharedFile file(path);
  const SharedFile::Hold hold(file);
  NoiseFloor floor{.host = host, .entries = {}};
  if (stored == Stored::kept) {
    StoredNoiseFloor there = stored_in(file.text(), path, host);
    if (!there.unusable.empty()) {
      throw std::runtime_error(fmt::format("{}: sessions cannot be added, since {}", path, there.unusable));
    }
    if (there.floor) floor = *std::move(there.floor);
  }
  change(floor);
  if (const int failed = file.replace(text_of_file(floor))) {
    throw std::runtime_error(fmt::format("{}: {}", path, words_for_write_error(failed)));
  }
  return floor;
}

std::optional<NoiseFloor> load_noise_floor(const std::string& path, const HostFacts& host) {
  return read_noise_floor(path, host).floor;
}

}  // namespace cbench
