#include "cmd/fit.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cmd/trial_options.hpp"
#include "reports/files/formats.hpp"
#include "reports/files/points_csv.hpp"
#include "reports/files/result_files.hpp"
#include "reports/files/shared_file.hpp"
#include "reports/findings/laws/scaling_curves.hpp"
#include "reports/shown/scaling_json.hpp"
#include "text/fitted.hpp"
#include "text/grid.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::string_view results_y = "throughput_per_s";

Weighting weighting_named(const std::string& name) {
  return name == "equal" ? Weighting::equal : name == "relative" ? Weighting::relative : Weighting::automatic;
}

ScalingOptions options_of(const FitArguments& arguments, ScalingOptions options = {}) {
  options.weighting = weighting_named(arguments.weights);
  options.fixed_time = options.fixed_time || arguments.fixed_time;
  options.resamples = arguments.resamples;
  options.seed = arguments.seed;
  return options;
}

bool is_tasks_in_flight(std::string_view column) {
  return column == "concurrency" || column == "in_flight" || column == "tasks_in_flight";
}

// Nothing where neither --axis nor --x decides.
std::optional<ScalingAxis> asked_axis(const FitArguments& arguments) {
  if (arguments.axis == "in-flight") return ScalingAxis::tasks_in_flight;
  if (arguments.axis == "workers") return ScalingAxis::workers;
  if (arguments.x.empty()) return std::nullopt;
  return is_tasks_in_flight(arguments.x) ? ScalingAxis::tasks_in_flight : ScalingAxis::workers;
}

NamedFit fit_of_curve(const ScalingCurve& curve, const FitArguments& arguments) {
  const bool workers = curve.options.axis == ScalingAxis::workers;
  return {.title = fmt::format(
              "{} on {}, {}", curve.label, curve.workload,
              workers ? fmt::format("{} in flight", human_count(curve.fixed)) : plural(curve.fixed, "worker")),
          .source = arguments.file,
          .model = curve.label,
          .workload = curve.workload,
          .x = workers ? "workers" : "concurrency",
          .y = std::string(results_y),
          .fit = fit_scaling(curve.points, options_of(arguments, curve.options))};
}

std::vector<NamedFit> fits_of_results(const Trials& trials, const FitArguments& arguments) {
  std::vector<NamedFit> fits;
  const std::optional<ScalingAxis> axis = asked_axis(arguments);
  for (const Block& block : blocks_of(trials)) {
    for (const ScalingCurve& curve : axis ? curves_over(block, *axis) : curves_of(block)) {
      const bool wanted =
          (arguments.workload.empty() || curve.workload == arguments.workload) &&
          (arguments.model.empty() || curve.label == arguments.model || curve.label.starts_with(arguments.model + ":"));
      if (wanted) fits.push_back(fit_of_curve(curve, arguments));
    }
  }
  if (fits.empty()) {
    throw UsageError(fmt::format(
        "{}: no model ran with two worker counts or two numbers of tasks in flight{}; measure with --workers 1,2,4 or "
        "--concurrency 1,8,64",
        arguments.file,
        arguments.model.empty() && arguments.workload.empty() ? "" : ", of the model and workload asked for"));
  }
  return fits;
}

// Whether the columns asked for are those that cells of results have.
bool is_x_of_results(const std::string& x) { return x.empty() || x == "workers" || x == "concurrency"; }
bool is_y_of_results(const std::string& y) { return y.empty() || y == results_y; }

// JSON has nothing but results.
void check_columns_of_json(const FitArguments& arguments) {
  const bool knows_x = is_x_of_results(arguments.x);
  if (knows_x && is_y_of_results(arguments.y)) return;
  throw UsageError(
      fmt::format("{} {}: JSON has results of cbench, of which {} over workers or concurrency is fitted; columns are "
                  "chosen in a CSV (cbench convert)",
                  knows_x ? "--y" : "--x", knows_x ? arguments.y : arguments.x, results_y));
}

// Of any CSV but results of cbench, of which there are none. Throws UsageError where the file cannot be read.
std::optional<PointsFile> points_in(const FitArguments& arguments) {
  if (has_extension(arguments.file, ".json")) {
    check_columns_of_json(arguments);
    return std::nullopt;
  }
  try {
    const std::string text = read_shared_file(arguments.file);
    const bool asks_for_cells = is_x_of_results(arguments.x) && is_y_of_results(arguments.y);
    if (asks_for_cells && is_results_header(text, arguments.file)) return std::nullopt;
    if (!arguments.model.empty() || !arguments.workload.empty()) {
      throw UsageError(fmt::format(
          "{}: --model and --workload choose among results of cbench, and these are taken as points of --x and --y: "
          "leave out the one or the other, or filter the file first",
          arguments.file));
    }
    return points_of_csv(text, arguments.file, arguments.x, arguments.y);
  } catch (const std::runtime_error& error) {
    throw UsageError(error.what());
  }
}

