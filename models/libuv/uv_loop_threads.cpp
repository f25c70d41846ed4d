#include "models/libuv/uv_loop_threads.hpp"

namespace cbench {

UvLoopThreads::UvLoopThreads(const Environment& environment, std::uint32_t loops,
                             std::optional<std::chrono::nanoseconds> offload_from)
    : locks_(environment.load, environment.locks, loops, [this](std::uint32_t loop) { loops_[loop]->wake(); }) {
  for (std::uint32_t index = 0; index < loops; ++index) {
    loops_.push_back(std::make_unique<UvLoop>(
        environment, UvLoop::Place{index, locks_, offload_from, [this] { in_flight_.remove(); }}));
  }
  for (const auto& loop : loops_) threads_.emplace_back([&loop] { loop->run(); });
}

UvLoopThreads::~UvLoopThreads() {
  for (const auto& loop : loops_) loop->stop();
  for (std::thread& thread : threads_) thread.join();
}

void UvLoopThreads::submit(Task task) {
  in_flight_.add();
  loops_[task.slot % loops_.size()]->submit(task);
}

std::uint64_t UvLoopThreads::units_created() const {
  std::uint64_t total = 0;
  for (const auto& loop : loops_) total += loop->chains() + loop->pool_requests();
  return total;
}

}  // namespace cbench
