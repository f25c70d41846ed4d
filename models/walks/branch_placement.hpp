// Where the branches of a fan-out go, in models whose workers do not take work from each other. To send a branch to a
// worker that sleeps, and word of its end back, costs tens of microseconds; to keep it costs a hundredth of that.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "workloads/script.hpp"
#include "workloads/workload.hpp"

namespace cbench {

// Made with the model: runs every kernel that branches compute with a few times, for a fraction of a millisecond each.
class BranchPlacement {
 public:
  // `waits_block`: whoever waits keeps its worker, so that waiting is worth as much as computing.
  explicit BranchPlacement(const Work& work, bool waits_block = false);

  // Whether the branches with this body go to all workers, since they keep their own for long enough; otherwise they
  // stay with the worker of their task. From any thread.
  bool spreads(Script body) const {
    return !spread_.empty() && std::binary_search(spread_.begin(), spread_.end(), body.data(), std::less<>());
  }

 private:
  std::vector<const Step*> spread_;  // the bodies of such fan-outs, by address
};

}  // namespace cbench
