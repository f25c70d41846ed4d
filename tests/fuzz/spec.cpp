// A spec as it may reach the process of a trial.
#include <string>

#include "record/cell_name.hpp"
#include "record/record_json.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbench;
  TrialSpec spec;
  if (!fuzz::accepts([&] { spec = parse_spec(fuzz::text_of(data, size)); })) return 0;
  fuzz::expect(!cell_name(spec).empty(), "a cell has a name");
  const std::string text = to_protocol(spec);
  fuzz::expect(to_protocol(parse_spec(text)) == text, "a spec comes back as it was");
  return 0;
}
