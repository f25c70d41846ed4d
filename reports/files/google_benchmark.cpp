#include "reports/files/google_benchmark.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "record/cell_name.hpp"
#include "record/record_json.hpp"
#include "reports/files/shared_file.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

constexpr const char* failed_trials = "failed_trials";

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

Json context_of(const TrialRecord& record) {
  const HostFacts& host = record.host;
  const BuildFacts& build = record.build;
  Json context{
      {"date", record.started_at},
      {"host_name", host_name()},
      {"executable", "cbench"},
      {"num_cpus", host.cpus_online},
      {"cpu_model", host.cpu_model},
      {"cpus_allowed", host.cpus_allowed},
      {"cpu_quota", host.cpu_quota},
      {"caches", Json::array()},  // records do not hold them
      {"load_avg", Json::array({record.load_average})},
      {"library_build_type", build.build_type == "Debug" ? "debug" : "release"},
      {"cbench_version", build.version},
      {"kernel", host.kernel},
      {"governor", host.governor},
      {"clock", host.clock},
      {"compiler", build.compiler},
      {"allocator", build.allocator},
  };
  // Absent where it is not known, as Google Benchmark has it.
  if (!host.governor.empty() && host.governor != "unknown") {
    context["cpu_scaling_enabled"] = host.governor != "performance";
  }
  return context;
}

void add_times(Json& entry, std::string_view kind, const Latency& times) {
  const std::array<std::pair<std::string_view, double>, 6> values{{{"mean", times.mean_us},
                                                                   {"p50", times.p50_us},
                                                                   {"p90", times.p90_us},
                                                                   {"p99", times.p99_us},
                                                                   {"p999", times.p999_us},
                                                                   {"max", times.max_us}}};
  for (const auto& [name, us] : values) entry[fmt::format("{}_{}_us", kind, name)] = us;
}

Json entry_of(const TrialRecord& record, const std::string& name) {
  Json entry{
      {"name", name},
      {"family_index", 0},
      {"per_family_instance_index", 0},
      {"run_name", name},
      {"run_type", "iteration"},
      {"repetitions", 1},
      {"repetition_index", 0},
      {"threads", record.spec.workers},
      {"iterations", record.tasks},
      {"real_time", 1e9 / record.throughput_per_s},
      {"cpu_time", record.cpu_per_task_us * 1000},  // 0 where it is not known: who reads it asks for a number
      {"time_unit", "ns"},
      {"items_per_second", record.throughput_per_s},
      {"concurrency", record.spec.load.concurrency},
      {"seed", record.spec.seed},
  };
  if (record.ideal_per_s > 0) entry["efficiency"] = record.efficiency;
  if (record.peak_rss_bytes > 0) entry["peak_rss_bytes"] = record.peak_rss_bytes;
  add_times(entry, "response", record.response);
  add_times(entry, "queueing", record.queueing);
  add_times(entry, "service", record.service);
  return entry;
}

