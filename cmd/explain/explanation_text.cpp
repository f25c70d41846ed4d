// An explanation for people: the tree of steps, the table of demands, and what throughput they allow.
#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cmd/explain/explanation.hpp"
#include "text/fitted.hpp"
#include "text/grid.hpp"
#include "text/human.hpp"
#include "text/page.hpp"
#include "text/quantity.hpp"
#include "workloads/workload_file_json.hpp"

namespace cbench {
namespace {

constexpr std::size_t gap = 11;       // to what is said of a name
constexpr std::size_t of_a_task = 2;  // the indent of its steps; those of bodies stand further in

// "90 %", "0.025 %", "99.95 %": a share that is neither none nor all is never said to be.
std::string share_in_table(double share) {
  const double percent = 100 * share;
  if (percent > 0 && percent < 0.95) return fmt::format("{:.2g}%", percent);
  if (percent > 99.5 && percent < 100) return fmt::format("{:.4g}%", percent);
  return human_percent(share);
}

std::string share_in_words(double share) {
  const std::string text = share_in_table(share);
  return text.substr(0, text.size() - 1) + " %";
}

std::string time_words(std::uint64_t ns) {
  return format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
}

template <class Write>
std::string words(const Distribution& drawn, Write write) {
  const auto mean = [&] { return write(static_cast<std::uint64_t>(drawn.mean() + 0.5)); };
  switch (drawn.kind()) {
    case Distribution::Kind::constant: break;
    case Distribution::Kind::uniform:
      return fmt::format("{} to {}, evenly spread", write(drawn.first()), write(drawn.second()));
    case Distribution::Kind::exponential: return fmt::format("{} on average, exponential", write(drawn.first()));
    case Distribution::Kind::lognormal:
      return fmt::format("{} in the median, {} at p99, lognormal (mean {})", write(drawn.first()),
                         write(drawn.second()), mean());
    case Distribution::Kind::values: {
      double weights = 0;
      for (const Distribution::Weighted& one : drawn.weighted()) weights += one.weight;
      std::string text;
      for (const Distribution::Weighted& one : drawn.weighted()) {
        text +=
            fmt::format("{}{} ({})", text.empty() ? "" : ", ", write(one.value), share_in_words(one.weight / weights));
      }
      return fmt::format("{}; mean {}", text, mean());
    }
  }
  return write(drawn.first());
}

std::string bytes_words(std::uint64_t bytes) {
  return fmt::format("{} {}", human_count(bytes), bytes == 1 ? "byte" : "bytes");
}

void add_steps(Page& page, const std::vector<FileStep>& steps, std::size_t indent) {
  if (steps.empty() && indent > of_a_task) page.more(indent, 0, "nothing");
  if (steps.empty() && indent == of_a_task) page.entry(indent, gap, "nothing", "the task ends as it begins");
  for (const FileStep& step : steps) {
    switch (step.kind) {
      case StepKind::compute:
        page.entry(indent, gap, "compute",
                   fmt::format("{}, {}", name_of(step.kernel), words(step.amount, human_count)));
        break;
      case StepKind::wait: page.entry(indent, gap, "wait", words(step.time, time_words)); break;
      case StepKind::request:
        page.entry(indent, gap, "request",
                   fmt::format("{}; answered after {}", words(step.bytes, bytes_words), words(step.time, time_words)));
        break;
      case StepKind::critical:
        page.entry(indent, gap, "critical", fmt::format("one task at a time, under the lock {}:", step.lock));
        add_steps(page, step.body, indent + 2);
        break;
      case StepKind::fan_out:
        page.entry(
            indent, gap, "fan_out",
            fmt::format("{} {} side by side, each:", human_count(step.width), step.width == 1 ? "branch" : "branches"));
        add_steps(page, step.body, indent + 2);
        break;
    }
  }
}

// Of kernels that take a few nanoseconds with three digits, as of all times.
std::string exact_us(double us) {
  const double ns = us * 1000;
  if (ns <= 0 || ns >= 99.95) return human_us(us);
  return ns < 9.995 ? fmt::format("{:.2f}ns", ns) : fmt::format("{:.1f}ns", ns);
}

std::string us_words(double us) { return us > 0 ? exact_us(us) : "–"; }

// How much there is of each class: of the smallest a table says least.
std::vector<int> importance_of(const std::vector<ExplainedClass>& classes) {
  std::vector<std::size_t> by_share(classes.size());
  std::iota(by_share.begin(), by_share.end(), std::size_t{0});
  std::ranges::stable_sort(by_share, std::greater{}, [&](std::size_t i) { return classes[i].share; });
  std::vector<int> importance(classes.size());
  for (std::size_t i = 0; i < by_share.size(); ++i) importance[by_share[i]] = static_cast<int>(by_share.size() - i);
  return importance;
}

std::string demands(const Explanation& explanation, std::size_t width) {
  std::vector<const ExplainedClass*> columns;
  for (const ExplainedClass& one : explanation.classes) columns.push_back(&one);
  columns.push_back(&explanation.all);

  GridColumn names{{}, "", GridColumn::never_dropped, true, {}};
  std::vector<GridColumn> values(columns.size());
  const std::vector<int> importance = importance_of(explanation.classes);
  const auto add = [&](const std::string& name, auto show) {
    names.texts.push_back(name);
    for (std::size_t i = 0; i < columns.size(); ++i) values[i].texts.push_back(show(*columns[i]));
  };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool is_all = columns[i]->name.empty();
    const std::string_view of_all = explanation.classes.empty() ? "a task" : "all";
    values[i].name = is_all ? of_all : std::string_view(columns[i]->name);
    values[i].importance = is_all ? GridColumn::never_dropped : importance[i];
    values[i].id = columns[i]->name;
  }
  if (!explanation.classes.empty()) {
    add("share of the tasks", [](const ExplainedClass& c) { return share_in_table(c.share); });
  }
  add("CPU time", [](const ExplainedClass& c) { return us_words(c.demand.cpu_us); });
  add("waiting", [](const ExplainedClass& c) { return us_words(c.waiting_us); });
  add("critical path", [](const ExplainedClass& c) { return us_words(c.demand.path_us); });
  if (explanation.all.demand.serial_us > 1.001 * explanation.all.demand.path_us) {
    add("branches in turn", [](const ExplainedClass& c) { return us_words(c.demand.serial_us); });
  }
  add("requests", [](const ExplainedClass& c) { return human_number(c.requests); });
  add("connections a slot", [](const ExplainedClass& c) { return human_count(c.connections); });
  const std::vector<std::string> locks = explanation.file.locks();
  for (std::size_t lock = 0; lock < locks.size(); ++lock) {
    add("holds lock " + locks[lock], [&](const ExplainedClass& c) {
      return us_words(lock < c.demand.locks_us.size() ? c.demand.locks_us[lock] : 0);
    });
  }
  values.insert(values.begin(), std::move(names));
  const std::size_t rows = values.front().texts.size();
  const Grid grid(std::move(values), width - 2);
  std::string out = "  " + grid.name_line() + "\n";
  for (std::size_t row = 0; row < rows; ++row) out += "  " + grid.row(row) + '\n';
  if (const std::size_t left_out = grid.dropped().size(); left_out > 0) {
    double share = 0;
    for (const ExplainedClass& one : explanation.classes) {
      if (std::ranges::find(grid.dropped(), one.name) != grid.dropped().end()) share += one.share;
    }
    out += paragraph(fmt::format("No room in {} columns for {} of {} classes, the smallest, {} of the tasks together; "
                                 "--data has them all.",
                                 width, left_out, explanation.classes.size(), share_in_words(share)),
                     width, "  ", "  ");
  }
  return out;
}

std::string bound_words(const Bound& bound, const Explanation& explanation, std::uint32_t workers) {
  const double rate = bound.per_s;
  switch (bound.by) {
    case Bound::By::cpus: {
      const double cpus = std::min<double>(workers, explanation.cpus);
      return fmt::format("{}/s by {:.3g} {} at {} of CPU time a task", human_number(rate), cpus,
                         cpus == 1 ? "CPU" : "CPUs", exact_us(cpus / rate * 1e6));
    }
    case Bound::By::tasks_in_flight:
      return fmt::format("{}/s by {} in flight, {} each", human_number(rate), human_count(explanation.concurrency),
                         exact_us(explanation.concurrency / rate * 1e6));
    case Bound::By::lock: break;
  }
  return fmt::format("{}/s by the lock {}, which a task holds for {}", human_number(rate), bound.lock,
                     exact_us(1e6 / rate));
}

bool draws_in_a_fan_out(const std::vector<FileStep>& steps, bool inside) {
  return std::ranges::any_of(steps, [&](const FileStep& step) {
    const bool drawn = !step.amount.is_constant() || !step.bytes.is_constant() || !step.time.is_constant();
    return (inside && drawn) || draws_in_a_fan_out(step.body, inside || step.kind == StepKind::fan_out);
  });
}

}  // namespace

