#include "sweep/plan/load_choice.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "text/human.hpp"
#include "text/quantity.hpp"
#include "text/rate.hpp"
#include "workloads/turns.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t least_slots = 1000;
constexpr double slots_beyond_waits = 2;
constexpr double arrivals_in_window = 20;

// The two words of an option; whether it is the second.
bool is_second(const std::string& text, std::string_view option, const char* first, const char* second) {
  if (text.empty() || text == first) return false;
  if (text == second) return true;
  throw unknown(option, text, {first, second});
}

struct Option {
  const char* name;
  const std::string* text;
};
// `given` excludes the others, because of that.
void check_excluded(const Option& given, std::string_view because, std::initializer_list<Option> others) {
  for (const Option& other : others) {
    if (other.text->empty()) continue;
    throw UsageError(fmt::format("{} {}: leave out {} {} or {} {}", given.name, because, given.name, *given.text,
                                 other.name, *other.text));
  }
}

std::vector<double> parse_rates(const std::vector<std::string>& texts) {
  std::vector<double> rates;
  for (const std::string& text : texts) {
    const double rate = parse_rate(text, "--rate");
    if (rate > most_rate_per_s) {
      throw UsageError(fmt::format("--rate {} is more than the generator can bring: it can bring {}/s at most", text,
                                   human_number(most_rate_per_s)));
    }
    if (std::ranges::find(rates, rate) == rates.end()) rates.push_back(rate);
  }
  return rates;
}

}  // namespace

LoadAsked parse_load(const SweepArguments& arguments) {
  LoadAsked load;
  if (!arguments.warmup.empty()) load.warmup = parse_duration(arguments.warmup, "--warmup");
  if (!arguments.duration.empty()) load.duration = parse_duration(arguments.duration, "--duration");
  if (!arguments.sweep_time.empty()) load.sweep_time = parse_duration(arguments.sweep_time, "--time");
  if (load.duration && *load.duration < 10ms) throw UsageError("--duration must be at least 10ms");
  if (!arguments.rates.empty()) {
    check_excluded({"--rate", &arguments.rates.front()}, "brings tasks for as long as the window is open",
                   {{"--tasks", &arguments.tasks}});
    load.kind = LoadKind::open;
    load.rates_per_s = parse_rates(arguments.rates);
    load.poisson = !is_second(arguments.arrivals, "--arrivals", "poisson", "constant");
    load.shed = is_second(arguments.late, "--late", "wait", "shed");
    return load;
  }
  for (const auto& [option, text] : {std::pair{"--arrivals", &arguments.arrivals}, {"--late", &arguments.late}}) {
    if (text->empty()) continue;
    throw UsageError(fmt::format("{} {} is about tasks that arrive at a rate: give --rate, too", option, *text));
  }
  if (!arguments.tasks.empty()) {
    check_excluded({"--tasks", &arguments.tasks}, "runs fixed work to its end, which has no window",
                   {{"--duration", &arguments.duration}, {"--warmup", &arguments.warmup}});
    load = {.kind = LoadKind::fixed, .tasks = parse_count(arguments.tasks, "--tasks")};
    if (load.tasks == 0) throw UsageError("--tasks must be at least 1");
  }
  return load;
}

void choose_times(const LoadAsked& asked, std::size_t trials, std::chrono::nanoseconds to_fill, LoadSpec& load) {
  if (asked.kind == LoadKind::fixed) return;
  const auto share = std::max<std::chrono::nanoseconds>(
      asked.sweep_time / static_cast<std::int64_t>(std::max<std::size_t>(trials, 1)) - set_up_time, 0ns);
  const auto full = asked.kind == LoadKind::open ? to_fill : 0ns;
  std::chrono::nanoseconds enough = 2s;
  if (asked.kind == LoadKind::open && load.rate_per_s > 0) {
    enough = std::max(enough, std::chrono::nanoseconds(std::llround(arrivals_in_window / load.rate_per_s * 1e9)));
  }
  load.duration = asked.duration.value_or(std::clamp<std::chrono::nanoseconds>(share / 5 * 4, 400ms, enough));
  load.warmup = asked.warmup.value_or(
      std::max<std::chrono::nanoseconds>(full, std::clamp<std::chrono::nanoseconds>(share / 5, 100ms, 500ms)));
}

std::chrono::nanoseconds time_to_fill(const Work& work) {
  std::vector<std::chrono::nanoseconds> waits =
      by_turn(work, [&](std::size_t script) { return waiting_of(work.script(script)); });
  const auto nearly_all = waits.begin() + static_cast<std::ptrdiff_t>(waits.size() - 1 - waits.size() / 500);
  std::nth_element(waits.begin(), nearly_all, waits.end());
  return std::max<std::chrono::nanoseconds>(2 * work.waiting(), *nearly_all);
}

std::chrono::nanoseconds longest_wait(const Work& work) {
  std::chrono::nanoseconds longest{};
  for (std::size_t i = 0; i < work.distinct(); ++i) longest = std::max(longest, waiting_of(work.script(i)));
  return longest;
}

std::uint32_t default_slots(double rate_per_s, std::chrono::nanoseconds waiting, std::uint32_t of_workload) {
  const double held = slots_beyond_waits * rate_per_s * std::chrono::duration<double>(waiting).count();
  const auto enough = static_cast<std::uint32_t>(std::min<double>(std::ceil(held), most_in_flight));
  return std::max({least_slots, of_workload, enough});
}

}  // namespace cbench
