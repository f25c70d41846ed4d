// One trial of one model in the test's own process, without a peer: for what the contract does not ask of every model.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/clock.hpp"
#include "harness/connections.hpp"
#include "harness/load.hpp"
#include "models/model.hpp"
#include "workloads/workload.hpp"

namespace cbench::testing {

class ModelTrial {
 public:
  struct Plan {
    Steps script;
    std::uint32_t workers = 2;
    std::uint32_t slots = 1;
    std::uint64_t tasks = 0;
    Settings settings = {};
  };

  // The model must be present.
  ModelTrial(std::string_view model, const Plan& plan)
      : work_({plan.script}),
        load_(work_, plan.slots, plan.tasks),
        model_(find_model(model)->make({.load = load_,
                                        .connections = connections_,
                                        .workers = plan.workers,
                                        .slots = plan.slots,
                                        .lanes = 0,
                                        .locks = work_.locks(),
                                        .settings = plan.settings})) {}

  // Whether this program has the model. Calibrates the clock, before the first trial.
  static bool has(std::string_view model) {
    ticks::calibrate();
    return find_model(model)->make != nullptr;
  }

  // The first task of every slot.
  void submit_all() {
    load_.set_window(ticks::now(), UINT64_MAX);
    load_.fill();
    while (const auto task = load_.next_first()) model_->submit(*task);
  }
  Load& load() { return load_; }
  Model& model() { return *model_; }
  bool digest_is_expected() const { return load_.difference() == 0; }

 private:
  const Work work_;
  Load load_;
  const Connections connections_;
  std::unique_ptr<Model> model_;
};

}  // namespace cbench::testing
