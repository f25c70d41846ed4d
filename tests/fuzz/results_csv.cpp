// A file of results in CSV: what is read comes back from what is written of it.
#include <string>
#include <vector>

#include "reports/files/csv.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbench;
  std::vector<TrialRecord> records;
  if (!fuzz::accepts([&] { records = read_csv(fuzz::folder().file("r.csv", fuzz::text_of(data, size))); })) return 0;
  if (records.empty()) return 0;
  std::string text = csv_header() + "\n";
  for (const TrialRecord& record : records) text += csv_row(record) + "\n";
  std::vector<TrialRecord> again;
  fuzz::expect(fuzz::accepts([&] { again = read_csv(fuzz::folder().file("again.csv", text)); }),
               "what was read can be written and read");
  fuzz::expect(again.size() == records.size(), "no row is lost");
  for (std::size_t i = 0; i < again.size(); ++i) {
    fuzz::expect(csv_row(again[i]) == csv_row(records[i]), "a row comes back as it was");
  }
  return 0;
}
