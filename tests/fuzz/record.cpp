// A record as the process of a trial may leave it: read or refused, and what is read comes back from what is written.
#include <string>

#include "record/columns.hpp"
#include "record/latency_spectrum.hpp"
#include "record/record_json.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbench;
  TrialRecord record;
  if (!fuzz::accepts([&] { record = parse_record(fuzz::text_of(data, size)); })) return 0;
  for (const auto latency : {&TrialRecord::queueing, &TrialRecord::service, &TrialRecord::response}) {
    if (!(record.*latency).histogram) continue;
    const Histogram& histogram = *(record.*latency).histogram;
    fuzz::expect(spectrum_of(histogram).size() < 1000, "a spectrum comes to its end");
    fuzz::expect(histogram.quantile(0) <= histogram.quantile(1), "quantiles rise");
    summarise(histogram);
  }
  TrialRecord again;
  for (const Column& column : columns()) column.parse(column.text(record), again);
  for (const Column& column : columns()) {
    fuzz::expect(column.text(again) == column.text(record), "a column comes back as it was");
  }
  const std::string text = to_protocol(record);
  fuzz::expect(to_protocol(parse_record(text)) == text, "a record comes back as it was");
  return 0;
}
