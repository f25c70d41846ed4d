// Quantities as people type them.
#include "text/quantity.hpp"

#include <string>

#include "tests/fuzz/input.hpp"
#include "text/utf8.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbench;
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::accepts([&] {
    const auto time = parse_duration(text, "x");
    fuzz::expect(time.count() >= 0, "no duration is below 0");
    format_duration(time);
  });
  fuzz::accepts([&] { parse_size(text, "x"); });
  fuzz::accepts([&] { parse_count(text, "x"); });
  fuzz::accepts([&] {
    const double fraction = parse_fraction(text, "x");
    fuzz::expect(fraction >= 0 && fraction <= 1, "a fraction is from 0 to 1");
  });
  if (size < 200) nearest(text, {"fibers", "threads", "eventloop-offload"});
  const std::string mended = valid_utf8(text);
  fuzz::expect(valid_utf8(mended) == mended, "what was mended is valid");
  return 0;
}
