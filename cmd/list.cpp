#include "cmd/list.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "sweep/plan/choice.hpp"
#include "text/fitted.hpp"
#include "text/page.hpp"
#include "text/quantity.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::size_t name_columns = 19;  // "eventloop-offload" and two spaces

std::string_view name_of(Unit unit) {
  switch (unit) {
    case Unit::duration: return "duration";
    case Unit::bytes: return "size";
    case Unit::count: return "count";
    case Unit::fraction: return "fraction";
    case Unit::kernel: return "kernel";
    case Unit::choice: return "choice";
  }
  return "";
}

std::string_view example_of(Unit unit) {
  switch (unit) {
    case Unit::duration: return "5ms, 200us, 1.5s";
    case Unit::bytes: return "64, 16k, 1M";
    case Unit::count: return "20000, 1e6, 10k";
    case Unit::fraction: return "0.1, 10%";
    case Unit::kernel: return "primes, mix, memory";
    case Unit::choice: return "one of the names in its summary";
  }
  return "";
}

std::string library_of(const ModelInfo& model) {
  if (model.version.empty()) return std::string(model.library);
  return fmt::format("{} {}", model.library, model.version);
}

// What of the model is cbench's, and how to have the library's.
std::string own_of(const ModelInfo& model) {
  if (model.stock.empty()) return std::string(model.own);
  return fmt::format("{} ({}:{} runs the library's)", model.own, model.name, model.stock);
}

// "go 1.22.2": the tool chain that it was built with, or runs on.
std::string runtime_of(const ModelEntry& entry) {
  return fmt::format("{} {}", entry.of->manifest.tool.name(), entry.of->tool->version);
}

std::string assignment(const Parameter& parameter) { return fmt::format("{}={}", parameter.name, parameter.fallback); }
std::string assignment(const Setting& setting) { return fmt::format("{}={}", setting.name, setting.fallback); }

// How wide the column of "name=default" is.
template <class Rows>
std::size_t assignment_columns(const Rows& rows) {
  std::size_t most = 0;
  for (const auto& row : rows) most = std::max(most, display_width(assignment(row)));
  return most + 2;
}

// Bounds as a person would ask for them; empty where there are none.
std::string bounds_of(const Parameter& parameter) {
  if (parameter.unit != Unit::count && parameter.unit != Unit::bytes) return "";
  const bool has_most = parameter.most != UINT64_MAX;
  if (parameter.least > 0 && has_most) return fmt::format(", {} to {}", parameter.least, parameter.most);
  if (parameter.least > 0) return fmt::format(", at least {}", parameter.least);
  if (has_most) return fmt::format(", at most {}", parameter.most);
  return "";
}

std::string_view name_of(const ModelEntry& entry) { return entry.info.name; }
std::string_view name_of(const WorkloadInfo& workload) { return workload.name; }

template <class Row>
const Row* row_named(std::string_view name, std::span<const Row* const> rows) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row* r) { return name_of(*r) == name; });
  return row == rows.end() ? nullptr : *row;
}

// A setting whose default may stand on a command line ("unbounded" need not); nullptr where there is none.
const Setting* typical(const ModelEntry& entry) {
  for (const Setting& setting : entry.info.settings) {
    try {
      entry.check({{std::string(setting.name), std::string(setting.fallback)}});
      return &setting;
    } catch (const UsageError&) {  // not this one
    }
  }
  return nullptr;
}

void add_parameters(Page& page, const WorkloadInfo& workload, std::size_t indent) {
  const std::size_t gap = assignment_columns(workload.parameters);
  for (const Parameter& parameter : workload.parameters) {
    page.entry(indent, gap, assignment(parameter),
               fmt::format("{} ({}{})", parameter.summary, name_of(parameter.unit), bounds_of(parameter)));
  }
}

