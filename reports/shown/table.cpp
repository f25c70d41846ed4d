#include "reports/shown/table.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "reports/findings/doubts.hpp"
#include "reports/findings/limits.hpp"
#include "reports/shown/open_table.hpp"
#include "text/grid.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

class Painter {
 public:
  explicit Painter(bool colour) : colour_(colour) {}
  std::string bold(std::string_view text) const { return paint("1", text); }
  std::string dim(std::string_view text) const { return paint("2", text); }
  std::string red(std::string_view text) const { return paint("31", text); }
  std::string yellow(std::string_view text) const { return paint("33", text); }

 private:
  std::string paint(std::string_view code, std::string_view text) const {
    return colour_ && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
  bool colour_;
};

// What a quantity is in the cells that are not the baseline, where there are others.
template <class Get>
std::set<double> values_of(const Block& block, Get get) {
  const bool others = std::ranges::any_of(block.cells, [](const Cell& cell) { return !cell.is_baseline(); });
  std::set<double> values;
  for (const Cell& cell : block.cells) {
    if (!others || !cell.is_baseline()) values.insert(static_cast<double>(get(cell)));
  }
  return values;
}

template <class Get>
bool varies(const Block& block, Get get) {
  return values_of(block, get).size() > 1;
}

// "1,000" or "8 to 1,000".
template <class Get, class Show>
std::string spanned(const Block& block, Get get, Show show) {
  const std::set<double> values = values_of(block, get);
  if (values.empty()) return "";
  if (values.size() == 1) return show(*values.begin());
  return fmt::format("{} to {}", show(*values.begin()), show(*values.rbegin()));
}

const auto concurrency = [](const Cell& cell) { return cell.spec.load.concurrency; };
const auto workers = [](const Cell& cell) { return cell.spec.workers; };
const auto rate = [](const Cell& cell) { return cell.spec.load.rate_per_s; };
const auto fixed_tasks = [](const Cell& cell) { return cell.spec.load.tasks; };

std::string whole(double value) { return human_count(static_cast<std::uint64_t>(value)); }

std::string seconds(double ns) { return fmt::format("{:.4g} s", ns / 1e9); }

std::string load_words(const Block& block) {
  const TrialSpec& spec = block.cells.back().spec;
  std::string in_flight = spanned(block, concurrency, whole) + " in flight";
  const Cell& top = block.cells.front();
  if (top.is_baseline() && !values_of(block, concurrency).contains(top.spec.load.concurrency)) {
    in_flight += fmt::format(" ({}: {})", top.spec.model, whole(top.spec.load.concurrency));
  }
  const std::string repetitions = spanned(
      block, [](const Cell& cell) { return cell.trials(); }, whole);
  const std::string window = spanned(
      block, [](const Cell& cell) { return cell.spec.load.duration.count(); }, seconds);
  switch (spec.load.kind) {
    case LoadKind::closed: return fmt::format("closed loop, {}, {} x {}", in_flight, window, repetitions);
    case LoadKind::fixed:
      return fmt::format("fixed work, {} tasks, {}, x {}", spanned(block, fixed_tasks, whole), in_flight, repetitions);
    case LoadKind::open:
      return fmt::format("open loop, {}/s {}, at most {}, {} x {}", spanned(block, rate, human_number),
                         spec.load.poisson ? "Poisson" : "equally spaced", in_flight, window, repetitions);
  }
  return "";
}

// ": bytes=64, delay=20ms"
std::string parameters_text(const Block& block) {
  std::string text;
  for (const auto& [name, value] : block.cells.front().spec.parameters) {
    text += fmt::format("{} {}={}", text.empty() ? ":" : ",", name, value);
  }
  return text;
}

std::string heading(const Block& block, const TableOptions& options, const Painter& painter) {
  const std::string& workload = block.cells.front().spec.workload;
  const std::string work = parameters_text(block);
  const std::string load = load_words(block);
  const std::string one_line = heading_text(block);
  if (display_width(one_line) <= options.width) {
    return fmt::format("{}{} {} {}\n", painter.bold(workload), work, painter.dim("·"), load);
  }
  std::string lines = paragraph(workload + work, options.width, "", "  ");
  // The name is the first word of the first line.
  lines = painter.bold(lines.substr(0, std::min(workload.size(), lines.size()))) +
          lines.substr(std::min(workload.size(), lines.size()));
  return lines + paragraph(load, options.width, "  ", "  ");
}

constexpr std::string_view unknown = "–";
constexpr std::string_view memory = "memory";

// "±20%" where an efficiency is known no better than to within 5 percentage points.
std::string unsure_of_ideal(const Cell& cell) {
  if (cell.is_yardstick() || cell.efficiency <= 0 || !cell.has_efficiency_interval()) return "";
  const double half = (cell.efficiency_interval.high - cell.efficiency_interval.low) / 2;
  return half < 0.05 ? "" : fmt::format("±{:.0f}%", half * 100);
}

std::vector<GridColumn> columns_of(const Block& block) {
  std::vector<GridColumn> out;
  // `show` is asked of measured cells only, and returns nothing where it does not know.
  const auto add = [&](GridColumn column, auto show) {
    for (const Cell& cell : block.cells) column.texts.push_back(cell.measured() ? show(cell) : "");
    if (!column.is_empty()) out.push_back(std::move(column));
  };
  // What tells cells apart is known of those that failed, too.
  const auto add_key = [&](GridColumn column, auto show) {
    for (const Cell& cell : block.cells) column.texts.push_back(show(cell));
    out.push_back(std::move(column));
  };
  // The same, where a cell that does not know gets a dash.
  const auto add_dashed = [&](GridColumn column, auto show) {
    for (const Cell& cell : block.cells) column.texts.push_back(cell.measured() ? show(cell) : "");
    if (column.is_empty()) return;
    for (std::size_t row = 0; row < block.cells.size(); ++row) {
      if (block.cells[row].measured() && column.texts[row].empty()) column.texts[row] = unknown;
    }
    out.push_back(std::move(column));
  };
  const auto add_time = [&](GridColumn column, Latency Cell::*latency, double Latency::*value, double fraction) {
    add_dashed(std::move(column), [&](const Cell& cell) {
      return cell.knows_percentile(fraction) ? human_us(cell.*latency.*value) : std::string();
    });
  };
  const auto factor = [](double value) { return value > 0 ? human_factor(value) : ""; };

  add_key({{}, "model", GridColumn::never_dropped, true}, [](const Cell& cell) { return shortened(cell.label(), 26); });
  add_key({{}, "workers", varies(block, workers) ? GridColumn::never_dropped : 50},
          [](const Cell& cell) { return whole(cell.spec.workers) + (cell.is_beyond_cpus() ? "*" : ""); });
  if (varies(block, concurrency)) {
    add_key({{}, "in flight", GridColumn::never_dropped},
            [](const Cell& cell) { return whole(cell.spec.load.concurrency); });
  }
  if (varies(block, rate)) {
    add_key({{}, "offered/s", GridColumn::never_dropped},
            [](const Cell& cell) { return human_number(cell.spec.load.rate_per_s); });
  }
  if (varies(block, fixed_tasks)) {
    add_key({{}, "tasks", GridColumn::never_dropped}, [](const Cell& cell) { return whole(cell.spec.load.tasks); });
  }

  std::size_t intervals = 0;  // how wide the widest is
  for (const Cell& cell : block.cells) {
    const std::size_t wide = display_width(plus_minus(cell.throughput));
    if (wide > 0) intervals = std::max<std::size_t>({intervals, wide + 1, 6});
  }
  add({{"throughput"}, "tasks/s", GridColumn::never_dropped}, [intervals](const Cell& cell) {
    std::string text = (cell.unsteady > 0 ? "~" : "") + human_number(cell.throughput.mean);
    if (intervals > 0) text += padded(plus_minus(cell.throughput), intervals, false);
    return text;
  });

  const std::vector<std::string_view> response{"response time", "response", "resp."};
  add_time({response, "p50", 85}, &Cell::response, &Latency::p50_us, 0.5);
  add_time({response, "p99", 80}, &Cell::response, &Latency::p99_us, 0.99);
  add({response, "±", 25},
      [&](const Cell& c) { return c.knows_percentile(0.99) ? plus_minus(c.response_p99_us) : std::string(); });
  add_time({response, "p99.9", 60}, &Cell::response, &Latency::p999_us, 0.999);

  const std::vector<std::string_view> parts{"of it, p50:", "p50"};
  add_time({parts, "queued", 45}, &Cell::queueing, &Latency::p50_us, 0.5);
  add_time({parts, "served", 44}, &Cell::service, &Latency::p50_us, 0.5);

  const auto over_sequential = [&](const Cell& c) { return factor(c.speedup_over_sequential); };
  if (varies(block, workers)) {
    const std::vector<std::string_view> speedup{"speedup over", "speedup", "over"};
    add({speedup, "serial", 75}, over_sequential);
    add({speedup, "n = 1", 70},
        [&](const Cell& c) { return c.is_baseline() ? "" : factor(c.speedup_over_one_worker); });
  } else {
    add({{" "}, "speedup", 75}, over_sequential);
  }
  const bool any_unsure = std::ranges::any_of(block.cells, [](const Cell& c) { return !unsure_of_ideal(c).empty(); });
  add_dashed({{"of"}, "ideal", 65}, [&](const Cell& c) -> std::string {
    if (c.efficiency <= 0 || c.is_yardstick()) return "";
    return human_percent(c.efficiency) + (any_unsure ? padded(unsure_of_ideal(c), 4, true) : "");
  });

  add({{"CPU"}, "a task", 55}, [](const Cell& c) { return c.cpu_per_task_us > 0 ? human_us(c.cpu_per_task_us) : ""; });
  const auto bytes = [](double count) { return count > 0 ? human_bytes(count) : ""; };
  add({{"peak"}, memory, 30}, [&](const Cell& c) { return bytes(static_cast<double>(c.peak_memory_bytes)); });
  add({{memory}, "a task", 25}, [&](const Cell& c) { return bytes(c.bytes_per_task); });
  return out;
}

// Lines about the repetitions of a cell that are not ok, each reason once.
std::vector<std::string> failure_texts(const Cell& cell) {
  std::vector<std::string> out;
  for (const auto& [status, reason, times] : cell.failure_kinds()) {
    std::string text(name_of(status));
    std::ranges::replace(text, '_', ' ');
    if (times < cell.trials()) text += fmt::format(" {} of {}", times, cell.trials());
    if (!reason.empty()) text += ": " + reason;
    out.push_back(std::move(text));
  }
  return out;
}

std::string rows(const Block& block, const Grid& grid, const TableOptions& options, const Painter& painter) {
  // What failed is said from the column on in which throughput would stand, beside the row or under it.
  const std::size_t keys = grid.index_of(is_open(block) ? "served/s" : "tasks/s");
  const std::size_t indent = grid.begin_of(keys);
  const std::size_t room = options.width > indent ? options.width - indent : 0;
  std::string out;
  for (std::size_t row = 0; row < block.cells.size(); ++row) {
    const Cell& cell = block.cells[row];
    std::string line = cell.measured() ? grid.row(row) : padded(grid.row(row, keys), indent, true);
    const auto failures = failure_texts(cell);
    for (std::size_t i = 0; i < failures.size(); ++i) {
      if (i > 0 || cell.measured()) {
        out += line + '\n';
        line = std::string(indent, ' ');
      }
      line += painter.red(shortened(failures[i], room));
    }
    out += line + '\n';
  }
  return out;
}

std::string sentences(const Block& block, const TableOptions& options, const Painter& painter) {
  std::string out;
  const auto add = [&](const std::vector<std::string>& texts, std::string_view mark, bool warning) {
    for (const std::string& text : texts) {
      const std::string lines = paragraph(text, options.width, mark, "  ");
      out += warning ? painter.yellow(lines.substr(0, lines.size() - 1)) + '\n' : lines;
    }
  };
  add(limit_sentences(block), "• ", false);
  add(overload_sentences(block), "• ", false);
  add(block.laws, "• ", false);
  add(block.shortfalls, "! ", true);
  add(doubts(block), "! ", true);
  return out;
}

}  // namespace

