#include "sweep/conformance/conformance.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "sweep/conformance/examiner.hpp"
#include "sweep/conformance/wrong_peer.hpp"
#include "text/fitted.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 7> step_names{"mix",     "primes",   "memory", "wait",
                                                     "request", "critical", "fan_out"};
constexpr int tries = 3;  // of what the rest of the machine can spoil
constexpr double longest_end_s = 1;

LoadSpec fixed(std::uint32_t concurrency, std::uint64_t tasks) {
  return {.kind = LoadKind::fixed, .concurrency = concurrency, .tasks = tasks};
}
LoadSpec closed(std::uint32_t concurrency, std::chrono::nanoseconds duration) {
  return {.concurrency = concurrency, .warmup = 100ms, .duration = duration};
}

Finding kept(std::string words = {}) { return {Compliance::kept, std::move(words), {}}; }

// Of a trial that ought to be ok.
Finding judged(const Answer& answer, std::string words = {}) {
  if (answer.refused()) return {Compliance::refused, answer.refusal(), answer.line};
  if (std::string wrong = wrong_in(answer); !wrong.empty()) return {Compliance::broken, std::move(wrong), answer.line};
  return kept(std::move(words));
}

Finding broken(std::string words, std::string line) { return {Compliance::broken, std::move(words), std::move(line)}; }

std::string shortened(const std::string& reason) {
  constexpr std::size_t most = 60;
  return reason.size() <= most ? reason : reason.substr(0, most) + "...";
}

// Some step that the model knows, quick and small.
Steps small(Examiner& examiner) {
  for (const std::string_view name : {"mix", "wait", "primes", "memory", "request"}) {
    if (examiner.known.contains(name)) return draw_step(name, examiner.draws(), {});
  }
  return {};
}

Finding refused(std::string words) { return {Compliance::refused, std::move(words), {}}; }
Finding lacks(std::string_view step) { return refused(fmt::format("it knows no {}", step)); }

// ---- what tasks do ----

Finding examine_steps(Examiner& examiner) {
  std::vector<std::string> refused;
  std::string no_fixed;  // why it knows no fixed work
  for (const std::string_view name : step_names) {
    Question question{.scripts = {}, .classes = {}, .load = fixed(examiner.in_flight(3), 12)};
    for (int i = 0; i < 4; ++i) question.scripts.push_back(draw_step(name, examiner.draws(), small(examiner)));
    Answer answer = examiner.ask(question);
    // Whoever knows no fixed work is asked for closed loops in its place.
    if (examiner.knows_fixed && answer.refused() && answer.refusal().find("fixed") != std::string::npos) {
      examiner.knows_fixed = false;
      no_fixed = answer.refusal();
      answer = examiner.ask(question);
    }
    if (answer.refused()) {
      if (answer.outcome.ready) return broken("it refuses a step after it has said ready", answer.line);
      refused.push_back(fmt::format("{} ({})", name, shortened(answer.refusal())));
      continue;
    }
    if (const Finding finding = judged(answer); finding.compliance == Compliance::broken) {
      return broken(fmt::format("{}: {}", name, finding.words), finding.line);
    }
    examiner.known.emplace(name);
  }
  if (examiner.known.empty()) return {Compliance::broken, "it knows no step at all: " + refused.front(), {}};
  if (!examiner.knows_fixed) refused.push_back(fmt::format("fixed work ({})", shortened(no_fixed)));
  return kept(refused.empty() ? "" : fmt::format("refused: {}", fmt::join(refused, "; ")));
}

Finding examine_nesting(Examiner& examiner) {
  const bool locks = examiner.known.contains("critical");
  const bool branches = examiner.known.contains("fan_out");
  if (!locks && !branches) return refused("it knows neither critical nor fan_out");
  for (const std::uint32_t workers : {1U, 2U}) {
    Question question{.scripts = {}, .classes = {}, .load = fixed(examiner.in_flight(7), 42), .workers = workers};
    for (int i = 0; i < 6; ++i) question.scripts.push_back(draw_nested(examiner.known, examiner.draws(), 3));
    if (Finding finding = judged(examiner.ask(question)); finding.compliance != Compliance::kept) return finding;
  }
  if (locks && branches) return kept();
  return kept(locks ? "criticals alone: it knows no fan_out" : "branches alone: it knows no critical");
}

