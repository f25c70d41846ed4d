// Trials run one after the other: the peer beside them, the progress line over them, and every record in its files as
// soon as there is one. Which trial is next is for the caller to say: from a plan (run_sweep.cpp), or from what it
// learned so far (metg_trials.cpp).
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/peer_process.hpp"
#include "record/cell_key.hpp"
#include "record/trial_record.hpp"
#include "reports/files/outputs.hpp"
#include "reports/findings/ideal.hpp"
#include "sweep/progress.hpp"
#include "sweep/trial_run.hpp"

namespace cbench {

// Of the trials in records(): 0.8 MB each. The files have them in any case.
enum class Histograms : std::uint8_t {
  kept,
  merged,  // those of a cell in its first record that is ok, where its percentiles are all that is asked for
  dropped,
};

struct SessionOptions {
  std::vector<std::string> outputs;  // files of results
  bool quiet = false;                // no progress
  bool needs_peer = false;
  std::uint16_t peer_port = 0;  // 0: any free one
  std::uint32_t peers = 1;      // threads of it
  Histograms histograms = Histograms::kept;
};

// The exit code of a command that a signal ended is this and the signal's number, as of a program that dies by it.
inline constexpr int exit_by_signal = 128;

// One at a time in a program: while it lives, Ctrl-C ends the trial that runs, and the second one the program. So do
// SIGTERM and, where it is not ignored (nohup), SIGHUP.
class Session {
 public:
  // Throws UsageError or std::runtime_error where a file of results cannot be written or the peer cannot listen.
  explicit Session(const SessionOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Blocks until the trial is over and its record is in every file. `said` is the progress, asked for about every
  // 50 ms with the time since the trial began. `complete`, where there is one, fills in what only the caller knows
  // before the record is written. The result is good until the next call. A trial that cannot be started, a peer that
  // cannot be started again, a file that cannot take the record do not end the sweep: the first two are a failed
  // record, the last is said by write_failures().
  const TrialRecord& run(TrialSpec spec, const std::function<Standing(std::chrono::nanoseconds)>& said,
                         const std::function<void(TrialRecord&)>& complete = {});

  // Takes in a trial that was measured before and is on file: as if it had been run here.
  void adopt(TrialRecord record);

  // The signal that ended the sweep; 0: none. The last record is that of the trial which it ended, and no other should
  // begin.
  int interrupted() const;

  // Files that lack records, and why: a sentence each.
  std::vector<std::string> write_failures() { return outputs_.failures(); }

  const std::vector<TrialRecord>& records() const { return records_; }
  std::vector<TrialRecord> take_records() { return std::move(records_); }

 private:
  void make_peer_ready();
  std::string look_at_peer();
  TrialRecord measure(TrialSpec spec, const std::function<Standing(std::chrono::nanoseconds)>& said);
  void put_histograms_away(TrialRecord& record);

  SessionOptions options_;
  std::optional<PeerProcess> peer_;
  Progress progress_;
  KnownWorks works_;
  HostFacts host_;
  BuildFacts build_;
  Ideals ideals_;
  Outputs outputs_;
  std::vector<TrialRecord> records_;
  std::map<CellKey, std::size_t> merged_;   // which record has the histograms of a cell
  std::map<int, struct sigaction> before_;  // what signals did before this
};

// What a command says beside its results where this signal ended what it measured.
std::string interrupt_note(int signal);

}  // namespace cbench
