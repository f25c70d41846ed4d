// What the contract does not ask of every model: channels that are full.
#include <chrono>
#include <memory>

#include <gtest/gtest.h>

#include "harness/connections.hpp"
#include "harness/load.hpp"
#include "models/model.hpp"
#include "workloads/workload.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

class csp : public testing::Test {
 protected:
  void SetUp() override {
    if (find_model("csp")->make == nullptr) GTEST_SKIP() << find_model("csp")->absent;
    ticks::calibrate();
  }

  static constexpr std::uint32_t slots = 100;

  std::unique_ptr<Model> make() const {
    return find_model("csp")->make({.load = *load,
                                    .connections = connections,
                                    .workers = 2,
                                    .slots = slots,
                                    .locks = work->locks(),
                                    .settings = {{"capacity", "1"}}});
  }
  void give_work(const Steps& script, std::uint64_t tasks) {
    work = std::make_unique<Work>(std::vector<Steps>{script});
    load = std::make_unique<Load>(*work, slots, tasks);
    load->set_window(ticks::now(), UINT64_MAX);
  }
  void submit_all(Model& model) const {
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
      if (const auto task = load->first(slot)) model.submit(*task);
    }
  }

  std::unique_ptr<Work> work;
  std::unique_ptr<Load> load;
  const Connections connections;
};

TEST_F(csp, takes_tasks_without_waiting_for_room_in_its_channels) {
  constexpr auto time = 500ms;
  give_work(compute(Kernel::mix, 50'000'000), slots);  // no process comes to its channel meanwhile
  const auto model = make();
  const auto before = std::chrono::steady_clock::now();
  submit_all(*model);
  EXPECT_LT(std::chrono::steady_clock::now() - before, time / 2);
  load->stop();
  model->drain();
}

TEST_F(csp, runs_every_task_through_channels_that_are_full) {
  give_work(fan_out(5, critical(0, compute(Kernel::mix, 100))), 200);
  const auto model = make();
  submit_all(*model);
  model->drain();
  EXPECT_EQ(load->recorder().finished(), 200);
  EXPECT_EQ(load->digest(), work->digest());
  EXPECT_FALSE(load->failure());
}

}  // namespace
}  // namespace cbench