Finding examine_classes(Examiner& examiner) {
  Draws& draws = examiner.draws();
  const std::vector<std::string> names{"a" + draws.word(), "b " + draws.word(), "c" + draws.word()};
  for (const LoadSpec& load : {fixed(examiner.in_flight(5), 70), closed(examiner.in_flight(5), 300ms)}) {
    Question question{.scripts = {}, .classes = {}, .load = load};
    for (int i = 0; i < 7; ++i) {
      question.scripts.push_back(draw_nested(examiner.known, draws, 1));
      question.classes.push_back(names[draws.between(0, names.size() - 1)]);
    }
    if (Finding finding = judged(examiner.ask(question)); finding.compliance != Compliance::kept) return finding;
  }
  return kept();
}

// ---- how tasks come ----

Finding examine_fixed(Examiner& examiner) {
  if (!examiner.knows_fixed) return lacks("fixed work");
  const std::uint64_t tasks = examiner.draws().between(50, 150);
  Question question{.scripts = {small(examiner)}, .classes = {}, .load = fixed(examiner.in_flight(9), tasks)};
  if (Finding finding = judged(examiner.ask(question)); finding.compliance != Compliance::kept) return finding;
  question.load = fixed(examiner.in_flight(9), std::min(examiner.in_flight(9), 3U));
  return judged(examiner.ask(question));
}

// Of tasks that wait, some wait longer: by Little's law the times of all cannot be those of a few.
Finding examine_closed(Examiner& examiner) {
  Question question{.scripts = {small(examiner)}, .classes = {}, .load = closed(examiner.in_flight(8), 500ms)};
  if (examiner.known.contains("wait")) {
    const auto time = examiner.draws().time(2000, 4000);
    question.scripts = {wait(time), wait(3 * time)};
  }
  const Answer answer = examiner.ask(question);
  Finding finding = judged(answer);
  if (finding.compliance == Compliance::kept && answer.outcome.record->fewest_of_a_slot == 0) {
    return broken("a slot finished no task within the window, though others did many", answer.line);
  }
  return finding;
}

// Arrivals that all find a slot, and more than find one: those that do not wait, or are shed.
Finding examine_open(Examiner& examiner) {
  const Steps steps = examiner.known.contains("wait") ? wait(examiner.draws().time(3000, 8000)) : small(examiner);
  for (const bool shed : {false, true}) {
    for (const std::uint32_t slots : {64U, 2U}) {
      const LoadSpec load{.kind = LoadKind::open,
                          .concurrency = examiner.in_flight(slots),
                          .rate_per_s = static_cast<double>(examiner.draws().between(600, 900)),
                          .poisson = true,
                          .shed = shed,
                          .warmup = 100ms,
                          .duration = 400ms};
      const Answer answer = examiner.ask({.scripts = {steps}, .classes = {}, .load = load});
      if (Finding finding = judged(answer); finding.compliance != Compliance::kept) return finding;
    }
  }
  return kept();
}

// How many waits the model can have under way, as far as it says so.
std::uint32_t most_waiting(const Examiner& examiner) {
  const ModelEntry& entry = examiner.entry();
  if (entry.info.most_in_flight == 1) return 1;
  const std::uint32_t workers = std::min(2U, entry.info.most_workers);
  if (entry.is_native()) return workers;  // the contract tests know more of them
  return entry.described->waits_block_workers ? workers : UINT32_MAX;
}