std::string explanation_text(const Explanation& explanation, std::size_t width, bool colour) {
  const WorkloadFile& file = explanation.file;
  Page page(width, colour);
  page.heading(file.name + ":", file.summary.empty() ? "a workload" : file.summary);
  if (!explanation.path.empty()) {
    page.entry(2, gap, "file", fmt::format("{}, digest {}", explanation.path, digest_of(file)));
  } else if (!explanation.parameters.empty()) {
    page.entry(2, gap, "parameters", explanation.parameters);
  }
  if (explanation.turns > 1) {
    page.entry(2, gap, "drawn",
               fmt::format("{} tasks of {} different scripts, over and over", human_count(explanation.turns),
                           human_count(explanation.scripts)));
  }
  for (std::size_t i = 0; i < file.classes.size(); ++i) {
    if (explanation.classes.empty()) {
      page.heading("Steps", "of a task, in a row");
    } else {
      page.heading(file.classes[i].name + ":", share_in_words(explanation.classes[i].share) + " of the tasks");
    }
    add_steps(page, file.classes[i].steps, of_a_task);
  }
  page.heading("Demands", "of a task alone on this machine, with nothing for the model's own work");
  std::string out = std::move(page).text() + demands(explanation, width);

  Page limits(width, colour);
  limits.heading("Limits", fmt::format("of every model, with {} in flight", human_count(explanation.concurrency)));
  for (const ExplainedWorkers& one : explanation.workers) {
    std::string text;
    for (const Bound& bound : one.bounds) {
      text += fmt::format("{}{}", text.empty() ? "at most " : "; ", bound_words(bound, explanation, one.workers));
    }
    limits.entry(2, gap, plural(one.workers, "worker"), text.empty() ? "none: the task asks for nothing" : text);
  }
  if (explanation.one_at_a_time_per_s > 0) {
    limits.entry(2, gap, "sequential",
                 fmt::format("{}/s: one task at a time, and its branches one after the other",
                             human_number(explanation.one_at_a_time_per_s)));
  }
  const bool in_fan_out =
      std::ranges::any_of(file.classes, [](const FileClass& one) { return draws_in_a_fan_out(one.steps, false); });
  if (in_fan_out) {
    limits.blank();
    limits.entry(0, 2, "!", "What is drawn inside a fan-out is the same in all branches of one task.");
  }
  return out + '\n' + std::move(limits).text();
}

}  // namespace cbench
