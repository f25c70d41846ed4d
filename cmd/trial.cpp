#include "cmd/trial.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <CLI/App.hpp>

#include "harness/clock.hpp"
#include "harness/connections.hpp"
#include "harness/kernel_limits.hpp"
#include "harness/load.hpp"
#include "harness/protocol.hpp"
#include "harness/window.hpp"
#include "models/model.hpp"
#include "sweep/program_facts.hpp"
#include "text/json_text.hpp"
#include "text/quantity.hpp"
#include "workloads/script_json.hpp"

namespace cbench {
namespace {

constexpr int event_descriptor = 3;
constexpr std::uint32_t few_workers = 64;  // any machine has room for their threads

void say(std::string line) {
  line += '\n';
  std::string_view text = line;
  while (!text.empty()) {
    const ssize_t wrote = write(event_descriptor, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) throw std::system_error(errno, std::generic_category(), "descriptor 3 takes no events");
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

// One line of standard input; what was there before its end where it ends without one.
std::string read_order() {
  std::string text;
  char buffer[16384];  // little: stacks may be (ulimit -s)
  while (text.find('\n') == std::string::npos) {
    const ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text.substr(0, text.find('\n'));
}

// Nothing is ever said on standard input after the order: what can be read is its end.
bool input_ends_within(std::chrono::nanoseconds time) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  const timespec wait{static_cast<time_t>(time.count() / 1'000'000'000),
                      static_cast<long>(time.count() % 1'000'000'000)};
  return ppoll(&input, 1, &wait, nullptr) > 0;
}

// While tasks drain nobody looks at the input. Its end is the end of this process then, by SIGIO, which is what that
// signal does where nobody catches it: a task may wait for an hour.
class EndsWithInput {
 public:
  EndsWithInput() : flags_(fcntl(STDIN_FILENO, F_GETFL)) {
    std::signal(SIGIO, SIG_DFL);  // NOLINT(cert-err33-c): it can be caught
    fcntl(STDIN_FILENO, F_SETOWN, getpid());
    fcntl(STDIN_FILENO, F_SETFL, flags_ | O_ASYNC);
    if (input_ends_within(std::chrono::nanoseconds(0))) _exit(1);
  }
  ~EndsWithInput() { fcntl(STDIN_FILENO, F_SETFL, flags_); }
  EndsWithInput(const EndsWithInput&) = delete;
  EndsWithInput& operator=(const EndsWithInput&) = delete;

 private:
  int flags_;
};

void wait_for_end_of_input() {
  char buffer[4096];
  ssize_t got = 0;
  do {
    got = read(STDIN_FILENO, buffer, sizeof buffer);
  } while (got > 0 || (got < 0 && errno == EINTR));
}

const ModelInfo& model_of(const TrialOrder& order) {
  const ModelInfo* info = find_model(order.model);
  if (info == nullptr) throw std::runtime_error(fmt::format("this program has no model \"{}\"", order.model));
  if (info->make == nullptr) throw std::runtime_error(fmt::format("{} is absent: {}", info->name, info->absent));
  return *info;
}

void count(const Load& load, std::uint32_t asked_slots, RecordEvent& record) {
  const Recorder& recorder = load.recorder();
  record.queueing = recorder.queueing();
  record.service = recorder.service();
  record.response = recorder.response();
  const std::vector<std::uint64_t> slices = recorder.finished_by_slice();
  record.tasks = std::accumulate(slices.begin(), slices.end(), std::uint64_t{0});
  record.tasks_total = recorder.finished();
  record.difference = load.difference();
  const Load::Slots slots = load.finished_by_slots();
  record.fewest_of_a_slot = load.slots() < asked_slots ? 0 : slots.fewest;  // the others had no task
  record.most_of_a_slot = slots.most;
  const std::vector<std::string>& classes = load.work().classes();
  if (classes.size() == 1 && classes.front().empty()) return;
  for (std::uint32_t i = 0; i < classes.size(); ++i) record.classes.emplace(classes[i], recorder.response_of(i));
}

Load load_of(const TrialOrder& order) {
  const LoadSpec& spec = order.load;
  if (spec.kind != LoadKind::open) return {order.work, slots_in_use(spec), spec.tasks};
  return {order.work, spec.concurrency, arrival_rule(spec, order.open.seed_of_arrivals), spec.shed};
}

void run(const TrialOrder& order, RecordEvent& record) {
  const ModelInfo& info = model_of(order);
  const Work& work = order.work;
  const std::uint32_t slots = slots_in_use(order.load);
  if (order.workers > few_workers) {
    if (const auto why = why_not_threads(order.workers, "/", "on fewer workers")) throw std::runtime_error(*why);
  }
  const Connections connections = work.lanes() == 0 ? Connections() : Connections(order.peer_port, slots, work.lanes());
  Load load = load_of(order);
  const Environment environment{.load = load,
                                .connections = connections,
                                .workers = order.workers,
                                .slots = slots,
                                .lanes = work.lanes(),
                                .locks = work.locks(),
                                .settings = order.settings};
  const std::unique_ptr<Model> model = info.make(environment);
  say(to_line(
      ReadyEvent{.runtime = {{"name", "native"}, {"version", std::string(info.version)}}, .processes = info.forks}));

  const WindowOutcome outcome =
      run_window(order.load, {.most_warmup = order.most_warmup, .drain = order.open.drain}, load,
                 {.submit = [&](const Task& task) { model->submit(task); },
                  .drain =
                      [&] {
                        const EndsWithInput ends;
                        model->drain();
                      },
                  .announce = [](const WindowEvent& event) { say(to_line(event)); },
                  .sleep = input_ends_within});
  say(to_line(EndedEvent{}));
  record.finish_ns = outcome.finish_ns;
  record.settled = outcome.settled;
  record.switches = outcome.switches;
  if (info.forks) record.switches.reset();  // those of its processes are not among them
  record.units = model->units_created();
  count(load, order.load.concurrency, record);
  if (order.load.kind == LoadKind::open) {
    record.arrivals = load.arrival_counts();
    record.arrivals->generator_cpu = outcome.generator_cpu;
  }
  if (order.load.kind != LoadKind::fixed) record.slices = load.recorder().finished_by_slice();
  record.status = load.failure() ? ChildStatus::failed : ChildStatus::ok;
  record.reason = load.failure().value_or("");
}

// Of a spec that cannot be run: the record repeats the id of the trial all the same. Empty where there is none.
std::string trial_of(const std::string& line) {
  try {
    return parse_json(line, "spec").value("trial", std::string());
  } catch (const std::exception&) {
    return {};
  }
}

RecordEvent record_of_this_trial(const std::string& line) {
  RecordEvent record;
  try {
    const TrialOrder order = parse_order(line);
    record.trial = order.trial;
    if (order.clock) {
      ticks::adopt(*order.clock);
    } else {
      ticks::calibrate();
    }
    run(order, record);
  } catch (const UnsupportedStep& error) {
    record.trial = trial_of(line);
    record.status = ChildStatus::unsupported;
    record.reason = error.what();
  } catch (const std::exception& error) {
    record.trial = trial_of(line);
    record.status = ChildStatus::failed;
    record.reason = error.what();
  }
  return record;
}

// A person who tries it: where there is no such descriptor, one that is opened later would get its number, and the
// events.
void check_event_descriptor() {
  if (fcntl(event_descriptor, F_GETFD) >= 0) return;
  throw UsageError(
      "a spec as one line of JSON is expected on standard input (docs/protocol.md), and descriptor 3 is closed, on "
      "which its events are said");
}

int trial_command() {
  check_event_descriptor();
  // Ends with its parent, whatever ends that. One that is dead already has closed the input, which is seen below.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::string line = read_order();
  if (line.empty()) {
    throw UsageError(
        "a spec as one line of JSON is expected on standard input (docs/protocol.md), which ended without one");
  }
  const RecordEvent record = record_of_this_trial(line);
  // Whoever has closed the input wants no record any more.
  if (input_ends_within(std::chrono::nanoseconds(0))) return 1;
  say(to_line(record));
  // The parent looks at this process until then.
  wait_for_end_of_input();
  return record.status == ChildStatus::ok ? 0 : 1;
}

}  // namespace

void add_trial_command(CLI::App& app, int& exit_code) {
  CLI::App* trial =
      app.add_subcommand("trial", "Run one trial: a spec as JSON on standard input, events on descriptor 3");
  trial->group("Used by cbench itself");
  trial->footer(
      "docs/protocol.md says what stands in both; `cbench check-model` holds a model of your own against it.");
  trial->callback([&exit_code] { exit_code = trial_command(); });
}

}  // namespace cbench