std::string percent(double fraction) { return fmt::format("{:+.1f}%", 100 * fraction); }

std::string range(const Interval& interval, int digits = 4) {
  const auto end = [&](double value) {
    return std::isfinite(value) ? fmt::format("{:.{}g}", value, digits) : std::string("none");
  };
  return fmt::format("[{}, {}]", end(interval.low), end(interval.high));
}

std::string capacity_text(const LawFit& fit) {
  const double capacity = fit.coefficients.capacity;
  return std::isfinite(capacity) ? fmt::format(", capacity {:.7g} {}", capacity, range(fit.capacity))
                                 : fmt::format(", capacity not reached {}", range(fit.capacity));
}

std::string law_text(const LawFit& fit, std::size_t width) {
  const Coefficients& c = fit.coefficients;
  std::string text;
  if (!fit.fitted) {
    text = "not fitted: " + fit.why_not;
  } else if (fit.law == Law::amdahl || fit.law == Law::gustafson || fit.law == Law::capped_amdahl) {
    text =
        fmt::format("serial fraction {:.6g} {}, gamma {:.7g} {}", c.alpha, range(fit.alpha), c.gamma, range(fit.gamma));
    if (fit.law == Law::capped_amdahl) text += capacity_text(fit);
  } else if (fit.law == Law::usl) {
    text = fmt::format("alpha {:.6g} {}, beta {:.6g} {}, gamma {:.7g} {}, peak {}", c.alpha, range(fit.alpha), c.beta,
                       range(fit.beta), c.gamma, range(fit.gamma),
                       fit.peak ? fmt::format("{:.4g} {}", *fit.peak, range(fit.peak_interval)) : "none");
  } else {
    text = fmt::format("gamma {:.7g} {}", c.gamma, range(fit.gamma));
    if (fit.law == Law::saturation) text += capacity_text(fit);
  }
  if (fit.fitted) text += fmt::format("; {:.1f}% off at {:g}", 100 * fit.worst_deviation, fit.worst_at);
  if (fit.fitted && std::isfinite(fit.aicc)) text += fmt::format("; AICc {:.1f}", fit.aicc);
  return paragraph(text, width, fmt::format("  {:<14}", name_of(fit.law)), "    ");
}

std::string rows_text(const ScalingFit& fit, std::size_t width) {
  const bool workers = fit.axis == ScalingAxis::workers;
  std::vector<GridColumn> columns;
  const auto add = [&](std::string_view name, int importance, auto text_of) {
    GridColumn column{.group = {}, .name = name, .importance = importance, .left = false, .texts = {}};
    for (const ScalingRow& row : fit.rows) column.texts.push_back(text_of(row));
    columns.push_back(std::move(column));
  };
  add("n", GridColumn::never_dropped, [](const ScalingRow& row) { return fmt::format("{:g}", row.n); });
  add("repetitions", 1, [](const ScalingRow& row) { return fmt::format("{}", row.repetitions); });
  add("throughput", GridColumn::never_dropped,
      [](const ScalingRow& row) { return human_number(row.throughput_per_s); });
  add("fitted", 4,
      [](const ScalingRow& row) { return row.predicted_per_s ? human_number(*row.predicted_per_s) : std::string(); });
  add("residual", 3, [](const ScalingRow& row) {
    return row.predicted_per_s && *row.predicted_per_s > 0 ? percent(row.throughput_per_s / *row.predicted_per_s - 1)
                                                           : std::string();
  });
  if (workers) {
    add("e(n)", 2, [](const ScalingRow& row) {
      return row.karp_flatt ? fmt::format("{:.1f}%", 100 * *row.karp_flatt) : std::string();
    });
    add("", 2, [](const ScalingRow& row) { return row.beyond_cpus ? std::string("not fitted") : std::string(); });
  } else {
    add("of C / R", 2, [](const ScalingRow& row) {
      return row.of_bound ? fmt::format("{:.0f}%", 100 * *row.of_bound) : std::string();
    });
  }
  const Grid grid(std::move(columns), width);
  std::string text = grid.name_line() + '\n' + grid.rule() + '\n';
  for (std::size_t i = 0; i < fit.rows.size(); ++i) text += grid.row(i) + '\n';
  return text;
}

}  // namespace

