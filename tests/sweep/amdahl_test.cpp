// Amdahl's law, end to end: the serial fraction that goes into the workload comes out of the fit. The margin is wide,
// since the machine is shared; `scripts/bars amdahl` holds four models to +-0.02.
#include <gtest/gtest.h>

#include <string>

#include <nlohmann/json.hpp>

#include "reports/files/formats.hpp"
#include "reports/findings/cells/cells.hpp"
#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

const std::string program = CBENCH_PROGRAM;

TEST(amdahl, the_fit_gives_back_the_serial_fraction_that_went_in) {
  const Folder folder;
  const std::string csv = folder / "amdahl.csv";
  const Outcome sweep =
      run(program, {"--model",    "pool",    "--workload",    "amdahl",    "--param",      "serial=0.3", "--param",
                    "phase=wait", "--param", "time=100ms",    "--workers", "1,2,4,8,16",   "--duration", "300ms",
                    "--warmup",   "120ms",   "--repetitions", "2",         "--keep-awake", "-o",         csv});
  ASSERT_EQ(sweep.exit_code, 0) << sweep.err;
  for (const Block& block : blocks_of(read_records(csv))) {
    for (const Cell& cell : block.cells) {
      EXPECT_LT(cell.efficiency, 1.05) << cell.label() << " on " << cell.spec.workers
                                       << ": its own longest chain is the limit";
    }
  }
  const Outcome fit = run(program, {"fit", csv, "--json"});
  ASSERT_EQ(fit.exit_code, 0) << fit.err;
  const auto json = nlohmann::json::parse(fit.out);
  EXPECT_NEAR(json["amdahl"]["serial_fraction"].get<double>(), 0.3, 0.06) << fit.out;
}

}  // namespace
}  // namespace cbench::testing
