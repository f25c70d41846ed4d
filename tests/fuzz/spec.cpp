// A spec as it may reach the process of a trial (docs/protocol.md).
#include <string>

#include "harness/protocol.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbench;
  std::string text;
  if (!fuzz::accepts([&] { text = to_line(parse_order(fuzz::text_of(data, size))); })) return 0;
  fuzz::expect(to_line(parse_order(text)) == text, "a spec comes back as it was");
  return 0;
}
