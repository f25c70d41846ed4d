#include "reports/findings/noise_floor_file.hpp"

#include <fcntl.h>

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

}  // namespace

std::string noise_floor_path() {
  // An XDG folder that is not absolute is to be passed over (XDG Base Directory Specification).
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return std::string(state) + "/cbench/noise-floor.json";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.local/state/cbench/noise-floor.json";
  return "";
}

void store_noise_floor(const NoiseFloor& floor, const std::string& path) {
  if (path.empty()) throw std::runtime_error("no place for the noise floor: neither XDG_STATE_HOME nor HOME is set");
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) throw std::runtime_error(fmt::format("{}: {}", path, error.message()));
  Json entries = Json::array();
  for (const NoiseFloorEntry& entry : floor.entries) entries.push_back(entry_json(entry));
  const Json json{
      {"noise_floor_version", format_version}, {"host", host_to_json(floor.host)}, {"entries", std::move(entries)}};
  // Beside it and moved into its place: a full disk must not cost the one that is there.
  const std::string beside = path + ".new";
  {
    const File file = open_file(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (const int failed = write_all(file.descriptor(), json.dump(1) + '\n')) {
      std::filesystem::remove(beside, error);
      throw std::runtime_error(fmt::format("{}: {}", path, words_for_write_error(failed)));
    }
  }
  std::filesystem::rename(beside, path, error);
  if (error) throw std::runtime_error(fmt::format("{}: {}", path, error.message()));
}

StoredNoiseFloor read_noise_floor(const std::string& path, const HostFacts& host) {
  if (path.empty() || !std::filesystem::exists(path)) return {};
  const Json json = parse_json(read_file(path), path);
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

std::optional<NoiseFloor> load_noise_floor(const std::string& path, const HostFacts& host) {
  return read_noise_floor(path, host).floor;
}

}  // namespace cbench