std::string work_text(const Block& block) { return block.cells.front().spec.workload + parameters_text(block); }

std::string heading_text(const Block& block) { return fmt::format("{} · {}", work_text(block), load_words(block)); }

std::string render_table(std::span<const Block> blocks, const TableOptions& options) {
  const Painter painter(options.colour);
  std::string out;
  bool medians = false;
  bool intervals = false;
  bool few = false;
  bool marked = false;
  bool ideals = false;
  bool dashes = false;
  bool memories = false;
  bool kernel_memory = false;
  double cpus = 0;  // where a cell has more workers than that
  for (const Block& block : blocks) {
    if (block.cells.empty()) continue;
    const Grid grid(is_open(block) ? open_columns(block) : columns_of(block), options.width);
    if (!out.empty()) out += '\n';
    out += heading(block, options, painter) + '\n';
    const std::string groups = grid.group_line();
    if (!groups.empty()) out += painter.dim(groups) + '\n';
    memories = memories || grid.name_line().find(memory) != std::string::npos;
    out += painter.bold(grid.name_line()) + '\n' + painter.dim(grid.rule()) + '\n';
    for (std::size_t row = 0; row < block.cells.size(); ++row) {
      dashes = dashes || (block.cells[row].measured() && grid.row(row).find(unknown) != std::string::npos);
    }
    out += rows(block, grid, options, painter);
    out += painter.dim(grid.rule()) + '\n';
    out += sentences(block, options, painter);
    for (const Cell& cell : block.cells) {
      ideals = ideals || cell.efficiency > 0;
      kernel_memory = kernel_memory || cell.peak_kernel_bytes > 0;
      if (cell.is_beyond_cpus()) cpus = cell.cpus;
      medians = medians || cell.percentiles == PercentilesFrom::medians;
      intervals = intervals || cell.throughput.repetitions > 1;
      few = few || cell.throughput.trust() == Trust::few;
      marked = marked || plus_minus(cell.throughput).ends_with('?');
    }
  }
  std::string legend;
  for (const Block& block : blocks) {
    if (legend.empty() && is_open(block)) legend = open_legend(block);
  }
  if (intervals) legend += "± is the 95% interval of the mean over repetitions. ";
  if (few) legend += fmt::format("Of fewer than {} it is too short where noise is lopsided. ", repetitions_to_trust);
  if (marked) legend += "±? is one not to be trusted: too few repetitions, or they drift. ";
  if (ideals) {
    legend += "The ideal is what CPUs or tasks in flight allow, whichever is less, at what one task takes alone. ";
  }
  if (memories) {
    legend += kernel_memory ? "Memory is resident and kernel memory (stacks, page tables, sockets). "
                            : "Memory is resident memory alone. ";
  }
  if (dashes) legend += "– is a percentile with fewer than ten tasks beyond it, or not known. ";
  if (cpus > 0) legend += fmt::format("* is more workers than CPUs ({:.3g}). ", cpus);
  if (medians) legend += "Percentiles are medians over repetitions, for want of histograms. ";
  if (!legend.empty()) {
    const std::string lines = paragraph(legend, options.width);
    out += painter.dim(lines.substr(0, lines.size() - 1)) + '\n';
  }
  return out;
}

}  // namespace cbench
