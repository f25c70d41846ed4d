#include "harness/trial.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.hpp"
#include "harness/finished_tasks.hpp"
#include "harness/host.hpp"
#include "harness/orphans.hpp"
#include "harness/trial_process.hpp"
#include "system/child_process.hpp"
#include "system/cpus.hpp"
#include "system/process_tree.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds look_every = 50ms;
constexpr std::chrono::nanoseconds memory_every = 250ms;
constexpr std::size_t most_event_bytes = std::size_t{64}
                                         << 20U;      // three full histograms and as many classes take 10 MB
constexpr auto grace = 5s;                            // for a process to end once its input has
constexpr int most_reads = 64;                        // of one pipe, before the others have their turn
constexpr std::chrono::nanoseconds stopped_for = 1s;  // between two looks: then the parent itself did not run

std::uint64_t now_ns() { return ticks::from_kernel(); }

std::uint64_t later(std::uint64_t instant, std::chrono::nanoseconds time) {
  return instant + static_cast<std::uint64_t>(time.count());
}

// What a child says on standard error, in which the one line is looked for that says why it ended.
class LastWords {
 public:
  // What is read is appended to this, and then noted.
  std::string& text() { return text_; }

  void note() {
    for (std::size_t begin = 0; telling_.empty() && begin < text_.size();) {
      const auto end = text_.find('\n', begin);
      if (end == std::string::npos) break;
      const std::string_view line = std::string_view(text_).substr(begin, end - begin);
      const auto begins = [&](std::string_view mark) { return line.starts_with(mark); };
      if (std::ranges::any_of(marks, begins)) telling_ = line;
      begin = end + 1;
    }
    if (text_.size() > kept_bytes) text_.erase(0, text_.size() - kept_bytes);
  }

  // Where a runtime says why before it says where, that; else the last line.
  std::string line() const {
    if (!telling_.empty()) return as_reason(telling_);
    const auto end = text_.find_last_not_of("\r\n \t");
    if (end == std::string::npos) return {};
    const auto before = text_.find_last_of('\n', end);
    const auto begin = before == std::string::npos ? 0 : before + 1;
    return as_reason(text_.substr(begin, end - begin + 1));
  }

 private:
  static constexpr std::size_t kept_bytes = 2000;
  static constexpr std::array<std::string_view, 4> marks{"fatal error: ", "panic: ",  // Go
                                                         "FATAL ERROR: ",             // Node.js
                                                         "Exception in thread "};     // Java
  std::string text_;
  std::string telling_;
};

// Of all threads that a process and its descendants have now, for how long each was ready to run and did not. Infinite
// where more of them are ready than there are CPUs: one that has not run yet may hold a lock that the others wait for,
// and for how long nobody tells.
double waited_for_cpu_s(pid_t root) {
  double seconds = 0;
  bool known = false;
  std::size_t ready = 0;
  for (const pid_t process : process_tree(root)) {
    std::error_code error;
    for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process), error)) {
      double ran_ns = 0;
      double waited_ns = 0;
      if (std::ifstream(thread.path() / "schedstat") >> ran_ns >> waited_ns) known = true;
      seconds += waited_ns / 1e9;
      std::string stat;
      std::getline(std::ifstream(thread.path() / "stat"), stat);
      if (stat.find(") R ") != std::string::npos) ++ready;
    }
  }
  if (ready > allowed_cpus().size()) known = false;
  return known ? seconds : std::numeric_limits<double>::infinity();
}

// In the units of --max-memory.
std::string binary_size(std::uint64_t bytes) {
  return bytes < 10U << 20U ? fmt::format("{} KiB", bytes >> 10U) : fmt::format("{} MiB", bytes >> 20U);
}