void add_model_detail(Page& page, const ModelEntry& entry, WorkloadRows workloads) {
  constexpr std::size_t gap = 11;
  const ModelInfo& model = entry.info;
  if (!entry.is_present()) {
    page.heading(fmt::format("{}:", model.name), entry.is_native() ? "not in this program" : model.idiom);
    page.entry(2, gap, entry.is_native() ? "why" : "absent", model.absent);
    if (!entry.is_native()) return;
    page.entry(2, gap, "remedy", "install what is missing (scripts/setup) and configure the build again");
    return;
  }
  page.heading(fmt::format("{}:", model.name), model.idiom);
  page.entry(2, gap, "library", library_of(model));
  if (!entry.is_native()) {
    page.entry(2, gap, "runtime", fmt::format("{} ({})", runtime_of(entry), entry.of->tool->program));
    page.entry(2, gap, "manifest", entry.of->manifest.path);
  }
  page.entry(2, gap, "unit", fmt::format("{}: what `units_created` on a record counts", model.unit));
  if (!model.cannot.empty()) page.entry(2, gap, "limits", model.cannot);
  page.entry(2, gap, "ours", model.own.empty() ? "nothing beyond the calls of its library" : model.own);
  if (!model.stock.empty()) {
    page.entry(2, gap, "stock",
               fmt::format("--model '{}:{}' runs what the library ships instead", model.name, model.stock));
  }
  const Setting* const setting = typical(entry);
  const std::string choice = fmt::format("{}{}", model.name, setting == nullptr ? "" : ":" + assignment(*setting));
  if (model.settings.empty()) {
    page.entry(2, gap, "settings", "none");
  } else {
    page.blank();
    page.command(
        fmt::format("Settings, as in --model '{}'",
                    setting == nullptr ? fmt::format("{}:{}=VALUE", model.name, model.settings.front().name) : choice));
    const std::size_t columns = assignment_columns(model.settings);
    for (const Setting& row : model.settings) {
      page.entry(4, columns, assignment(row), fmt::format("{} ({})", row.summary, row.values));
    }
  }
  page.blank();
  page.command("Example");
  const bool has_io = row_named("io", workloads) != nullptr || workloads.empty();
  page.command(fmt::format("  cbench --model {} --workload {}", choice, has_io ? "io" : workloads.front()->name));
}

void add_workload_detail(Page& page, const WorkloadInfo& workload, ModelRows models) {
  page.heading(fmt::format("{}:", workload.name), workload.summary);
  page.entry(2, 11, "in flight", fmt::format("{} tasks where --concurrency is not given", workload.concurrency));
  std::string parameters;
  if (workload.parameters.empty()) {
    page.entry(2, 11, "parameters", "none");
  } else {
    page.blank();
    page.command(fmt::format("Parameters, as in --param {}", assignment(workload.parameters.front())));
    add_parameters(page, workload, 4);
    page.blank();
    page.command("Units");
    std::vector<Unit> seen;
    for (const Parameter& parameter : workload.parameters) {
      if (std::find(seen.begin(), seen.end(), parameter.unit) != seen.end()) continue;
      seen.push_back(parameter.unit);
      page.entry(4, 10, name_of(parameter.unit), example_of(parameter.unit));
    }
    parameters = " --param " + assignment(workload.parameters.front());
  }
  const auto example = std::ranges::find_if(
      models, [](const ModelEntry* row) { return row->is_native() && row->is_present() && !row->info.baseline; });
  const std::string_view model = example == models.end() ? "all" : (*example)->info.name;
  page.blank();
  page.command("Example");
  page.command(fmt::format("  cbench --model {} --workload {}{}", model, workload.name, parameters));
}

