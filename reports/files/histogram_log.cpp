#include "reports/files/histogram_log.hpp"

#include <array>
#include <ctime>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "record/cell_name.hpp"
#include "reports/files/appended_file.hpp"
#include "reports/files/histogram_payload.hpp"

namespace cbench {
namespace {

constexpr std::string_view version_line = "#[Histogram log format version 1.3]\n";
constexpr std::string_view legend =
    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
constexpr double ns_per_ms = 1e6;

// Seconds since the epoch; 0 where the text is not a time.
std::time_t seconds_of(const std::string& utc) {
  std::tm fields{};
  const char* end = ::strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &fields);
  return end != nullptr && *end == '\0' ? ::timegm(&fields) : 0;
}

class HistogramLog : public Sink {
 public:
  explicit HistogramLog(const std::string& path)
      : file_(path, {.noun = "record",
                     .begin = [this, path](std::string_view lines) { return begin(lines, path); },
                     .grew = [this](std::string_view lines) { look_for_start(lines); },
                     .judge =
                         [](std::string_view rest) {
                           return judge_by_beginning(rest, {"Tag=", "#[", "\"Start"});
                         }}) {}

  void add(const TrialRecord& record) override {
    const std::string name = fmt::format("{}/repetition={}", cell_name(record.spec), record.spec.repetition);
    if (!is_finding(record.status)) {
      file_.add([&] { return fmt::format("#[{} {}: {}]\n", name, name_of(record.status), one_line(record.reason)); });
      return;
    }
    file_.add([&] { return lines_of(record, name); });
    started_ = true;
  }

  std::string note() const override { return file_.note(); }

 private:
  AppendedFormat::Beginning begin(std::string_view lines, const std::string& path) {
    started_ = false;
    if (lines.empty()) return {.text = fmt::format("#[cbench: times of tasks in ns, maxima in ms]\n{}", version_line)};
    if (lines.find("#[Histogram log format version 1.") == std::string_view::npos) {
      throw std::runtime_error(path + ": not a histogram log of format 1: write to another file");
    }
    look_for_start(lines);
    return {};
  }

  void look_for_start(std::string_view lines) {
    started_ = started_ || lines.find("#[StartTime:") != std::string_view::npos;
  }

  std::string lines_of(const TrialRecord& record, const std::string& name) const {
    const std::time_t process = seconds_of(record.started_at);
    std::string lines;
    // Readers leave out what begins before the start time; the processes of trials never do, to the second.
    if (!started_) {
      lines = fmt::format("#[StartTime: {}.000 (seconds since epoch), {}]\n{}", process, record.started_at, legend);
    }
    const double window =
        static_cast<double>(process) + record.setup_s + std::chrono::duration<double>(record.spec.load.warmup).count();
    const std::array<std::pair<std::string_view, const Latency*>, 3> kinds{
        {{"queueing", &record.queueing}, {"service", &record.service}, {"response", &record.response}}};
    for (const auto& [kind, latency] : kinds) {
      if (!latency->histogram) continue;
      lines += fmt::format("Tag={}/{},{:.3f},{:.3f},{:.3f},{}\n", name, kind, window, record.window_s,
                           static_cast<double>(latency->histogram->largest()) / ns_per_ms,
                           histogram_payload(*latency->histogram));
    }
    return lines;
  }

  bool started_ = false;  // the file says when the first trial began
  AppendedFile file_;
};

}  // namespace

std::unique_ptr<Sink> open_histogram_log(const std::string& path) { return std::make_unique<HistogramLog>(path); }

}  // namespace cbench
