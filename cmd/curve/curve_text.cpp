#include "cmd/curve/curve_text.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "record/cell_key.hpp"
#include "record/cell_label.hpp"
#include "record/record_json.hpp"
#include "reports/findings/doubts.hpp"
#include "reports/findings/laws/load_curves.hpp"
#include "reports/shown/class_table.hpp"
#include "reports/shown/heading.hpp"
#include "reports/shown/load_curve_chart.hpp"
#include "reports/shown/load_curve_json.hpp"
#include "reports/shown/palette.hpp"
#include "sweep/plan/load_choice.hpp"
#include "text/fitted.hpp"
#include "text/grid.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

constexpr std::string_view unknown = "–";

// A model with what was measured of it. Pointers are into the blocks.
struct Shown {
  const CurveOfModel* model = nullptr;
  const Cell* closed = nullptr;      // nullptr: no trial of it is over
  std::vector<const Cell*> open;     // by increasing rate
  const LoadCurve* curve = nullptr;  // nullptr: too few rates were measured
};

class Findings {
 public:
  explicit Findings(const CurveResult& result) : blocks_(blocks_of(result.measured.records)) {
    for (const Block& block : blocks_) {
      if (block.cells.front().spec.load.kind == LoadKind::open) {
        open_ = &block;
        curves_ = load_curves_of(block);
      }
    }
    for (const CurveOfModel& model : result.models) all_.push_back(shown(model));
  }
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;

  const std::vector<Shown>& all() const { return all_; }
  const std::vector<Block>& blocks() const { return blocks_; }
  const Block* open() const { return open_; }  // nullptr: no such trial is over

 private:
  Shown shown(const CurveOfModel& model) const {
    Shown out{.model = &model};
    const auto is_of_model = [&](const Cell& cell) {
      return cell.spec.workers == model.closed.workers && cell.label() == label_of(model.closed);
    };
    for (const Block& block : blocks_) {
      for (const Cell& cell : block.cells) {
        if (!is_of_model(cell)) continue;
        if (cell.spec.load.kind == LoadKind::open) {
          out.open.push_back(&cell);
        } else if (cell_key(cell.spec) == cell_key(model.closed)) {
          out.closed = &cell;
        }
      }
    }
    std::ranges::stable_sort(out.open, {}, [](const Cell* cell) { return cell->spec.load.rate_per_s; });
    for (const LoadCurve& curve : curves_) {
      if (is_of_model(curve.first())) out.curve = &curve;
    }
    return out;
  }

  std::vector<Block> blocks_;
  const Block* open_ = nullptr;
  std::vector<LoadCurve> curves_;
  std::vector<Shown> all_;
};

double share_of(const Shown& shown, const Cell& cell) {
  return shown.model->closed_per_s > 0 ? cell.spec.load.rate_per_s / shown.model->closed_per_s : 0;
}

// ", knee" behind the rate with the greatest power; ", knee?" behind each of several that the repetitions do not tell
// from it.
std::string knee_mark(const Shown& shown, const Cell& cell) {
  if (shown.curve == nullptr || !shown.curve->knee) return {};
  const Knee& knee = *shown.curve->knee;
  const auto may_be = [&](const Cell* one) {
    const double rate = one->spec.load.rate_per_s;
    return verdict_of(*one) == LoadVerdict::ok && rate > knee.low_per_s && rate < knee.high_per_s;
  };
  if (!may_be(&cell)) return {};
  return std::ranges::count_if(shown.open, may_be) == 1 ? ", knee" : ", knee?";
}

// One line of the table: a closed loop, or a rate.
struct Row {
  const Shown* shown;
  const Cell* cell;
  bool is_open() const { return cell->spec.load.kind == LoadKind::open; }
};

std::vector<Row> rows_of(const Shown& shown) {
  std::vector<Row> rows;
  if (shown.closed != nullptr) rows.push_back({&shown, shown.closed});
  for (const Cell* cell : shown.open) rows.push_back({&shown, cell});
  return rows;
}

std::string status_cell(const Row& row) {
  if (!row.is_open()) {
    return row.cell->measured() ? "closed loop" : std::string(name_of(row.cell->failures.front().status));
  }
  return verdict_words(*row.cell) + knee_mark(*row.shown, *row.cell);
}