std::string text_in(const Json& entry, const char* name) {
  const auto found = entry.find(name);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

class GoogleBenchmark : public Sink {
 public:
  // Throws std::runtime_error (path, why) where the document cannot be written, or what is there is no such document.
  explicit GoogleBenchmark(const std::string& path);

  void add(const TrialRecord& record) override;

 private:
  struct Family {
    std::int64_t index = 0;
    std::vector<std::string> instances;  // names of cells, in the order of their index
  };

  void look();
  void read(const Json& document);
  void number(Json& entry, const std::string& name);
  void keep(Json entry, const std::string& name);
  void write();

  SharedFile file_;
  std::optional<std::uint64_t> size_;  // of the document that the rest of this tells of; nothing: it has to be read
  Json others_;                        // the document without its benchmarks
  std::vector<Json> entries_;
  std::vector<std::string> lines_;                          // the entries as JSON
  std::map<std::string, Family, std::less<>> families_;     // by name
  std::map<std::string, std::vector<std::size_t>> trials_;  // name of a cell -> its entries
  std::uint64_t added_ = 0;                                 // by this writer
};

GoogleBenchmark::GoogleBenchmark(const std::string& path) : file_(path) {
  if (!file_.is_regular()) throw std::runtime_error(path + ": not a regular file, which a JSON document has to be");
  const SharedFile::Hold hold(file_);
  look();
  if (size_ == 0U) write();
}

void GoogleBenchmark::look() {
  size_.reset();
  others_ = Json{{"context", Json::object()}, {failed_trials, Json::array()}};
  entries_.clear();
  lines_.clear();
  families_.clear();
  trials_.clear();
  const std::string text = file_.text();
  if (!text.empty()) {
    Json document = parse_json(text, file_.path());
    if (!document.is_object() || !document["benchmarks"].is_array() || !document["context"].is_object()) {
      throw std::runtime_error(
          file_.path() + ": not a document of Google Benchmark (no context and benchmarks): write to another file");
    }
    read(document);
  }
  size_ = text.size();
}

void GoogleBenchmark::read(const Json& document) {
  for (const auto& [key, value] : document.items()) {
    if (key != "benchmarks") others_[key] = value;
  }
  if (!others_[failed_trials].is_array()) others_[failed_trials] = Json::array();
  for (const Json& entry : document["benchmarks"]) {
    const std::string run_name = text_in(entry, "run_name");
    keep(entry, run_name.empty() ? text_in(entry, "name") : run_name);
  }
}

void GoogleBenchmark::add(const TrialRecord& record) {
  const SharedFile::Hold hold(file_);
  if (hold.is_new() || file_.size() != size_) look();
  const std::string name = cell_name(record.spec);
  others_["context"] = context_of(record);
  if (is_finding(record.status) && record.tasks > 0) {
    Json entry = entry_of(record, name);
    number(entry, name);
    keep(std::move(entry), name);
  } else {
    const bool idle = is_finding(record.status);
    others_[failed_trials].push_back({
        {"name", name},
        {"repetition", record.spec.repetition},
        {"status", name_of(record.status)},
        {"error_message", idle ? "no task finished within the window" : record.reason},
    });
  }
  write();
  ++added_;
}

// The indexes that tools sort by: of the family, of the cell in it, of the repetition in that, all from 0.
void GoogleBenchmark::number(Json& entry, const std::string& name) {
  const auto [family, is_new] = families_.try_emplace(std::string(family_of(name)));
  if (is_new) {
    for (const auto& [other, known] : families_) {
      if (other != family->first) family->second.index = std::max(family->second.index, known.index + 1);
    }
  }
  auto& instances = family->second.instances;
  const auto instance = std::ranges::find(instances, name) - instances.begin();
  if (instance == std::ssize(instances)) instances.push_back(name);
  auto& earlier = trials_[name];
  entry["family_index"] = family->second.index;
  entry["per_family_instance_index"] = instance;
  entry["repetition_index"] = earlier.size();
  entry["repetitions"] = earlier.size() + 1;
  for (const std::size_t at : earlier) {
    entries_[at]["repetitions"] = earlier.size() + 1;
    lines_[at] = to_line(entries_[at]);
  }
}

// Remembers what entry has which number, also of entries that were there before.
void GoogleBenchmark::keep(Json entry, const std::string& name) {
  Family& family = families_[std::string(family_of(name))];
  if (const auto index = entry.find("family_index"); index != entry.end() && index->is_number_integer()) {
    family.index = index->get<std::int64_t>();
  }
  if (std::ranges::find(family.instances, name) == family.instances.end()) family.instances.push_back(name);
  if (text_in(entry, "run_type") != "aggregate") trials_[name].push_back(entries_.size());
  lines_.push_back(to_line(entry));
  entries_.push_back(std::move(entry));
}

void GoogleBenchmark::write() {
  std::string head = "{\n";
  for (const auto& [key, value] : others_.items()) head += fmt::format("{}: {},\n", to_line(key), to_line(value));
  std::string list;
  for (const std::string& line : lines_) list += fmt::format("{}\n{}", list.empty() ? "" : ",", line);
  const std::string text = fmt::format("{}\"benchmarks\": [{}\n]\n}}\n", head, list);
  size_ = text.size();
  if (const int error = file_.replace(text); error != 0) {
    size_.reset();
    throw std::runtime_error(fmt::format("{}: {}; {} before it {} safe", file_.path(), words_for_write_error(error),
                                         plural(added_, "trial"), added_ == 1 ? "is" : "are"));
  }
}

}  // namespace

std::unique_ptr<Sink> open_google_benchmark(const std::string& path) { return std::make_unique<GoogleBenchmark>(path); }

}  // namespace cbench
