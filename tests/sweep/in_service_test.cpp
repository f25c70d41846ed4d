// How many tasks are in service at once, end to end, held against what the models can have: a pool as many as it has
// workers, whatever waits in its queue; fibers all that are in flight.
#include <gtest/gtest.h>

#include <string>

#include "reports/files/formats.hpp"
#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

const std::string program = CBENCH_PROGRAM;

TEST(in_service, a_pool_has_as_many_as_workers_and_fibers_have_all_in_flight) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  const Outcome sweep =
      run(program, {"--model", "pool,fibers", "--workload", "sleep", "--param", "delay=5ms", "--workers", "2", "-c",
                    "40", "--duration", "500ms", "-r", "1", "--warmup", "200ms", "-o", csv});
  ASSERT_EQ(sweep.exit_code, 0) << sweep.err;
  for (const TrialRecord& record : read_records(csv)) {
    if (record.spec.model == "pool") {
      EXPECT_NEAR(record.in_service_mean, 2, 0.3);
      EXPECT_NEAR(record.littles_in_flight, 40, 6);
    } else if (record.spec.model == "fibers") {
      EXPECT_NEAR(record.in_service_mean, 40, 4);
    }
  }
}

}  // namespace
}  // namespace cbench::testing
