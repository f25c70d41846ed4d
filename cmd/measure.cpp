#include "cmd/measure.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "cmd/progress.hpp"
#include "harness/peer_process.hpp"
#include "harness/trial.hpp"
#include "reports/ideal.hpp"
#include "reports/sink.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t interrupted = 0;

// Ctrl-C ends the trial that runs; what was measured is reported. The second one ends the program.
class InterruptWatch {
 public:
  InterruptWatch() {
    interrupted = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = SA_RESETHAND;
    sigaction(SIGINT, &action, &before_int_);
    sigaction(SIGTERM, &action, &before_term_);
  }
  ~InterruptWatch() {
    sigaction(SIGINT, &before_int_, nullptr);
    sigaction(SIGTERM, &before_term_, nullptr);
  }
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

 private:
  struct sigaction before_int_ {};
  struct sigaction before_term_ {};
};

// The peer of a run: started when the first trial needs it, and again where it died.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : port_(port) {}
  void make_ready(TrialSpec& spec) {
    if (!process_ || !process_->alive()) process_.emplace(port_);
    spec.peer_port = process_->port();
    spec.peer_pid = process_->pid();
  }
  // Why the running trial cannot go on; empty while the peer lives.
  std::string look() {
    if (!process_ || process_->alive()) return {};
    return "the peer was " + process_->end();
  }

 private:
  std::uint16_t port_;
  std::optional<PeerProcess> process_;
};

class Run {
 public:
  Run(const RunArguments& arguments, RunPlan plan)
      : plan_(std::move(plan)), peer_(arguments.peer_port), progress_(!arguments.quiet) {
    for (const std::string& path : arguments.outputs) sinks_.push_back(open_sink(path));
    // Started before the first trial, so that a port that is taken ends the run before anything is measured.
    if (plan_.needs_peer && !plan_.trials.empty()) peer_.make_ready(plan_.trials.front());
    left_ = plan_.expected;
  }

  std::vector<TrialRecord> run() {
    for (std::size_t i = 0; i < plan_.trials.size() && interrupted == 0; ++i) {
      keep(run_one(plan_.trials[i], i));
      left_ -= expected_time(plan_.trials[i]);
    }
    progress_.clear();
    return std::move(records_);
  }

 private:
  TrialRecord run_one(TrialSpec spec, std::size_t index) {
    if (plan_.needs_peer) peer_.make_ready(spec);
    const auto started = std::chrono::steady_clock::now();
    const auto look = [&]() -> std::string {
      const auto left = std::max<std::chrono::nanoseconds>(left_ - (std::chrono::steady_clock::now() - started), 0ns);
      progress_.show(fmt::format("[{}/{}] {} {}, {} worker{}, {} in flight, repetition {}: {} s left", index + 1,
                                 plan_.trials.size(), spec.model, spec.workload, spec.workers,
                                 spec.workers == 1 ? "" : "s", spec.concurrency, spec.repetition,
                                 std::chrono::ceil<std::chrono::seconds>(left).count()));
      if (interrupted != 0) return "interrupted";
      return plan_.needs_peer ? peer_.look() : std::string();
    };
    look();
    return run_trial(spec, {.look = look});
  }

  void keep(TrialRecord record) {
    // A trial often notices that its connections broke before anybody notices that the peer is gone.
    if (record.status == Status::failed && plan_.needs_peer) {
      if (const auto why = peer_.look(); !why.empty() && record.reason.find(why) == std::string::npos) {
        record.reason = why + "; " + record.reason;
      }
    }
    ideals_.apply(record);
    records_.push_back(std::move(record));
    for (const auto& sink : sinks_) sink->add(records_.back());
  }

  RunPlan plan_;
  Peer peer_;
  Progress progress_;
  Ideals ideals_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::vector<TrialRecord> records_;
  std::chrono::nanoseconds left_{};
};

}  // namespace

bool Measured::all_ok() const {
  return std::all_of(records.begin(), records.end(), [](const TrialRecord& r) { return r.status == Status::ok; });
}

Measured measure(const RunArguments& arguments, RunPlan plan) {
  Run run(arguments, std::move(plan));
  const InterruptWatch watch;
  auto records = run.run();
  return {std::move(records), interrupted != 0};
}

}  // namespace cbench
