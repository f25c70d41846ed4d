// A workload as a person may have written it (docs/workloads.md).
#include "workloads/workload_file_reader.hpp"

#include "tests/fuzz/input.hpp"
#include "workloads/workload_file_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbench;
  fuzz::accepts([&] {
    const WorkloadFile file = parse_workload_file(fuzz::text_of(data, size), "fuzz.json");
    const std::string printed = workload_file_text(file);
    const WorkloadFile again = parse_workload_file(printed, "fuzz.json");
    fuzz::expect(again.classes == file.classes, "what was printed says the same");
    fuzz::expect(workload_file_text(again) == printed, "and is printed alike");
    widest_fan_out_of(file);
    std::size_t steps = 0;
    for (const TaskKind& kind : kinds_of(file, 1)) {
      fuzz::expect(!kind.scripts.empty(), "every class has a script");
      for (const Steps& script : kind.scripts) {
        fuzz::expect(defect_of(script).empty(), "every script keeps the rules");
        steps += script.size();
      }
    }
    fuzz::expect(steps <= 200'000, "what is drawn fits through a pipe");
  });
  return 0;
}
