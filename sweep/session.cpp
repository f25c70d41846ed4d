#include "sweep/session.hpp"

#include <utility>

#include "harness/host.hpp"
#include "record/trial_id.hpp"
#include "sweep/program_facts.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

volatile std::sig_atomic_t interrupts = 0;

}  // namespace

Session::Session(const SessionOptions& options)
    : options_(options),
      progress_(!options.quiet),
      host_(host_facts()),
      build_(build_of_this_program()),
      outputs_(options.outputs) {
  write_notes(outputs_.notes());
  // Started before the first trial, so that a port that is taken ends the run before anything is measured.
  if (options_.needs_peer) make_peer_ready();
  interrupts = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { interrupts = 1; };
  action.sa_flags = SA_RESETHAND;
  sigaction(SIGINT, &action, &before_int_);
  sigaction(SIGTERM, &action, &before_term_);
}

Session::~Session() {
  sigaction(SIGINT, &before_int_, nullptr);
  sigaction(SIGTERM, &before_term_, nullptr);
}

bool Session::interrupted() const { return interrupts != 0; }

// The first time, and again where it died.
void Session::make_peer_ready() {
  if (!peer_ || !peer_->alive()) peer_.emplace(options_.peer_port);
}

// Why the running trial cannot go on; empty while the peer lives.
std::string Session::look_at_peer() {
  if (!peer_ || peer_->alive()) return {};
  return "the peer was " + peer_->end();
}

const TrialRecord& Session::run(TrialSpec spec, const std::function<std::string(std::chrono::nanoseconds)>& said,
                                const std::function<void(TrialRecord&)>& complete) {
  if (options_.needs_peer) make_peer_ready();
  const auto started = std::chrono::steady_clock::now();
  const auto look = [&]() -> std::string {
    progress_.show(said(std::chrono::steady_clock::now() - started));
    if (interrupted()) return "interrupted";
    return look_at_peer();
  };
  look();
  const KnownWork& known = works_.of(spec);
  TrialRecord record = run_one_trial(std::move(spec), known,
                                     {.peer = peer_ ? &*peer_ : nullptr, .host = host_, .build = build_, .look = look});

  // A trial often notices that its connections broke before anybody notices that the peer is gone.
  if (record.status == Status::failed) {
    if (const auto why = look_at_peer(); !why.empty() && record.reason.find(why) == std::string::npos) {
      record.reason = why + "; " + record.reason;
    }
  }
  ideals_.apply(record);
  if (complete) complete(record);
  records_.push_back(std::move(record));
  outputs_.add(records_.back());
  if (!options_.keep_histograms) {
    for (const auto latency : {&TrialRecord::queueing, &TrialRecord::service, &TrialRecord::response}) {
      (records_.back().*latency).histogram.reset();
    }
    for (ClassLatency& one : records_.back().classes) one.response.histogram.reset();
  }
  return records_.back();
}

}  // namespace cbench
