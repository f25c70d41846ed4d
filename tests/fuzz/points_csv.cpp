// Anybody's CSV, as `cbench fit` takes it.
#include "reports/files/points_csv.hpp"

#include <cmath>
#include <string>

#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbench;
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::accepts([&] { is_results_header(text, "x"); });
  fuzz::accepts([&] {
    for (const ScalingPoint& point : points_of_csv(text, "x").points) {
      fuzz::expect(point.n > 0 && std::isfinite(point.n), "n is above 0");
      fuzz::expect(point.throughput_per_s >= 0 && std::isfinite(point.throughput_per_s), "throughput is from 0 on");
    }
  });
  fuzz::accepts([&] { points_of_csv(text, "x", "n", "tps"); });
  return 0;
}