// One trial while it runs.
class Conversation {
 public:
  Conversation(const TrialOrder& order, const TrialWatch& watch)
      : watch_(watch),
        order_(order),
        to_say_((watch.line.empty() ? to_line(order) : watch.line) + '\n'),
        started_ns_(now_ns()),
        child_(start_trial_process(watch.command, watch.folder, watch.environment)),
        meter_(child_.pid, watch.peer_pid, order.trial, watch.housekeepers),
        stolen_before_s_(host_activity().steal_s) {
    outcome_.started_ns = looked_ns_ = silent_ns_ = started_ns_;
    if (watch.deadline > 0ns) deadline_ns_ = later(started_ns_, watch.deadline);
  }
  ~Conversation() {
    if (collected_) return;
    kill(-child_.pid, SIGKILL);
    waitpid(child_.pid, nullptr, 0);
    orphans_.end();
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  TrialOutcome run() {
    while (!over_) {
      wait_for_news();
      take_readings();
      hear();
      if (!over_) look();
    }
    collect();
    outcome_.measures = meter_.measures();
    return std::move(outcome_);
  }

 private:
  void wait_for_news() {
    pollfd waits[] = {{child_.events.get(), POLLIN, 0},
                      {errors_open_ ? child_.errors.get() : -1, POLLIN, 0},
                      {child_.end.get(), POLLIN, 0},
                      {to_say_.empty() ? -1 : child_.input.get(), POLLOUT, 0}};
    std::uint64_t until = later(now_ns(), look_every);
    if (const auto next = next_reading()) until = std::min(until, *next);
    const std::uint64_t now = now_ns();
    const std::uint64_t left = until > now ? until - now : 0;
    const timespec time{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    ppoll(waits, std::size(waits), &time, nullptr);
    if (waits[3].revents != 0) speak();
    child_has_ended_ = waits[2].revents != 0;
  }

  // The order may be longer than a pipe holds.
  void speak() {
    const ssize_t wrote = write(child_.input.get(), to_say_.data(), to_say_.size());
    if (wrote > 0) to_say_.erase(0, static_cast<std::size_t>(wrote));
    if (wrote < 0 && errno != EAGAIN && errno != EINTR) to_say_.clear();  // it has ended, or does not listen
  }

  std::optional<std::uint64_t> next_reading() const {
    if (!outcome_.window) return std::nullopt;
    if (!begin_read_) return outcome_.window->begin_ns;
    if (!end_read_) return outcome_.window->end_ns;
    return std::nullopt;
  }

  void take_readings() {
    for (auto next = next_reading(); next && now_ns() >= *next; next = next_reading()) {
      if (!begin_read_) {
        meter_.begin(*next);
        begin_read_ = true;
      } else {
        meter_.end(*next);
        end_read_ = true;
        look_for_others();
      }
    }
  }

  // Processes of the trial that the meter does not know of: their CPU time and memory stand nowhere.
  void look_for_others() {
    const std::size_t there = process_tree(child_.pid).size();
    const std::size_t others =
        there - std::min(there, meter_.processes()) + orphans_.running_beside(child_.pid, Orphans::Which::all);
    outcome_.hidden_processes = std::max(outcome_.hidden_processes, others);
  }

  // Takes in what was said; of somebody who never stops talking, so much that the clock has its turn, too.
  void hear() {
    hear_errors();
    Read events = Read::something;
    for (int i = 0; i < most_reads && !over_ && events == Read::something; ++i) {
      const std::uint64_t looked = now_ns();
      events = read_some(child_.events, said_);
      take_events();
      if (events == Read::nothing) silent_ns_ = looked;
    }
    if (events == Read::end && !child_has_ended_) closed_events_ = true;
    // Whoever else holds the pipe open (a daemon that a runtime left behind) says nothing that counts.
    if (!over_ && (events == Read::end || (child_has_ended_ && events == Read::nothing))) over_ = true;
  }

  void hear_errors() {
    Read errors = Read::something;
    for (int i = 0; i < most_reads && errors_open_ && errors == Read::something; ++i) {
      errors = read_some(child_.errors, last_words_.text());
      last_words_.note();
    }
    if (errors == Read::end) errors_open_ = false;
  }

  void take_events() {
    std::size_t begin = 0;
    for (auto end = said_.find('\n', searched_); end != std::string::npos && !over_; end = said_.find('\n', begin)) {
      const std::string_view line = std::string_view(said_).substr(begin, end - begin);
      begin = end + 1;
      heard_bytes_ += line.size();
      try {
        std::visit([this](auto&& event) { take(std::forward<decltype(event)>(event)); }, parse_event(line));
      } catch (const std::exception& error) {
        fail(fmt::format("it said on descriptor 3 what is no event: {}", error.what()));
      }
    }
    said_.erase(0, begin);
    searched_ = said_.size();
    if (!over_ && said_.size() + heard_bytes_ > most_event_bytes) {
      fail(fmt::format("it said more than {} MiB on descriptor 3", most_event_bytes >> 20U));
    }
  }

  void take(ReadyEvent event) {
    if (outcome_.ready) return fail("it said ready twice");
    outcome_.setup_s = static_cast<double>(now_ns() - started_ns_) / 1e9;
    outcome_.unready_ns = silent_ns_;
    meter_.ready(event.processes);
    outcome_.ready = std::move(event);
  }

  void take(WindowEvent event) {
    if (!outcome_.ready) return fail("it opened the window before it was ready");
    if (outcome_.window) return fail("it opened a second window");
    outcome_.window = event;
    outcome_.untold_ns = silent_ns_;
    if (watch_.window) watch_.window(event);
    take_readings();
    // A trial of many threads may take long to say a word, though its parent does not.
    if (silent_ns_ > later(event.begin_ns, most_untold)) {
      outcome_.held_up_s = waited_for_cpu_s(child_.pid) + host_activity().steal_s - stolen_before_s_;
    }
  }

  void take(EndedEvent) {
    if (!outcome_.window) return fail("it ended before it opened the window");
    if (ended_) return fail("it ended twice");
    ended_ = true;
    outcome_.unended_ns = silent_ns_;
    outcome_.ended_ns = now_ns();
    if (!outcome_.ready->processes) outcome_.life_cpu_s = cpu_seconds_of(child_.pid);
    take_readings();  // of a parent that was held up, the window may have ended since it last looked at the clock
    if (!outcome_.window->end_ns && !end_read_) {
      meter_.end(now_ns());
      end_read_ = true;
    }
    meter_.look();
    look_for_others();
  }

  void take(RecordEvent event) {
    if (event.trial != order_.trial) return fail(fmt::format("it said the record of another trial, {}", event.trial));
    if (event.status == ChildStatus::ok && (!outcome_.window || !end_read_)) {
      return fail("it said a record before its window had ended");
    }
    if (event.status == ChildStatus::ok && !ended_) return fail("it said a record before it had ended");
    if (event.lists_tasks && event.status == ChildStatus::ok) {
      try {
        count_finished(order_, *outcome_.window, event, {.started_ns = started_ns_, .heard_ns = now_ns()});
      } catch (const std::exception& error) {
        return fail(error.what());
      }
    }
    // As if nothing had been added to the digests that it was told.
    event.difference += order_.digest_salt * event.tasks_total;
    outcome_.record = std::move(event);
    outcome_.heard_ns = now_ns();
    over_ = true;
  }

  std::string_view awaited() const {
    if (!outcome_.ready) return "it was not ready for its first task";
    if (!outcome_.window) return "its warm-up went on";
    return ended_ ? "it had ended its tasks, and said no record" : "its window was open, or tasks still ran";
  }

  void look() {
    // Time in which the parent was stopped (Ctrl-Z, a debugger, a frozen container) is no time in which a trial hung:
    // what was said meanwhile has been heard by now, and who is not over has that much longer.
    const std::uint64_t now = now_ns();
    if (now > later(looked_ns_, stopped_for)) {
      deadline_ns_ += now - looked_ns_;
      outcome_.stopped_s += static_cast<double>(now - looked_ns_) / 1e9;
    }
    looked_ns_ = now;
    if (watch_.deadline > 0ns && now > deadline_ns_) {
      return fail(fmt::format("it was not over after {}: {}; a hang, or work that needs a longer --timeout",
                              format_duration(watch_.deadline), awaited()),
                  Status::timed_out);
    }
    if (now_ns() >= next_memory_ns_) {
      next_memory_ns_ = later(now_ns(), memory_every);
      const std::uint64_t resident = ended_ ? meter_.resident() : meter_.look();
      if (watch_.max_memory_bytes != 0 && resident > watch_.max_memory_bytes) {
        return fail(fmt::format("it used {} of memory, more than the {} of --max-memory", binary_size(resident),
                                binary_size(watch_.max_memory_bytes)));
      }
    }
    if (watch_.look && now_ns() >= next_look_ns_) {
      next_look_ns_ = later(now_ns(), look_every);
      if (auto reason = watch_.look(); !reason.empty()) fail(std::move(reason));
    }
  }

  void fail(std::string reason, Status status = Status::failed) {
    outcome_.status = status;
    outcome_.reason = std::move(reason);
    outcome_.record.reset();
    over_ = true;
    cut_ = true;
  }

  // Ends the process by the end of its input, or by force where it was cut off or does not listen. Whatever it forked
  // ends with it, also what has left its group.
  void collect() {
    child_.input = Descriptor();
    int status = 0;
    const std::uint64_t until = cut_ ? 0 : later(now_ns(), grace);
    bool by_force = false;
    while (waitpid(child_.pid, &status, WNOHANG) == 0) {
      if (now_ns() >= until) {
        kill(-child_.pid, SIGKILL);
        waitpid(child_.pid, &status, 0);
        by_force = true;
        break;
      }
      pollfd end{child_.end.get(), POLLIN, 0};
      poll(&end, 1, 20);
      hear_errors();  // or it may wait for room in the pipe
    }
    // Helpers that are about to end have a moment to do so.
    const auto daemons = [&] { return orphans_.running_beside(child_.pid, Orphans::Which::have_left_its_group); };
    const auto anyone_runs = [&] { return anyone_runs_in(child_.pid) || daemons() > 0; };
    for (int moments = 0; !by_force && !cut_ && anyone_runs(); ++moments) {
      if (moments == 20) {
        outcome_.left_processes = true;
        outcome_.daemons = daemons();
        break;
      }
      poll(nullptr, 0, 10);
    }
    kill(-child_.pid, SIGKILL);
    orphans_.end();
    collected_ = true;
    if (!cut_) judge(status, by_force);
  }

  void judge(int status, bool by_force) {
    hear_errors();
    const std::string line = last_words_.line();
    const std::string words = line.empty() ? "" : ": " + line;
    if (!outcome_.record) {
      if (by_force && closed_events_) {
        outcome_.reason = fmt::format("it closed descriptor 3, left no record and did not end within {}{}",
                                      format_duration(grace), words);
        return;
      }
      outcome_.reason = fmt::format("the trial's process {} and left no record{}", how_it_ended(status), words);
      if (!said_.empty())
        outcome_.reason += fmt::format("; its last {} bytes on descriptor 3 are no whole event", said_.size());
      return;
    }
    read_some(child_.events, said_);
    if (said_.find_first_not_of(" \r\n") != std::string::npos) {
      outcome_.reason = "it said more on descriptor 3 after its record";
    } else if (by_force) {
      outcome_.reason = "the trial's process said its record and did not end when its input had";
    } else if (WIFSIGNALED(status) || WEXITSTATUS(status) > 1) {
      outcome_.reason = fmt::format("the trial's process said its record and {}{}", how_it_ended(status), words);
    } else {
      outcome_.status = Status::ok;
    }
  }

  const TrialWatch& watch_;
  const TrialOrder& order_;
  std::string to_say_;
  std::uint64_t started_ns_;
  Orphans orphans_;  // before there is a child
  TrialProcess child_;
  TrialMeter meter_;
  double stolen_before_s_;  // by the hypervisor
  TrialOutcome outcome_;
  std::string said_;          // on descriptor 3, not yet a whole line
  std::size_t searched_ = 0;  // of that, for the end of a line
  std::size_t heard_bytes_ = 0;
  LastWords last_words_;
  std::uint64_t next_look_ns_ = 0;
  std::uint64_t next_memory_ns_ = 0;
  std::uint64_t deadline_ns_ = 0;
  std::uint64_t looked_ns_ = 0;
  std::uint64_t silent_ns_ = 0;  // when the parent last looked at descriptor 3 and there was nothing
  bool closed_events_ = false;   // while it ran
  bool errors_open_ = true;
  bool child_has_ended_ = false;
  bool begin_read_ = false;
  bool end_read_ = false;
  bool ended_ = false;
  bool over_ = false;
  bool collected_ = false;
  bool cut_ = false;  // by the parent: there is nothing to wait for
};

}  // namespace

TrialOutcome run_trial(const TrialOrder& order, const TrialWatch& watch) {
  try {
    return Conversation(order, watch).run();
  } catch (const std::exception& error) {
    TrialOutcome outcome;
    outcome.reason = error.what();
    return outcome;
  }
}

}  // namespace cbench