// What is in files has commands of its own. `./mine/model.json/waiting` is a model of a manifest.
[[noreturn]] void refuse_file(std::string_view name) {
  constexpr std::string_view of_manifest = ".json/";
  const std::size_t end = name.rfind(of_manifest);
  const std::string_view file = end == std::string_view::npos ? name : name.substr(0, end + of_manifest.size() - 1);
  const std::string models = fmt::format("the models of a manifest: cbench runtimes {}", file);
  if (end != std::string_view::npos || file.ends_with("/model.json") || file == "model.json") {
    throw UsageError(fmt::format("{} is a file, and `cbench list` has what there is without any; {}", file, models));
  }
  throw UsageError(
      fmt::format("{} is a file, and `cbench list` has what there is without any; a workload in a file: cbench explain "
                  "{}; {}",
                  file, file, models));
}

void check_known(std::string_view name, ModelRows models, WorkloadRows workloads) {
  if (row_named(name, models) != nullptr || row_named(name, workloads) != nullptr) return;
  if (names_a_file(name)) refuse_file(name);
  std::vector<std::string> known;
  for (const ModelEntry* entry : models) known.emplace_back(entry->info.name);
  for (const WorkloadInfo* workload : workloads) known.emplace_back(workload->name);
  throw not_in_list("model or workload", name, known);
}

nlohmann::ordered_json json_of(const ModelEntry& entry) {
  const ModelInfo& model = entry.info;
  nlohmann::ordered_json json{{"name", model.name},   {"present", entry.is_present()}, {"absent", model.absent},
                              {"idiom", model.idiom}, {"library", model.library},      {"version", model.version},
                              {"unit", model.unit},   {"cannot", model.cannot},        {"own", model.own},
                              {"stock", model.stock}};
  if (!entry.is_native()) {
    json["runtime"] = entry.runtime;
    json["manifest"] = entry.of->manifest.path;
    if (entry.of->tool) json["tool"] = {{"program", entry.of->tool->program}, {"version", entry.of->tool->version}};
  }
  if (model.most_in_flight != UINT32_MAX) json["most_in_flight"] = model.most_in_flight;
  if (model.most_workers != UINT32_MAX) json["most_workers"] = model.most_workers;
  json["settings"] = nlohmann::ordered_json::array();
  for (const Setting& setting : model.settings) {
    json["settings"].push_back({{"name", setting.name},
                                {"default", setting.fallback},
                                {"values", setting.values},
                                {"summary", setting.summary}});
  }
  return json;
}

nlohmann::ordered_json json_of(const WorkloadInfo& workload) {
  nlohmann::ordered_json json{
      {"name", workload.name}, {"summary", workload.summary}, {"concurrency", workload.concurrency}};
  json["parameters"] = nlohmann::ordered_json::array();
  for (const Parameter& parameter : workload.parameters) {
    nlohmann::ordered_json row{{"name", parameter.name},
                               {"default", parameter.fallback},
                               {"unit", name_of(parameter.unit)},
                               {"summary", parameter.summary}};
    if (parameter.least > 0) row["least"] = parameter.least;
    if (parameter.most != UINT64_MAX) row["most"] = parameter.most;
    json["parameters"].push_back(std::move(row));
  }
  return json;
}

}  // namespace

std::string list_text(ModelRows models, WorkloadRows workloads, std::size_t width, bool colour) {
  Page page(width, colour);
  page.heading("Models", "(--model NAME[,NAME...] or all)");
  bool only_native = true;
  for (const ModelEntry* entry : models) {
    const ModelInfo* const model = &entry->info;
    if (only_native && !entry->is_native()) {
      page.heading("Models of other runtimes", "(--model NAME, all-RUNTIME or all-runtimes)");
      only_native = false;
    }
    if (!entry->is_present()) {
      page.entry(2, name_columns, model->name, fmt::format("absent: {}", model->absent));
      continue;
    }
    page.entry(2, name_columns, model->name, model->idiom);
    page.more(2, name_columns,
              fmt::format("library: {}; {}unit: {}", library_of(*model),
                          entry->is_native() ? "" : "runtime: " + runtime_of(*entry) + "; ", model->unit));
    if (!model->own.empty()) page.more(2, name_columns, fmt::format("written for cbench: {}", own_of(*model)));
    if (!model->cannot.empty()) page.more(2, name_columns, std::string(model->cannot));
    if (!model->settings.empty()) {
      std::string settings;
      for (const Setting& setting : model->settings) {
        settings += fmt::format("{}{}", settings.empty() ? "settings: " : ", ", assignment(setting));
      }
      page.more(2, name_columns, settings);
    }
  }
  page.heading("Workloads", "(--workload NAME[,NAME...], --param NAME=VALUE)");
  for (const WorkloadInfo* workload : workloads) {
    page.entry(2, name_columns, workload->name,
               fmt::format("{}; {} in flight", workload->summary, workload->concurrency));
    add_parameters(page, *workload, width < narrow_page ? 4 : 2 + name_columns);
  }
  page.blank();
  page.entry(0, 18, "cbench list NAME", "shows one of them in detail, with an example");
  return std::move(page).text();
}

