#include "sweep/conformance/examiner.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "harness/arrivals.hpp"
#include "harness/clock.hpp"
#include "harness/orphans.hpp"
#include "harness/trial_process.hpp"
#include "record/trial_id.hpp"
#include "sweep/catalogue/command.hpp"
#include "sweep/verdict/trial_times.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_trial = 60s;
constexpr auto most_drain = 10s;  // of an open load, where slots are few
constexpr int most_tries = 3;
constexpr double little_tolerance = 0.1;
constexpr double tasks_for_little = 20;  // of each slot: with fewer, what is cut off at the window's ends counts

double seconds_since(std::uint64_t ns) { return static_cast<double>(ticks::from_kernel() - ns) / 1e9; }

// Whether one of its tasks is to fail: then its kernels cannot be timed here.
bool fails(const Work& work) {
  for (std::size_t i = 0; i < work.distinct(); ++i) {
    for (const Step& step : work.script(i)) {
      if (step.kind == StepKind::compute && step.kernel == Kernel::fault) return true;
    }
  }
  return false;
}

// Whether the mean over the turns tells how many requests the tasks of a window made: else it depends on which they
// were.
bool requests_are_known(const Answer& answer) {
  constexpr std::uint64_t rounds = 50;
  return answer.spec.load.kind == LoadKind::fixed || answer.known.work.distinct() == 1 ||
         answer.outcome.record->tasks >= rounds * answer.known.work.turns();
}

// Fixed work takes the order once round after round, so that who ran what is known exactly.
std::string classes_of_fixed(const Answer& answer) {
  const Work& work = answer.known.work;
  std::map<std::string, std::uint64_t> asked;
  for (std::uint64_t turn = 0; turn < answer.spec.load.tasks; ++turn) {
    ++asked[work.classes()[work.class_of(work.script_of(turn % work.turns()))]];
  }
  for (const auto& [name, tasks] : asked) {
    const auto found = answer.outcome.record->classes.find(name);
    if (name.empty() || found == answer.outcome.record->classes.end() || found->second.total() == tasks) continue;
    return fmt::format("{} tasks of the class {} finished instead of {}: tasks took other turns than asked for",
                       found->second.total(), name, tasks);
  }
  return {};
}

std::string little_contradicts(const Answer& answer) {
  const LoadSpec& load = answer.spec.load;
  if (load.kind != LoadKind::closed || answer.outcome.status != Status::ok || !answer.outcome.record) return {};
  const RecordEvent& record = *answer.outcome.record;
  if (static_cast<double>(record.tasks) < tasks_for_little * load.concurrency) return {};
  const double in_flight =
      static_cast<double>(record.tasks) / window_s_of(answer.spec, answer.outcome) * record.response.mean() / 1e9;
  if (std::abs(in_flight / load.concurrency - 1) <= little_tolerance) return {};
  return fmt::format(
      "throughput x mean response is {:.1f} tasks in flight, but {} were: the times are not those of its tasks",
      in_flight, load.concurrency);
}

}  // namespace

bool Answer::refused() const { return outcome.record && outcome.record->status == ChildStatus::unsupported; }
std::string Answer::refusal() const { return outcome.record ? outcome.record->reason : ""; }

double Answer::makespan_s() const { return outcome.record && outcome.window ? window_s_of(spec, outcome) : 0; }

std::string wrong_in(const Answer& answer) {
  const TrialOutcome& outcome = answer.outcome;
  if (outcome.status != Status::ok) return outcome.reason;
  if (outcome.record->status != ChildStatus::ok) {
    return fmt::format("the trial {}: {}", outcome.record->status == ChildStatus::failed ? "failed" : "was refused",
                       outcome.record->reason);
  }
  if (outcome.left_processes) return "processes of the trial were left behind when it had ended";
  if (std::string found =
          contradiction_in(answer.spec, answer.known, outcome, requests_are_known(answer) ? answer.peer : std::nullopt);
      !found.empty()) {
    return found;
  }
  if (std::string found = little_contradicts(answer); !found.empty()) return found;
  if (answer.spec.load.kind == LoadKind::fixed) {
    if (std::string found = classes_of_fixed(answer); !found.empty()) return found;
    const auto asked = static_cast<std::uint64_t>(
        std::llround(answer.known.work.requests_per_task() * static_cast<double>(answer.spec.load.tasks)));
    // The peer sent as many replies as there were requests, not one more or less.
    if (answer.peer && answer.spec.load.tasks % answer.known.work.turns() == 0 &&
        answer.peer->replies_in_window != asked) {
      return fmt::format("the peer sent {} replies, though the tasks make {} requests", answer.peer->replies_in_window,
                         asked);
    }
  }
  return {};
}

Examiner::Examiner(const ModelEntry& entry, TextMap settings, std::uint64_t seed)
    : entry_(entry), settings_(std::move(settings)), draws_(seed) {}

TrialWatch Examiner::watch(std::uint32_t workers) const {
  TrialWatch watch{.deadline = longest_trial, .look = {}, .window = {}};
  if (const auto command = entry_.command(settings_, workers)) {
    watch.command = command->arguments;
    watch.folder = command->folder;
    watch.environment = environment_with(command->environment);
  }
  return watch;
}