std::string percentile_cell(const Cell& cell, double fraction, double us) {
  return cell.knows_percentile(fraction) ? human_us(us) : std::string(unknown);
}

std::string table(const std::vector<Shown>& all, bool of_classes, std::size_t width) {
  std::vector<Row> rows;
  std::set<std::uint32_t> workers;
  for (const Shown& shown : all) {
    workers.insert(shown.model->closed.workers);
    std::ranges::copy(rows_of(shown), std::back_inserter(rows));
  }
  std::vector<GridColumn> columns;
  const auto add = [&](GridColumn column, const auto& text) {
    for (const Row& row : rows) column.texts.push_back(text(row));
    columns.push_back(std::move(column));
  };
  // Of what was measured alone.
  const auto add_measured = [&](GridColumn column, const auto& text) {
    add(std::move(column), [&](const Row& row) { return row.cell->measured() ? text(*row.cell) : std::string(); });
  };
  constexpr int kept = GridColumn::never_dropped;
  add({{}, "model", kept, true}, [](const Row& row) { return shortened(row.cell->label(), 20); });
  if (workers.size() > 1)
    add({{}, "workers", kept}, [](const Row& row) { return human_count(row.cell->spec.workers); });
  add({{}, "load", kept}, [](const Row& row) {
    return row.is_open() ? fmt::format("{:.0f}%", 100 * share_of(*row.shown, *row.cell)) : std::string();
  });
  const std::vector<std::string_view> tasks{"tasks/s"};
  add({tasks, "offered", kept}, [](const Row& row) {
    if (!row.is_open()) return std::string();
    const double offered = row.cell->arrived.offered_per_s;
    return human_number(offered > 0 ? offered : row.cell->spec.load.rate_per_s);
  });
  add_measured({tasks, "served", kept}, [](const Cell& c) { return human_number(c.throughput.mean); });
  std::vector<std::string_view> response{"response time", "response", "resp."};
  if (of_classes) response = {"response, all tasks", "all tasks", "all"};
  add_measured({response, "p50", 85}, [](const Cell& c) { return percentile_cell(c, 0.5, c.response.p50_us); });
  add_measured({response, "p99", 90}, [](const Cell& c) { return percentile_cell(c, 0.99, c.response.p99_us); });
  add_measured({response, "p99 ±", 70}, [](const Cell& c) {
    return c.knows_repeated_percentile(0.99) ? plus_minus(c.response_p99_us) : std::string();
  });
  const std::vector<std::string_view> mean{"mean"};
  add_measured({mean, "queued", 60}, [](const Cell& c) {
    return c.percentiles == PercentilesFrom::nothing || !c.times_hold() ? std::string() : human_us(c.queueing.mean_us);
  });
  add({mean, "backlog", 50}, [](const Row& row) {
    return row.is_open() && row.cell->measured() ? human_number(row.cell->arrived.backlog_mean) : std::string();
  });
  add({{}, "status", kept, true}, status_cell);

  const Grid grid(std::move(columns), width);
  std::string text;
  if (const std::string groups = grid.group_line(); !groups.empty()) text += groups + '\n';
  text += grid.name_line() + '\n' + grid.rule() + '\n';
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0 && rows[i].shown != rows[i - 1].shown) text += grid.light_rule() + '\n';
    text += grid.row(i) + '\n';
  }
  return text + grid.rule() + '\n';
}

// Each rate once more, by class of task; the closed loops are for where capacity lies, and not for their times.
std::string table_by_class(const std::vector<Shown>& all, const ChartOptions& options) {
  std::vector<const Cell*> cells;
  for (const Shown& shown : all) {
    std::ranges::copy_if(shown.open, std::back_inserter(cells), [](const Cell* cell) { return cell->measured(); });
  }
  return class_table(cells, options.width, options.colour);
}

std::string name_of(const Shown& shown, const std::vector<Shown>& all) {
  const bool several = std::ranges::any_of(
      all, [&](const Shown& other) { return other.model->closed.workers != shown.model->closed.workers; });
  std::string name = label_of(shown.model->closed);
  if (several) name += " on " + plural(shown.model->closed.workers, "worker");
  return name;
}

