// A file of results in JSON, read, and in whatever state it is continued: then it is whole, and has one trial more.
#include <string>
#include <vector>

#include "reports/files/json.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbench;
  const std::string path = fuzz::folder().file("r.json", fuzz::text_of(data, size));
  std::vector<TrialRecord> records;
  std::vector<std::string> notes;
  const bool readable = fuzz::accepts([&] { records = read_json(path, notes); });
  TrialRecord record;
  record.spec = {.model = "m", .workload = "w"};
  const bool continued = fuzz::accepts([&] { JsonWriter(path).add(record); });
  if (!continued) {
    fuzz::expect(fuzz::text_in(path) == fuzz::text_of(data, size), "what cannot be continued is left alone");
    return 0;
  }
  if (!readable) return 0;  // some trial of it is none, which is not the writer's business
  notes.clear();
  std::vector<TrialRecord> more;
  fuzz::expect(fuzz::accepts([&] { more = read_json(path, notes); }), "what was continued can be read");
  fuzz::expect(notes.empty() && more.size() == records.size() + 1, "a trial more, and none cut off");
  return 0;
}
