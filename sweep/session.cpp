#include "sweep/session.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <string_view>
#include <utility>

#include <string.h>  // sigabbrev_np

#include <fmt/format.h>

#include "harness/host.hpp"
#include "record/trial_id.hpp"
#include "sweep/program_facts.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::chrono::milliseconds until_a_killed_peer_is_gone{200};
constexpr std::string_view interruption = "interrupted";  // by which reports know such a trial

volatile std::sig_atomic_t interrupts = 0;

}  // namespace

Session::Session(const SessionOptions& options)
    : options_(options),
      progress_(!options.quiet),
      host_(host_facts()),
      build_(build_of_this_program()),
      outputs_(options.outputs) {
  host_.peers = options_.peers;
  write_notes(outputs_.notes());
  // Started before the first trial, so that a port that is taken ends the run before anything is measured.
  if (options_.needs_peer) make_peer_ready();
  interrupts = 0;
  struct sigaction action {};
  action.sa_handler = [](int signal) {
    if (interrupts == 0) interrupts = signal;
  };
  action.sa_flags = SA_RESETHAND;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (signal == SIGHUP && before.sa_handler == SIG_IGN) continue;
    sigaction(signal, &action, nullptr);
    before_.emplace(signal, before);
  }
}

Session::~Session() {
  for (const auto& [signal, before] : before_) sigaction(signal, &before, nullptr);
}

int Session::interrupted() const { return interrupts; }

std::string interrupt_note(int signal) {
  return fmt::format("interrupted by SIG{}; the results are those of what was measured until then",
                     sigabbrev_np(signal));
}

// The first time, and again where it died.
void Session::make_peer_ready() {
  if (!peer_ || !peer_->alive()) {
    peer_.emplace(options_.peer_port, "/proc/self/exe", std::chrono::seconds(10), options_.peers);
  }
}

// Why the running trial cannot go on; empty while the peer lives.
std::string Session::look_at_peer() {
  if (!peer_ || peer_->alive()) return {};
  return "the peer " + peer_->end();
}

TrialRecord Session::measure(TrialSpec spec, const std::function<Standing(std::chrono::nanoseconds)>& said) {
  const auto started = std::chrono::steady_clock::now();
  TrialSetting setting{.host = host_, .build = build_};
  setting.look = [&]() -> std::string {
    progress_.show(said(std::chrono::steady_clock::now() - started));
    if (interrupted() != 0) return std::string(interruption);
    return look_at_peer();
  };
  try {
    take_command(spec, setting);
    if (options_.needs_peer) make_peer_ready();
    setting.peer = peer_ ? &*peer_ : nullptr;
    setting.look();
    return run_one_trial(spec, works_.of(spec), setting);
  } catch (const std::exception& error) {
    return failed_record(std::move(spec), setting, error.what());
  }
}

const TrialRecord& Session::run(TrialSpec spec, const std::function<Standing(std::chrono::nanoseconds)>& said,
                                const std::function<void(TrialRecord&)>& complete) {
  TrialRecord record = measure(std::move(spec), said);
  // A trial often notices that its connections broke before anybody notices that the peer is gone, and the next one
  // must not be given a peer that is about to be. A signal to all processes, as where a service is stopped, ends the
  // peer, too.
  if (record.status == Status::failed) {
    if (peer_) peer_->ends_within(until_a_killed_peer_is_gone);
    const std::string why = interrupted() != 0 ? std::string(interruption) : look_at_peer();
    if (!why.empty() && record.reason.find(why) == std::string::npos) {
      record.reason = why + "; " + record.reason;
    }
  }
  ideals_.apply(record);
  if (complete) complete(record);
  outputs_.add(record);
  put_histograms_away(record);
  return records_.emplace_back(std::move(record));
}

void Session::adopt(TrialRecord record) {
  ideals_.apply(record);
  put_histograms_away(record);
  records_.push_back(std::move(record));
}

void Session::put_histograms_away(TrialRecord& record) {
  if (options_.histograms == Histograms::kept) return;
  constexpr std::array latencies{&TrialRecord::queueing, &TrialRecord::service, &TrialRecord::response};
  if (options_.histograms == Histograms::merged && is_finding(record.status)) {
    const auto [found, is_first] = merged_.emplace(cell_key(record.spec), records_.size());
    if (is_first) return;
    TrialRecord& first = records_[found->second];
    for (const auto latency : latencies) {
      const auto& from = (record.*latency).histogram;
      if (auto& to = (first.*latency).histogram; from && to) to->merge(*from);
    }
    for (const ClassLatency& from : record.classes) {
      const auto to = std::ranges::find(first.classes, from.name, &ClassLatency::name);
      if (to != first.classes.end() && to->response.histogram && from.response.histogram) {
        to->response.histogram->merge(*from.response.histogram);
      }
    }
  }
  for (const auto latency : latencies) (record.*latency).histogram.reset();
  for (ClassLatency& one : record.classes) one.response.histogram.reset();
}

}  // namespace cbench
