// Event loops in threads of this process, one each: what `eventloop` and `eventloop-offload` are.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "models/in_flight.hpp"
#include "models/libuv/uv_loop.hpp"
#include "models/model.hpp"

namespace cbench {

class UvLoopThreads final : public Model {
 public:
  // `offload_from`: as in UvLoop::Place; the caller has sized libuv's thread pool.
  UvLoopThreads(const Environment& environment, std::uint32_t loops,
                std::optional<std::chrono::nanoseconds> offload_from = std::nullopt);
  ~UvLoopThreads() override;

  void submit(Task task) override;
  void drain() override { in_flight_.wait(); }
  std::uint64_t units_created() const override;

 private:
  InFlight in_flight_;
  LoopLocks locks_;
  std::vector<std::unique_ptr<UvLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace cbench