// The knee in shares of the closed loop, which readers compare models by.
std::string knee_sentence(const Shown& shown, const std::string& name) {
  std::string text = fmt::format("{}: {}", name, knee_words(*shown.curve));
  const auto& knee = shown.curve->knee;
  const double closed = shown.model->closed_per_s;
  if (knee && closed > 0) {
    const std::string from =
        knee->low_per_s > 0 ? fmt::format("{:.0f} % to ", 100 * knee->low_per_s / closed) : "up to ";
    text += fmt::format(": {}{:.0f} % of its closed loop", from, 100 * knee->high_per_s / closed);
  }
  return text + ".";
}

// Of the lowest rate that the model could not keep up with; what comes above it is the same.
std::string overload_sentence(const Shown& shown, const std::string& name) {
  for (const Cell* cell : shown.open) {
    if (verdict_of(*cell) != LoadVerdict::overloaded) continue;
    return fmt::format("{} could not keep up with {}/s ({:.0f} %): it {}.", name,
                       human_number(cell->spec.load.rate_per_s), 100 * share_of(shown, *cell), cell->overload);
  }
  return {};
}

// Of all trials of the open loops that ended like this, with the reason of the first.
std::string failure_sentence(const Shown& shown, const std::string& name, Status status) {
  std::size_t trials = 0;
  std::vector<std::string> rates;
  const Failure* first = nullptr;
  for (const Cell* cell : shown.open) {
    const auto times = static_cast<std::size_t>(std::ranges::count(cell->failures, status, &Failure::status));
    if (times == 0) continue;
    trials += times;
    rates.push_back(human_number(cell->spec.load.rate_per_s) + "/s");
    if (first == nullptr) first = &*std::ranges::find(cell->failures, status, &Failure::status);
  }
  if (first == nullptr) return {};
  return fmt::format("{}: {} {}, at {}; the first: {}.", name, plural(trials, "trial"), cbench::name_of(status),
                     human_list(rates), first->reason);
}

std::vector<std::string> doubts_on(const Shown& shown, const std::string& name) {
  std::vector<std::string> out;
  const CurveOfModel& model = *shown.model;
  if (!model.failed.empty()) out.push_back(fmt::format("{} has no curve: {}.", name, model.failed));
  if (model.left_out > 0) {
    out.push_back(fmt::format("{}: the generator can bring no more than {}/s; {} left out.", name,
                              human_number(most_rate_per_s),
                              plural(model.left_out, "higher rate") + (model.left_out == 1 ? " is" : " are")));
  }
  for (const Status status : {Status::failed, Status::timed_out, Status::unsupported, Status::invalid}) {
    if (std::string text = failure_sentence(shown, name, status); !text.empty()) out.push_back(std::move(text));
  }
  return out;
}

// What helps where the generator was late; empty where it never was.
std::string remedy(const CurveResult& result) {
  const auto was_late = [](const TrialRecord& record) {
    return record.status == Status::invalid && record.reason.starts_with("the generator was late");
  };
  if (std::ranges::none_of(result.measured.records, was_late)) return {};
  return "Where the generator found no CPU in time, leave it one (--workers), or quieten the machine (cbench doctor).";
}

std::string paragraphs(const std::vector<std::string>& texts, std::size_t width, std::string_view mark) {
  std::string out;
  for (const std::string& text : texts) out += paragraph(text, width, mark, "  ");
  return out;
}

std::string heading(const CurveResult& result, const Findings& findings) {
  const CurveOfModel& first = result.models.front();
  const std::uint32_t workers = first.closed.workers;
  const bool alike =
      std::ranges::all_of(result.models, [&](const CurveOfModel& model) { return model.closed.workers == workers; });
  std::string text = "Response time against load: " + work_text(findings.blocks().front());
  if (alike) text += " · " + plural(workers, "worker");
  if (findings.open() != nullptr) text += " · " + load_words(*findings.open());
  return text;
}

constexpr std::string_view legend =
    "Load is the rate as a share of the closed loop's throughput. Response times count from when a task was due, of "
    "all "
    "repetitions together; ± is the 95% interval between repetitions. Queued is the part of the mean response time "
    "before a task began, backlog the mean number of tasks that were due and had not finished; 2/3: in two of three "
    "repetitions.";