Finding examine_in_flight(Examiner& examiner) {
  constexpr std::uint32_t most = 10'000;
  const std::uint32_t wanted = examiner.in_flight(most);
  // Where few wait at once the others queue: the waits are so short that all have their turn soon.
  const bool few = most_waiting(examiner) < 100;
  const Steps steps = !examiner.known.contains("wait") ? small(examiner) : few ? wait(50us) : wait(5ms);
  const Answer answer = examiner.ask({.scripts = {steps}, .classes = {}, .load = fixed(wanted, wanted)});
  std::string words =
      fmt::format("{} in flight{}", human_count(wanted), wanted < most ? ", which is the most that it says" : "");
  words += examiner.knows_fixed ? fmt::format(": {:.2f} s, ", answer.makespan_s()) : ": a closed loop, ";
  return judged(answer, words + human_bytes(static_cast<double>(answer.outcome.measures.peak_resident)));
}

// ---- waiting ----

Finding examine_waiting(Examiner& examiner) {
  if (!examiner.known.contains("wait")) return lacks("wait");
  // A timer that is late by more than this, whatever it waits for, is none that others would call precise.
  constexpr auto most_late = 3ms;
  Finding finding;
  std::uint64_t best = UINT64_MAX;
  for (int i = 0; i < tries; ++i) {
    const auto time = std::chrono::nanoseconds(examiner.draws().time(1500, 9000));
    const Answer answer =
        examiner.ask({.scripts = {wait(time)}, .classes = {}, .load = fixed(examiner.in_flight(4), 60)});
    finding = judged(answer);
    if (finding.compliance != Compliance::kept) return finding;
    const std::uint64_t median = answer.outcome.record->service.quantile(0.5);
    const auto asked = static_cast<std::uint64_t>(time.count());
    best = std::min(best, median > asked ? median - asked : 0);
    if (best <= static_cast<std::uint64_t>(std::chrono::nanoseconds(most_late).count())) {
      return kept(fmt::format("woken {} late, the median", human_us(static_cast<double>(best) / 1000)));
    }
    finding.line = answer.line;
  }
  return broken(fmt::format("waits end {} late, the median of the best of {} trials",
                            human_us(static_cast<double>(best) / 1000), tries),
                finding.line);
}

constexpr std::string_view no_makespan = "it knows no fixed work, whose time would tell";

Finding overlap(Examiner& examiner, bool as_branches) {
  if (!examiner.knows_fixed) return refused(std::string(no_makespan));
  constexpr std::uint32_t wanted = 8;
  const std::uint32_t at_once = std::min(wanted, most_waiting(examiner));
  if (at_once < 2) return refused("it does one thing after the other, as it says");
  std::string line;
  double best = INFINITY;
  // So long that what a runtime takes for its first tasks does not count.
  const std::chrono::nanoseconds time = 420ms / (at_once - 1);
  const double alone = std::chrono::duration<double>(time).count();
  // Between all at once and one after the other.
  const double most = alone * (1 + at_once) / 2;
  for (int i = 0; i < tries && best > most; ++i) {
    const Answer answer =
        as_branches
            ? examiner.ask(
                  {.scripts = {fan_out(at_once, wait(time))}, .classes = {}, .load = fixed(1, 1), .workers = 2})
            : examiner.ask({.scripts = {wait(time)}, .classes = {}, .load = fixed(at_once, at_once), .workers = 2});
    if (Finding finding = judged(answer); finding.compliance != Compliance::kept) return finding;
    line = answer.line;
    best = std::min(best, answer.makespan_s());
  }
  const std::string words = fmt::format("{} waits of {} took {}", at_once, format_duration(time), human_us(best * 1e6));
  return best > most ? broken(words + ": they do not overlap", line) : kept(words);
}

Finding examine_overlap(Examiner& examiner) {
  return examiner.known.contains("wait") ? overlap(examiner, false) : lacks("wait");
}

Finding examine_branches(Examiner& examiner) {
  if (!examiner.known.contains("fan_out") || !examiner.known.contains("wait")) return lacks("fan_out of waits");
  return overlap(examiner, true);
}

