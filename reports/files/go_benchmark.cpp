#include "reports/files/go_benchmark.hpp"

#include <array>
#include <cctype>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "record/cell_name.hpp"
#include "reports/files/appended_file.hpp"

namespace cbench {
namespace {

constexpr std::string_view header =
    "# cbench: an op is a task\n"
    "Unit tasks/s better=higher\n";

constexpr double us_per_s = 1e6;

bool is_go_benchmark(std::string_view text) {
  return text.starts_with(header) || text.starts_with("Benchmark") ||
         text.find("\nBenchmark") != std::string_view::npos;
}

std::string capitalised(std::string name) {
  name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return name;
}

// Times but the first in seconds: benchstat makes ns into seconds, except where a value is 0, which would then stand in
// a table of its own.
std::string benchmark_line(const TrialRecord& record) {
  std::string line = fmt::format("Benchmark{} {} {:.6g} ns/op {:.6g} tasks/s", capitalised(cell_name(record.spec)),
                                 record.tasks, 1e9 / record.throughput_per_s, record.throughput_per_s);
  if (record.cpu_per_task_us > 0) line += fmt::format(" {:.6g} cpu-sec/op", record.cpu_per_task_us / us_per_s);
  const std::array<std::pair<std::string_view, const Latency*>, 3> kinds{
      {{"queueing", &record.queueing}, {"service", &record.service}, {"response", &record.response}}};
  for (const auto& [kind, times] : kinds) {
    line += fmt::format(" {:.6g} {}-p50-sec {:.6g} {}-p99-sec {:.6g} {}-p999-sec", times->p50_us / us_per_s, kind,
                        times->p99_us / us_per_s, kind, times->p999_us / us_per_s, kind);
  }
  if (record.peak_rss_bytes > 0) line += fmt::format(" {} peak-RSS-bytes", record.peak_rss_bytes);
  return line + '\n';
}

class GoBenchmark : public Sink {
 public:
  explicit GoBenchmark(const std::string& path)
      : file_(path,
              {.noun = "record",
               .begin =
                   [path](std::string_view lines) {
                     if (!lines.empty() && !is_go_benchmark(lines)) {
                       throw std::runtime_error(path + ": no line in it begins with Benchmark: write to another file");
                     }
                     return AppendedFormat::Beginning{.text = lines.empty() ? std::string(header) : ""};
                   },
               .grew = {},
               .judge =
                   [](std::string_view rest) {
                     return judge_by_beginning(rest, {"Benchmark", "# ", "pkg: cbench", "cpu: ", "Unit "});
                   }}) {}

  void add(const TrialRecord& record) override {
    std::string lines;
    // What is the same in all lines that are compared, and no more: benchstat never compares across these.
    if (const std::string cpu = one_line(record.host.cpu_model); cpu != cpu_ || file_.records() == 0) {
      lines = fmt::format("pkg: cbench\ncpu: {}\n", cpu);
      cpu_ = cpu;
    }
    if (is_finding(record.status) && record.tasks > 0) {
      lines += benchmark_line(record);
    } else {
      lines += fmt::format("# {} repetition={} {}: {}\n", cell_name(record.spec), record.spec.repetition,
                           name_of(record.status),
                           record.tasks == 0 && is_finding(record.status) ? "no task finished within the window"
                                                                          : one_line(record.reason));
    }
    file_.add([&] { return lines; });
  }

  std::string note() const override { return file_.note(); }

 private:
  AppendedFile file_;
  std::string cpu_;  // of the last configuration line of this writer
};

}  // namespace

std::unique_ptr<Sink> open_go_benchmark(const std::string& path) { return std::make_unique<GoBenchmark>(path); }

}  // namespace cbench
