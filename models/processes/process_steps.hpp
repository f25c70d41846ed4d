// The steps of the model `processes` in a worker process: calls that block it, locks and fan-outs that it shares with
// the other worker processes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include <pthread.h>
#include <semaphore.h>

#include "harness/load.hpp"
#include "models/threads/blocking_steps.hpp"
#include "models/walks/branch_placement.hpp"
#include "models/walks/run_blocking.hpp"
#include "system/cache_lines.hpp"
#include "system/shared_memory.hpp"

namespace cbench {

// The locks of the scripts. Made before the workers are forked.
class ProcessLocks {
 public:
  explicit ProcessLocks(std::uint32_t count);

  // Blocks the process. `worker` counts from 0.
  void lock(std::uint32_t number, std::uint32_t worker);
  void unlock(std::uint32_t number);
  // A lock that the worker holds, or held when it died.
  std::optional<std::uint32_t> held_by(std::uint32_t worker) const;

 private:
  struct alignas(lines_apart) Lock {
    pthread_mutex_t mutex;              // robust: whoever waits is told that the holder has died
    std::atomic<std::uint32_t> holder;  // the worker plus one; 0: nobody
  };
  SharedArray<Lock> locks_;
};

// Says which fan-out it is, in messages: a record, and how often the record has been used before.
struct FanOutName {
  std::uint32_t record = 0;
  std::uint32_t use = 0;
};

// The fan-outs in progress. A worker opens one and runs its branches; another worker that was asked to help claims
// branches too. Nobody waits for a branch that has not been claimed, so that a helper that never comes holds up nobody;
// and whoever waits runs nothing else meanwhile, since another task could want a lock that it holds itself.
class ProcessFanOuts {
 public:
  // `depth`: how deep they are nested in any script.
  ProcessFanOuts(std::uint32_t workers, std::uint32_t depth);

  std::uint32_t depth() const { return depth_; }
  // In the worker that comes to the step; `level` counts the fan-outs that it is inside of.
  FanOutName open(std::uint32_t worker, std::uint32_t level, std::uint32_t width, const Branch& branch);
  // Whether there are branches that nobody has claimed. From any process, as the following are.
  bool is_open(FanOutName name) const { return next_of(name, records_[name.record].claims.load()).has_value(); }
  // Runs branches, by run(body, connection, digest), for as long as there are any to be claimed.
  void help(FanOutName name, const std::function<std::uint64_t(Script, std::uint32_t, std::uint64_t)>& run);
  // Blocks until all branches have ended, in the worker that opened it. Returns the sum of their digests. Throws what
  // the first failing branch said.
  std::uint64_t close(FanOutName name);

 private:
  struct alignas(lines_apart) Record {
    std::atomic<std::uint64_t> claims;  // the use, and in the lower half the next branch that nobody has claimed
    std::atomic<std::uint32_t> width;
    Script body;
    std::uint32_t connection;
    std::uint32_t lanes;
    std::atomic<std::uint64_t> sum;
    std::atomic<std::uint32_t> ended;
    std::atomic<std::uint32_t> failed;
    char error[300];
    sem_t all_ended;
  };

  std::optional<std::uint32_t> next_of(FanOutName name, std::uint64_t claims) const;
  std::optional<std::uint32_t> claim(FanOutName name);

  const std::uint32_t depth_;
  SharedArray<Record> records_;
};

// The idiom of one worker process.
class ProcessSteps {
 public:
  // `ask_for_help` tells the parent that so many other workers may help with a fan-out.
  ProcessSteps(Load& load, const Connections& connections, ProcessLocks& locks, ProcessFanOuts& fan_outs,
               std::uint32_t worker, std::function<void(FanOutName, std::uint32_t helpers)> ask_for_help)
      : load_(load),
        placement_(load.work(), true),
        requests_(connections),
        locks_(locks),
        fan_outs_(fan_outs),
        worker_(worker),
        ask_for_help_(std::move(ask_for_help)) {}

  void wait(std::chrono::nanoseconds time) { sleep_thread(time); }
  std::uint64_t request(const Step& step, std::uint32_t connection) { return requests_(step, connection); }
  void lock(std::uint32_t number) { locks_.lock(number, worker_); }
  void unlock(std::uint32_t number) { locks_.unlock(number); }
  std::uint64_t fan_out(std::uint32_t width, const Branch& branch);
  void help(FanOutName name);

 private:
  Load& load_;
  const BranchPlacement placement_;
  BlockingRequests requests_;
  ProcessLocks& locks_;
  ProcessFanOuts& fan_outs_;
  const std::uint32_t worker_;
  const std::function<void(FanOutName, std::uint32_t)> ask_for_help_;
  std::uint32_t level_ = 0;
};

}  // namespace cbench
