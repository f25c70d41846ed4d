// `cbench list`: which models and workloads there are, and how one of them is set.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "sweep/catalogue/catalogue.hpp"
#include "workloads/workload.hpp"

namespace CLI {
class App;
}

namespace cbench {

// Adds the subcommand. Its callback prints and sets `exit_code` to 0; it throws UsageError for an unknown name.
void add_list_command(CLI::App& app, int& exit_code);

using ModelRows = std::span<const ModelEntry* const>;
using WorkloadRows = std::span<const WorkloadInfo* const>;

// Every model and workload, in lines of at most `width` columns where no single word is longer.
std::string list_text(ModelRows models, WorkloadRows workloads, std::size_t width, bool colour);

// One model or workload in detail, with an example. Throws UsageError where there is none of that name.
std::string detail_text(std::string_view name, ModelRows models, WorkloadRows workloads, std::size_t width,
                        bool colour);

// The models as a table in Markdown, without versions, which differ between machines, and of other runtimes present or
// not.
std::string list_markdown(ModelRows models);

// The same for programs; an empty name stands for all.
std::string list_json(std::string_view name, ModelRows models, WorkloadRows workloads);

}  // namespace cbench