Finding examine_idle(Examiner& examiner) {
  if (!examiner.known.contains("wait")) return lacks("wait");
  constexpr double most = 0.3;  // of one CPU
  std::string line;
  double best = INFINITY;
  for (int i = 0; i < tries && best > most; ++i) {
    const Answer answer =
        examiner.ask({.scripts = {wait(250ms)}, .classes = {}, .load = closed(examiner.in_flight(5), 1s)});
    if (Finding finding = judged(answer); finding.compliance != Compliance::kept) return finding;
    line = answer.line;
    const TrialMeasures& measures = answer.outcome.measures;
    if (measures.complete && measures.elapsed_s > 0) best = std::min(best, measures.cpu_s / measures.elapsed_s);
  }
  const std::string words = fmt::format("{} of a CPU while its tasks wait", human_percent(best));
  return best > most ? broken(words, line) : kept(words);
}

Finding examine_locks(Examiner& examiner) {
  if (!examiner.known.contains("critical") || !examiner.known.contains("wait")) return lacks("critical around a wait");
  if (!examiner.knows_fixed) return refused(std::string(no_makespan));
  const auto time = std::chrono::nanoseconds(examiner.draws().time(3000, 6000));
  constexpr std::uint32_t tasks = 24;
  const auto lock = static_cast<std::uint32_t>(examiner.draws().between(0, 5));
  const Answer answer = examiner.ask({.scripts = {critical(lock, wait(time))},
                                      .classes = {},
                                      .load = fixed(examiner.in_flight(8), tasks),
                                      .workers = 2});
  if (Finding finding = judged(answer); finding.compliance != Compliance::kept) return finding;
  const double least = tasks * std::chrono::duration<double>(time).count();
  if (answer.makespan_s() >= 0.99 * least) return kept();
  return broken(fmt::format("{} tasks that hold one lock for {} each were over after {}: several were inside at once",
                            tasks, format_duration(time), human_us(answer.makespan_s() * 1e6)),
                answer.line);
}

// ---- requests ----

Finding examine_requests(Examiner& examiner) {
  if (!examiner.known.contains("request")) return lacks("request");
  Question question{.scripts = {}, .classes = {}, .load = fixed(examiner.in_flight(12), 120), .workers = 2};
  for (int i = 0; i < 4; ++i) {
    Steps steps = draw_step("request", examiner.draws(), {});
    if (examiner.known.contains("fan_out")) {
      steps = sequence({steps, fan_out(3, draw_step("request", examiner.draws(), {}))});
    }
    question.scripts.push_back(std::move(steps));
  }
  if (Finding finding = judged(examiner.ask(question)); finding.compliance != Compliance::kept) return finding;
  question.load = closed(examiner.in_flight(12), 500ms);
  Answer answer = examiner.ask(question);
  for (int i = 1; i < tries && answer.peer && !answer.peer->window_whole; ++i) answer = examiner.ask(question);
  if (Finding finding = judged(answer); finding.compliance != Compliance::kept) return finding;
  if (!answer.peer->window_whole) {
    return broken(
        fmt::format("in each of {} trials the peer heard of the window when that had begun, and could not count "
                    "its replies",
                    tries),
        answer.line);
  }
  const double asked = static_cast<double>(answer.outcome.record->tasks) * answer.known.work.requests_per_task();
  return kept(
      fmt::format("the peer sent {} replies, its tasks make {:.0f} requests", answer.peer->replies_in_window, asked));
}

Finding wrong_reply(Examiner& examiner, WrongReply reply, std::string_view words) {
  if (!examiner.known.contains("request")) return lacks("request");
  const WrongPeer peer(reply);
  const Answer answer = examiner.ask(
      {.scripts = {request(100, 20ms)}, .classes = {}, .load = fixed(1, 3), .workers = 1, .peer_port = peer.port()});
  const auto& record = answer.outcome.record;
  if (record && record->status == ChildStatus::failed && !record->reason.empty()) return kept(record->reason);
  if (record && record->status == ChildStatus::ok) return broken(std::string(words), answer.line);
  return broken(fmt::format("it ought to be a failed record: {}", answer.outcome.reason), answer.line);
}

