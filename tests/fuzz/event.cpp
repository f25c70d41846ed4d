// What the process of a trial may say on descriptor 3 (docs/protocol.md).
#include <string>
#include <variant>

#include "harness/protocol.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbench;
  const auto line_of = [](const Event& event) {
    return std::visit([](const auto& known) { return to_line(known); }, event);
  };
  std::string text;
  if (!fuzz::accepts([&] { text = line_of(parse_event(fuzz::text_of(data, size))); })) return 0;
  fuzz::expect(line_of(parse_event(text)) == text, "an event comes back as it was");
  return 0;
}