std::vector<NamedFit> fits_of(const FitArguments& arguments) {
  check_readable(arguments.file);
  const std::optional<PointsFile> points = points_in(arguments);
  if (!points) {
    std::vector<std::string> notes;
    Trials trials;
    read_trials(arguments.file, notes, [&](const TrialRecord& record) { trials.add(record); });
    write_notes(notes);
    return fits_of_results(trials, arguments);
  }
  ScalingOptions options = options_of(arguments);
  FitArguments named = arguments;
  named.x = points->x;
  options.axis = asked_axis(named).value_or(ScalingAxis::workers);
  return {{.title = fmt::format("{}: {} over {}", arguments.file, points->y, points->x),
           .source = arguments.file,
           .model = "",
           .workload = "",
           .x = points->x,
           .y = points->y,
           .fit = fit_scaling(points->points, options)}};
}

std::string fits_text(const std::vector<NamedFit>& fits, std::size_t width) {
  std::string text;
  for (const NamedFit& named : fits) {
    const ScalingFit& fit = named.fit;
    if (!text.empty()) text += '\n';
    text += named.title + "\n\n" + rows_text(fit, width) + '\n';
    for (const std::string& sentence : fit.sentences) text += paragraph(sentence, width, "", "  ");
    text += '\n';
    for (const LawFit& law : fit.laws) text += law_text(law, width);
    const std::string choice = fit.chosen ? fmt::format("{} chosen by {}", name_of(*fit.chosen), fit.why_chosen)
                                          : fmt::format("no law chosen: {}", fit.why_chosen);
    const std::string how = fmt::format(
        "{}; {:g}% intervals; {}", choice, 100 * fit.confidence,
        fit.weighting == Weighting::relative ? "errors proportional to throughput" : "all points weigh alike");
    text += paragraph(how, width, "  ", "    ");
  }
  return text;
}

std::string fits_json(const std::vector<NamedFit>& fits) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const NamedFit& named : fits) {
    nlohmann::ordered_json json = fit_to_json(named.fit);
    json["source"] = named.source;
    if (!named.model.empty()) json["model"] = named.model;
    if (!named.workload.empty()) json["workload"] = named.workload;
    json["x"] = named.x;
    json["y"] = named.y;
    list.push_back(std::move(json));
  }
  const nlohmann::ordered_json json =
      list.size() == 1 ? list.front() : nlohmann::ordered_json{{"fits", std::move(list)}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

void add_fit_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "fit", "Which scaling law points follow, if any: Amdahl's, the USL, Gustafson's, Little's, a hard limit");
  const auto arguments = std::make_shared<FitArguments>();
  const auto json = std::make_shared<bool>(false);
  command->add_option("FILE", arguments->file, "Results of cbench (.csv, .json), or any CSV of points")->required();
  command->add_option("--x", arguments->x, "Column of the workers or the tasks in flight; default: found by its name")
      ->type_name("COLUMN");
  command->add_option("--y", arguments->y, "Column of the throughput; default: found by its name")->type_name("COLUMN");
  command
      ->add_option("--axis", arguments->axis,
                   "What x counts: workers (Amdahl, USL, Gustafson) or in-flight (Little, USL)")
      ->check(CLI::IsMember({"workers", "in-flight"}))
      ->type_name("AXIS");
  command->add_option("-m,--model", arguments->model, "Results of cbench: only this model")->type_name("MODEL");
  command->add_option("-w,--workload", arguments->workload, "Results of cbench: only this workload")
      ->type_name("WORKLOAD");
  command->add_flag("--fixed-time", arguments->fixed_time, "The work grows with n: Gustafson's law may be chosen");
  command
      ->add_option("--weights", arguments->weights, "How errors grow: auto (as the repetitions say), equal, relative")
      ->check(CLI::IsMember({"auto", "equal", "relative"}))
      ->default_val("auto");
  command->add_option("--resamples", arguments->resamples, "Bootstrap samples behind the intervals")
      ->check(CLI::Range(20U, 1'000'000U))
      ->capture_default_str()
      ->type_name("N");
  add_seed_option(*command, arguments->seed, "Of the bootstrap");
  command->add_flag("--json", *json, "Print JSON instead of text");
  command->footer(
      "All parameters of a law are fitted jointly to throughput by weighted least squares on the repetitions; "
      "intervals "
      "are of 95% and come from resampling them. A law is said to hold only where the repetitions do not contradict "
      "it; superlinear, capped and falling throughput are findings of their own. docs/statistics.md says how and how "
      "often that is right.\n"
      "Examples:\n"
      "  cbench fit results.csv                        every model and workload of a sweep\n"
      "  cbench fit points.csv --x threads --y tps     anybody's CSV\n"
      "  cbench fit results.csv --json | jq .usl.peak  for programs");
  command->callback([arguments, json, &exit_code] {
    const std::vector<NamedFit> fits = fits_of(*arguments);
    write_out(*json ? fits_json(fits) : fits_text(fits, terminal_width(stdout)));
    exit_code = 0;
  });
}

}  // namespace cbench