std::string detail_text(std::string_view name, ModelRows models, WorkloadRows workloads, std::size_t width,
                        bool colour) {
  check_known(name, models, workloads);
  Page page(width, colour);
  if (const ModelEntry* entry = row_named(name, models)) add_model_detail(page, *entry, workloads);
  if (const WorkloadInfo* workload = row_named(name, workloads)) add_workload_detail(page, *workload, models);
  return std::move(page).text();
}

std::string list_json(std::string_view name, ModelRows models, WorkloadRows workloads) {
  if (!name.empty()) check_known(name, models, workloads);
  nlohmann::ordered_json json{{"models", nlohmann::ordered_json::array()},
                              {"workloads", nlohmann::ordered_json::array()}};
  for (const ModelEntry* entry : models) {
    if (name.empty() || entry->info.name == name) json["models"].push_back(json_of(*entry));
  }
  for (const WorkloadInfo* workload : workloads) {
    if (name.empty() || workload->name == name) json["workloads"].push_back(json_of(*workload));
  }
  return json.dump(2) + '\n';
}

std::string list_markdown(ModelRows models) {
  std::string text =
      "| model | what it stands for | library | what cbench wrote of it | settings that run the library's |\n"
      "|---|---|---|---|---|\n";
  for (const ModelEntry* entry : models) {
    const ModelInfo* const model = &entry->info;
    if (entry->is_native() && !entry->is_present()) {
      text += fmt::format("| `{}` | absent: {} | | | |\n", model->name, model->absent);
    } else {
      text += fmt::format("| `{}` | {} | {} | {} | {} |\n", model->name, model->idiom, model->library, model->own,
                          model->stock.empty() ? "" : fmt::format("`{}:{}`", model->name, model->stock));
    }
  }
  return text;
}

void add_list_command(CLI::App& app, int& exit_code) {
  struct Options {
    std::string name;
    bool json = false;
    bool markdown = false;
  };
  CLI::App* const command = app.add_subcommand("list", "The models and workloads, and how each of them is set");
  const auto options = std::make_shared<Options>();
  auto* const name = command->add_option("NAME", options->name, "A model or a workload, to be shown in detail");
  auto* const json = command->add_flag("--json", options->json, "Print JSON instead of text");
  command->add_flag("--markdown", options->markdown, "Print the models as a table of docs/models.md")
      ->excludes(json)
      ->excludes(name);
  command->footer("Examples:\n  cbench list\n  cbench list fibers\n  cbench list io --json");
  command->callback([options, &exit_code] {
    constexpr std::size_t readable = 100;
    const std::size_t width = std::min(readable, terminal_width(stdout));
    const bool colour = colour_allowed(stdout);
    const std::vector<const ModelEntry*> models = catalogue().all();
    if (options->markdown) {
      write_out(list_markdown(models));
    } else if (options->json) {
      write_out(list_json(options->name, models, workloads()));
    } else if (options->name.empty()) {
      write_out(list_text(models, workloads(), width, colour));
    } else {
      write_out(detail_text(options->name, models, workloads(), width, colour));
    }
    exit_code = 0;
  });
}

}  // namespace cbench