Finding examine_early_reply(Examiner& examiner) {
  return wrong_reply(examiner, WrongReply::early, "it takes a reply that came before its delay had passed");
}
Finding examine_other_reply(Examiner& examiner) {
  return wrong_reply(examiner, WrongReply::other, "it takes a reply to another request");
}

// ---- ends and refusals ----

Finding examine_end(Examiner& examiner) {
  const bool waits = examiner.known.contains("wait");
  const bool computes = examiner.known.contains("mix");
  if (!waits && !computes) return lacks("wait and no mix");
  double longest = 0;
  for (const bool computing : {false, true}) {
    if (computing ? !computes : !waits) continue;
    // In the middle of what takes a minute.
    Question question{
        .scripts = {computing ? compute(Kernel::mix, 10) : wait(60s)}, .classes = {}, .load = fixed(1, 1)};
    // The digest of a computation that long is nobody's business: it never ends.
    if (computing) question.alter = [](Json& spec) { spec["scripts"][0]["steps"][0]["amount"] = 100'000'000'000; };
    const Examiner::Ending ending = examiner.end_input_after(question, "window");
    if (!ending.wrong.empty()) return broken(ending.wrong, ending.line);
    longest = std::max(longest, ending.lived_s);
    if (ending.lived_s > longest_end_s) {
      return broken(fmt::format("it lived on for {:.1f} s after the end of its input, while a task {}", ending.lived_s,
                                computing ? "computed" : "waited"),
                    ending.line);
    }
  }
  return kept(fmt::format("it ended within {}", human_us(longest * 1e6)));
}

struct Unknown {
  std::string_view what;
  std::string_view named;  // what the reason must name
  void (*alter)(Json& spec);
};
constexpr std::array unknowns{
    Unknown{"the step", "levitate",
            [](Json& spec) {
              spec["scripts"][0]["steps"] = Json::array({{{"do", "levitate"}}});
            }},
    Unknown{"the step", "levitate",
            [](Json& spec) {
              spec["scripts"][0]["steps"].push_back({{"do", "levitate"}, {"height", 3}});
            }},
    Unknown{"the field", "weight", [](Json& spec) { spec["scripts"][0]["steps"][0]["weight"] = 2; }},
    Unknown{"the kernel", "sorting",
            [](Json& spec) {
              spec["scripts"][0]["steps"] = Json::array({{{"do", "compute"}, {"kernel", "sorting"}, {"amount", 3}}});
            }},
    Unknown{"the kind of load", "sideways", [](Json& spec) { spec["load"]["kind"] = "sideways"; }},
    Unknown{"the version", "9", [](Json& spec) { spec["protocol"] = 9; }}};

Finding examine_unsupported(Examiner& examiner) {
  for (const Unknown& unknown : unknowns) {
    Question question{.scripts = {small(examiner)}, .classes = {}, .load = fixed(1, 1)};
    question.alter = unknown.alter;
    const Answer answer = examiner.ask(question);
    if (!answer.refused()) {
      return broken(fmt::format("it ought to refuse {} {} as unsupported, but {}", unknown.what, unknown.named,
                                answer.outcome.record
                                    ? fmt::format("its record is {}", answer.outcome.record->status == ChildStatus::ok
                                                                          ? "ok"
                                                                          : "failed: " + answer.outcome.record->reason)
                                    : answer.outcome.reason),
                    answer.line);
    }
    if (answer.outcome.window) return broken("it refuses after it has opened its window", answer.line);
    if (answer.refusal().find(unknown.named) == std::string::npos) {
      return broken(fmt::format("expected {}, {}, in the reason that it refuses with: \"{}\"", unknown.what,
                                unknown.named, answer.refusal()),
                    answer.line);
    }
  }
  return kept();
}

Finding examine_failure(Examiner& examiner) {
  const Answer answer = examiner.ask({.scripts = {small(examiner), compute(Kernel::fault, 1)},
                                      .classes = {},
                                      .load = fixed(examiner.in_flight(4), 20)});
  if (answer.refused()) return {Compliance::refused, answer.refusal(), answer.line};
  const auto& record = answer.outcome.record;
  if (record && record->status == ChildStatus::failed && !record->reason.empty()) return kept(record->reason);
  return broken(record ? "a task threw, and the record does not say so" : answer.outcome.reason, answer.line);
}

Finding examine_bad_spec(Examiner& examiner) {
  for (const std::string line : {R"({"protocol": 2})", "{ no spec", " "}) {
    const TrialOutcome outcome = examiner.say(line);
    if (outcome.record && outcome.record->status == ChildStatus::ok) {
      return broken("it says a record that is ok though it had no spec", line);
    }
  }
  return kept();
}

constexpr Check list[] = {
    {"steps", "each step is done and returns its digest, or is refused before the set-up", examine_steps},
    {"nesting", "steps nest within criticals and branches, on one worker and on two", examine_nesting},
    {"classes", "tasks take the scripts in their order, and classes are counted apart", examine_classes},
    {"fixed", "fixed work runs every task once, fewer tasks than slots too", examine_fixed},
    {"closed", "a closed loop keeps all slots busy, and its times are those of its tasks", examine_closed},
    {"open", "tasks of an open load arrive when its seed says, and none is lost", examine_open},
    {"in-flight", "as many tasks can be in flight as it says, or 10,000 where it says nothing", examine_in_flight},
    {"waiting", "a wait takes its time, and hardly more", examine_waiting},
    {"overlap", "tasks that wait do so at the same time", examine_overlap},
    {"branches", "branches run at the same time", examine_branches},
    {"idle", "who waits uses no CPU", examine_idle},
    {"locks", "one task at a time is inside a lock", examine_locks},
    {"requests", "the peer counts as many requests as tasks make", examine_requests},
    {"early-reply", "a reply before its delay fails the trial", examine_early_reply},
    {"other-reply", "a reply to another request fails the trial", examine_other_reply},
    {"end", "it ends within a second once its input has, without a record", examine_end},
    {"unsupported", "what it does not know is refused by its name", examine_unsupported},
    {"failure", "a task that fails makes a failed record with its reason", examine_failure},
    {"bad-spec", "a line that is no spec makes no record that is ok", examine_bad_spec},
};

}  // namespace