TrialOrder Examiner::order_of(const Question& question) {
  Work work(question.scripts, question.classes);
  const bool asks_peer = work.lanes() > 0;
  LoadSpec load = question.load;
  if (load.kind == LoadKind::fixed && !knows_fixed) {
    load = {.concurrency = load.concurrency, .warmup = 50ms, .duration = 400ms};
  }
  const std::uint64_t seed = draws_.between(0, UINT32_MAX);
  const std::uint16_t port = question.peer_port == 0 ? peer_.port() : question.peer_port;
  return {.trial = draw_trial_id(),
          .model = std::string(entry_.info.name),
          .settings = settings_,
          .workers = workers(question.workers),
          .seed = seed,
          .load = load,
          .most_warmup = load.warmup + load.duration,
          .open = {.seed_of_arrivals = seed_of_arrivals(seed), .drain = most_drain},
          .work = std::move(work),
          .peer_port = asks_peer ? port : std::uint16_t{0},
          .clock = ticks::source(),
          .digest_salt = entry_.is_native() ? 0 : draws_.between(0, UINT64_MAX - 1)};
}

std::string Examiner::line_of(const Question& question, const TrialOrder& order) const {
  const std::string line = to_line(order);
  if (!question.alter) return line;
  Json spec = parse_json(line, "spec");
  question.alter(spec);
  return to_line(spec);
}

Answer Examiner::ask(const Question& question) {
  TrialOrder order = order_of(question);
  Answer answer = answer_to(question, order);
  // A machine that holds up the tasks which are under way when the window begins or ends spoils their mean: less so in
  // a longer window, and hardly in every one.
  for (int tries = most_tries - 1; tries > 0 && !little_contradicts(answer).empty(); --tries) {
    order.trial = draw_trial_id();
    order.load.duration *= 2;
    answer = answer_to(question, order);
  }
  return answer;
}

Answer Examiner::answer_to(const Question& question, const TrialOrder& order) {
  Answer answer{.spec = {.model = order.model,
                         .settings = settings_,
                         .workload = "check",
                         .parameters = {},
                         .load = order.load,
                         .workers = order.workers,
                         .seed = order.seed},
                .known = {order.work, fails(order.work) ? LeastDemand{} : least_demand(order.work)},
                .outcome = {},
                .peer = {},
                .line = line_of(question, order)};
  TrialWatch watching = watch(order.workers);
  watching.line = answer.line;
  watching.peer_pid = peer_.pid();
  const bool bears_witness = order.peer_port == peer_.port();
  if (bears_witness && order.load.kind == LoadKind::fixed) peer_.watch();
  watching.window = [&](const WindowEvent& window) {
    if (bears_witness && window.end_ns) peer_.watch(window.begin_ns, *window.end_ns);
  };
  answer.outcome = run_trial(order, watching);
  if (bears_witness) answer.peer = peer_.counts();
  return answer;
}

TrialOutcome Examiner::say(const std::string& line) {
  const TrialOrder order = order_of({.scripts = {Steps{}}, .classes = {}, .load = {}});
  TrialWatch watching = watch(order.workers);
  watching.line = line;
  watching.deadline = 3s;
  return run_trial(order, watching);
}

Examiner::Ending Examiner::end_input_after(const Question& question, const std::string& event) {
  const TrialOrder order = order_of(question);
  Ending ending{.line = line_of(question, order)};
  const TrialWatch watching = watch(order.workers);
  TrialProcess child = start_trial_process(watching.command, watching.folder, watching.environment);
  const std::string said = ending.line + '\n';
  if (write(child.input.get(), said.data(), said.size()) != static_cast<ssize_t>(said.size())) {
    ending.wrong = "it did not read its spec";
  }
  const std::uint64_t began = ticks::from_kernel();
  std::string heard;
  std::string errors;
  const std::string mark = fmt::format("\"{}\"", event);
  while (ending.wrong.empty() && heard.find(mark) == std::string::npos) {
    pollfd news[] = {{child.events.get(), POLLIN, 0}, {child.errors.get(), POLLIN, 0}};
    poll(news, 2, 20);
    if (news[1].revents != 0) read_some(child.errors, errors);
    if (read_some(child.events, heard) == Read::end) ending.wrong = fmt::format("it ended before it said {}", event);
    if (seconds_since(began) > 20) ending.wrong = fmt::format("it did not say {} within 20 s", event);
  }
  const auto before = heard.size();
  child.input = Descriptor();
  const std::uint64_t closed = ticks::from_kernel();
  int status = 0;
  bool ended = false;
  while (!(ended = waitpid(child.pid, &status, WNOHANG) == child.pid) && seconds_since(closed) < 5) {
    pollfd end{child.end.get(), POLLIN, 0};
    poll(&end, 1, 5);
  }
  ending.lived_s = seconds_since(closed);
  if (ended && anyone_runs_in(child.pid)) {
    usleep(200'000);
    if (anyone_runs_in(child.pid) && ending.wrong.empty())
      ending.wrong = "processes were left behind when it had ended";
  }
  kill(-child.pid, SIGKILL);
  if (!ended) waitpid(child.pid, &status, 0);
  while (read_some(child.events, heard) == Read::something) {
  }
  if (ending.wrong.empty() && heard.find("\"record\"", before) != std::string::npos) {
    ending.wrong = "it said a record after its input had ended";
  }
  return ending;
}

}  // namespace cbench
