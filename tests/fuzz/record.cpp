// A record as a file of results may hold it: read or refused, and what is read comes back from what is written.
#include <string>

#include <nlohmann/json.hpp>

#include "record/columns.hpp"
#include "record/latency_spectrum.hpp"
#include "record/record_json.hpp"
#include "tests/fuzz/input.hpp"
#include "text/json_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbench;
  TrialRecord record;
  if (!fuzz::accepts([&] { record = record_from_json(parse_json(fuzz::text_of(data, size), "record")); })) return 0;
  for (const auto latency : {&TrialRecord::queueing, &TrialRecord::service, &TrialRecord::response}) {
    if (!(record.*latency).histogram) continue;
    const Histogram& histogram = *(record.*latency).histogram;
    fuzz::expect(spectrum_of(histogram).size() < 1000, "a spectrum comes to its end");
    fuzz::expect(histogram.quantile(0) <= histogram.quantile(1), "quantiles rise");
    summarise(histogram);
  }
  TrialRecord again;
  for (const Column& column : columns()) {
    const std::string text_of_it = column.text(record);
    if (!text_of_it.empty() || !column.added_later) column.parse(text_of_it, again);
  }
  for (const Column& column : columns()) {
    fuzz::expect(column.text(again) == column.text(record), "a column comes back as it was");
  }
  const std::string text = to_line(record_to_json(record));
  const TrialRecord back = record_from_json(parse_json(text, "record"));
  fuzz::expect(to_line(record_to_json(back)) == text, "a record comes back as it was");
  return 0;
}