std::string chart(const Findings& findings, const ChartOptions& options) {
  if (findings.open() == nullptr) return {};
  const std::vector<DrawnModel> models = drawn_models({findings.open()});
  std::set<std::uint32_t> workers;
  for (const Shown& shown : findings.all()) workers.insert(shown.model->closed.workers);
  std::string out;
  for (const std::uint32_t count : workers) {
    std::vector<const LoadCurve*> curves;
    for (const Shown& shown : findings.all()) {
      if (shown.curve != nullptr && shown.model->closed.workers == count) curves.push_back(shown.curve);
    }
    const std::string drawn = load_curve_chart(curves, models, options);
    if (drawn.empty()) continue;
    out += '\n';
    if (workers.size() > 1) out += fmt::format("On {}\n", plural(count, "worker"));
    out += drawn;
  }
  return out;
}

}  // namespace

std::string curve_text(const CurveResult& result, const ChartOptions& options) {
  const Findings findings(result);
  if (findings.blocks().empty()) return {};
  std::vector<std::string> readings;
  std::vector<std::string> doubts;
  for (const Shown& shown : findings.all()) {
    const std::string name = name_of(shown, findings.all());
    if (shown.curve != nullptr) readings.push_back(knee_sentence(shown, name));
    if (std::string text = overload_sentence(shown, name); !text.empty()) readings.push_back(std::move(text));
    std::ranges::move(doubts_on(shown, name), std::back_inserter(doubts));
  }
  if (std::string text = remedy(result); !text.empty()) doubts.push_back(std::move(text));
  if (findings.open() != nullptr) std::ranges::move(cbench::doubts(*findings.open()), std::back_inserter(doubts));
  const bool of_classes = std::ranges::any_of(findings.blocks(), has_classes);
  return paragraph(heading(result, findings), options.width, "", "  ") + '\n' +
         table(findings.all(), of_classes, options.width) + table_by_class(findings.all(), options) +
         paragraphs(readings, options.width, "• ") + paragraphs(doubts, options.width, "! ") +
         paragraph(legend, options.width) + chart(findings, options);
}

std::string curve_json(const CurveResult& result) {
  using Ordered = nlohmann::ordered_json;
  const Findings findings(result);
  Ordered models = Ordered::array();
  for (const Shown& shown : findings.all()) {
    const CurveOfModel& model = *shown.model;
    Ordered points = Ordered::array();
    for (const Cell* cell : shown.open) {
      Ordered point{{"load", share_of(shown, *cell)}};
      point.update(load_point_json(*cell));
      points.push_back(std::move(point));
    }
    Ordered closed = nullptr;
    if (shown.closed != nullptr && shown.closed->measured()) {
      const Estimate& throughput = shown.closed->throughput;
      const bool interval = throughput.has_interval();
      closed = {{"concurrency", model.closed.load.concurrency},
                {"throughput_per_s", throughput.mean},
                {"low", interval ? Ordered(std::max(0.0, throughput.low)) : Ordered(nullptr)},
                {"high", interval ? Ordered(throughput.high) : Ordered(nullptr)}};
    }
    models.push_back({{"model", label_of(model.closed)},
                      {"workers", model.closed.workers},
                      {"closed_loop", std::move(closed)},
                      {"slots", model.slots > 0 ? Ordered(model.slots) : Ordered(nullptr)},
                      {"points", std::move(points)},
                      {"knee", shown.curve != nullptr ? knee_json(*shown.curve) : Ordered(nullptr)},
                      {"sentence", shown.curve != nullptr ? Ordered(knee_words(*shown.curve)) : Ordered(nullptr)},
                      {"rates_left_out", model.left_out},
                      {"failed", model.failed.empty() ? Ordered(nullptr) : Ordered(model.failed)}});
  }
  const TrialSpec& first = result.models.front().closed;
  const Ordered json{{"schema_version", schema_version},
                     {"workload", result.workload},
                     {"parameters", first.parameters},
                     {"arrivals", result.poisson ? "poisson" : "constant"},
                     {"trials", result.measured.records.size()},
                     {"models", std::move(models)},
                     {"interrupted", result.measured.interrupted != 0},
                     {"troubles", result.measured.troubles()},
                     {"host", result.measured.records.empty()
                                  ? Ordered(nullptr)
                                  : Ordered::parse(to_line(host_to_json(result.measured.records.front().host)))}};
  return json.dump(2, ' ', false, Ordered::error_handler_t::replace) + '\n';
}

}  // namespace cbench