std::span<const Check> checks() { return list; }

std::vector<CheckResult> check_model(const ModelEntry& entry, const TextMap& settings, const CheckOptions& options) {
  std::vector<std::string> known;
  for (const Check& check : list) known.emplace_back(check.name);
  for (const std::string& name : options.only) {
    if (std::ranges::find(known, name) == known.end()) throw unknown("check", name, known);
  }
  const auto asked = [&](const Check& check) {
    return options.only.empty() || std::ranges::count(options.only, check.name) > 0;
  };
  std::vector<CheckResult> results;
  KnownSteps steps;
  bool knows_fixed = true;
  for (std::size_t i = 0; i < std::size(list); ++i) {
    if (i > 0 && !asked(list[i])) continue;
    // Each check draws from a seed of its own: one alone asks the same as among all.
    Examiner examiner(entry, settings, options.seed * 1000 + i);
    examiner.known = steps;
    examiner.knows_fixed = knows_fixed;
    const auto began = std::chrono::steady_clock::now();
    CheckResult result{.check = &list[i], .finding = list[i].examine(examiner)};
    result.took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (i == 0) {
      steps = examiner.known;
      knows_fixed = examiner.knows_fixed;
    }
    if (i == 0 && !asked(list[i]) && result.finding.compliance != Compliance::broken) continue;
    results.push_back(std::move(result));
    if (options.told) options.told(results.back());
    if (i == 0 && steps.empty()) break;  // nothing can be asked of it
  }
  return results;
}

}  // namespace cbench
