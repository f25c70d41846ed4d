#include "tests/contract/trial.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "harness/generator.hpp"
#include "harness/peer_process.hpp"
#include "tests/contract/left_out.hpp"

namespace cbench::contract_tests {
namespace {

constexpr unsigned deadline_s = sanitized ? 100 : 30;

std::atomic<const Load*> load_at_work{nullptr};

// What the model forked would outlive this process where it hangs as well. Only calls that a signal handler may make.
void kill_children() {
  char path[64];
  std::snprintf(path, sizeof(path), "/proc/self/task/%d/children", static_cast<int>(getpid()));
  char text[4096];
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  const ssize_t got = file < 0 ? 0 : read(file, text, sizeof(text) - 1);
  text[std::max<ssize_t>(got, 0)] = '\0';
  for (char* at = text; *at != '\0';) {
    char* end = nullptr;
    const long pid = std::strtol(at, &end, 10);
    if (end == at) break;
    if (pid > 0) kill(static_cast<pid_t>(pid), SIGKILL);
    at = end;
  }
}

void give_up(int) {
  const Load* load = load_at_work.load();
  char text[200];
  const int length = std::snprintf(
      text, sizeof(text), "\nFAILED: the model hangs: no end within %u s, %llu tasks finished; failure: %s\n",
      deadline_s, load == nullptr ? 0ULL : static_cast<unsigned long long>(load->recorder().finished()),
      load != nullptr && load->failure() ? "noted" : "none");
  [[maybe_unused]] const ssize_t wrote = write(STDERR_FILENO, text, static_cast<std::size_t>(length));
  kill_children();
  _exit(1);
}

Load load_of(const Work& work, const Plan& plan, const Candidate& candidate) {
  const std::uint32_t slots = std::min(plan.slots, candidate.info->most_in_flight);
  if (plan.rate_per_s == 0) return {work, slots, plan.tasks};
  return {work, slots, ArrivalRule{.rate_per_s = plan.rate_per_s, .poisson = true, .seed = 1}, false};
}

PeerProcess& peer() {
  static PeerProcess process(0, CBENCH_PEER_PROGRAM);
  return process;
}

}  // namespace

std::uint16_t peer_port() { return peer().port(); }
int peer_pid() { return peer().pid(); }

testing::AssertionResult did_its_work(const Outcome& outcome) {
  if (!outcome.failure.empty()) return testing::AssertionFailure() << outcome.failure;
  if (!outcome.digest_is_expected) return testing::AssertionFailure() << "the digest is not the expected one";
  return testing::AssertionSuccess();
}

Trial::Trial(const Candidate& candidate, const Plan& plan)
    : work_(plan.scripts, plan.classes),
      plan_(plan),
      load_(load_of(work_, plan, candidate)),
      connections_(work_.lanes() == 0 ? Connections()
                                      : Connections(plan.peer_port != 0 ? plan.peer_port : contract_tests::peer_port(),
                                                    load_.slots(), work_.lanes())),
      environment_{.load = load_,
                   .connections = connections_,
                   .workers = std::min(plan.workers, candidate.info->most_workers),
                   .slots = load_.slots(),
                   .lanes = work_.lanes(),
                   .locks = work_.locks(),
                   .settings = candidate.settings},
      model_(candidate.info->make(environment_)) {
  load_at_work = &load_;
}

Trial::~Trial() { load_at_work = nullptr; }

std::vector<Task> Trial::first_tasks() {
  std::vector<Task> tasks;
  for (std::uint32_t slot = 0; slot < slots(); ++slot) {
    if (const auto task = load_.first(slot)) tasks.push_back(*task);
  }
  return tasks;
}

void Trial::bring_arrivals() {
  OpenTimes times{.epoch = ticks::now() + ticks::from_ns(std::chrono::milliseconds(1))};
  times.begin = times.epoch;
  times.end = times.begin + ticks::from_ns(plan_.window);
  times.give_up = UINT64_MAX;
  load_.open(times);
  const WindowHooks hooks{.submit = [&](const Task& task) { model_->submit(task); },
                          .drain = {},
                          .announce = {},
                          .sleep =
                              [](std::chrono::nanoseconds time) {
                                std::this_thread::sleep_for(time);
                                return false;
                              }};
  Generator generator(load_, hooks);
  generator.run_until(times.end);
  generator.finish();
}

void Trial::start() {
  if (plan_.rate_per_s != 0) {
    started_ = std::chrono::steady_clock::now();
    return bring_arrivals();
  }
  const Ticks now = ticks::now();
  load_.set_window(now, plan_.window.count() == 0 ? UINT64_MAX : now + ticks::from_ns(plan_.window));
  started_ = std::chrono::steady_clock::now();
  load_.fill();
  while (const auto task = load_.next_first()) model_->submit(*task);
}

Outcome Trial::finish() {
  model_->drain();
  Outcome outcome;
  outcome.elapsed = std::chrono::steady_clock::now() - started_;
  outcome.failure = load_.failure().value_or("");
  outcome.digest_is_expected = load_.difference() == 0;
  outcome.finished = load_.recorder().finished();
  outcome.units = model_->units_created();
  outcome.queueing = load_.recorder().queueing();
  outcome.service = load_.recorder().service();
  outcome.response = load_.recorder().response();
  for (std::uint32_t i = 0; i < work_.classes().size(); ++i) {
    outcome.response_by_class.push_back(load_.recorder().response_of(i));
  }
  for (std::uint32_t slot = 0; slot < slots(); ++slot) outcome.finished_by_slot.push_back(load_.finished_by(slot));
  outcome.slot_spread = load_.finished_by_slots().spread();
  if (plan_.rate_per_s != 0) outcome.arrivals = load_.arrival_counts();
  return outcome;
}

Outcome run_trial(const Candidate& candidate, const Plan& plan) {
  Trial trial(candidate, plan);
  trial.start();
  return trial.finish();
}

void contract::SetUp() {
  for (const LeftOut& row : left_out) {
    if (row.candidate == GetParam().name()) GTEST_SKIP() << row.why;
  }
  ticks::calibrate();
  struct sigaction action {};
  action.sa_handler = give_up;
  sigaction(SIGALRM, &action, nullptr);
  alarm(deadline_s);
}

void contract::TearDown() { alarm(0); }

void contract::expect_overlap(const Plan& plan, std::uint32_t waits, std::chrono::nanoseconds time) const {
  // What waits one by one does so every time.
  for (int tries = 8; tries > 0; --tries) {
    Trial trial(GetParam(), plan);
    const std::uint32_t at_once = std::min(waits, trial.model().most_waiting());
    const auto one_by_one = waits * time;
    const auto overlapping = (waits + at_once - 1) / at_once * time;
    trial.start();
    const Outcome outcome = trial.finish();
    EXPECT_TRUE(did_its_work(outcome));
    EXPECT_GE(outcome.elapsed, overlapping * 99 / 100);
    if (trial.slots() < plan.slots || at_once == 1 || outcome.elapsed < (one_by_one + overlapping) / 2) return;
    if (tries == 1)
      ADD_FAILURE() << waits << " waits took " << outcome.elapsed.count() << " ns; " << at_once << " were to overlap";
  }
}

INSTANTIATE_TEST_SUITE_P(every_model, contract, testing::ValuesIn(candidates()),
                         [](const testing::TestParamInfo<Candidate>& about) {
                           std::string name = about.param.name();
                           for (char& letter : name) {
                             if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
                           }
                           return name;
                         });

}  // namespace cbench::contract_tests
