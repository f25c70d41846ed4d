// Files that are there already, with any text in them, when a sweep opens them to go on: each is continued, with all of
// its whole lines, or refused and left alone.
#include <memory>
#include <string>

#include "reports/files/csv.hpp"
#include "reports/files/go_benchmark.hpp"
#include "reports/files/google_benchmark.hpp"
#include "reports/files/histogram_log.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbench;
  if (size == 0) return 0;
  constexpr std::unique_ptr<Sink> (*formats[])(const std::string&) = {open_csv, open_histogram_log, open_go_benchmark,
                                                                      open_google_benchmark};
  const auto open = formats[data[0] % std::size(formats)];
  const std::string_view text = fuzz::text_of(data + 1, size - 1);
  const std::string path = fuzz::folder().file("file", text);
  TrialRecord record;
  record.spec = {.model = "m", .workload = "w"};
  record.reason = "r";
  if (!fuzz::accepts([&] { open(path)->add(record); })) {
    fuzz::expect(fuzz::text_in(path) == text, "what cannot be continued is left alone");
    return 0;
  }
  const std::string after = fuzz::text_in(path);
  fuzz::expect(after.ends_with('\n') || open == open_google_benchmark, "it ends with a line end");
  if (open == open_histogram_log || open == open_go_benchmark) {
    fuzz::expect(after.starts_with(text.substr(0, text.rfind('\n') + 1)), "whole lines stay");
  }
  fuzz::expect(fuzz::accepts([&] { open(path)->add(record); }), "what was continued is continued again");
  return 0;
}
