#include "models/fiber/library_fibers.hpp"

#include <mutex>
#include <span>
#include <stdexcept>

#include <fmt/format.h>
#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/algo/shared_work.hpp>
#include <boost/fiber/algo/work_stealing.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/scheduler.hpp>

namespace cbench {
namespace {

namespace bf = boost::fibers;

thread_local std::uint32_t worker_of_thread = 0;

// The library keeps the schedulers of work_stealing in static variables: the first one says how many there will be, and
// none can follow them. So they are made once a process, by the threads of the first model that needs them, and taken
// over by those of the next.
std::vector<bf::algo::algorithm::ptr_t>& stealing_schedulers() {
  static std::vector<bf::algo::algorithm::ptr_t> schedulers;
  return schedulers;
}

void reserve_stealing_schedulers(std::uint32_t workers) {
  auto& schedulers = stealing_schedulers();
  if (schedulers.empty()) schedulers.resize(workers);
  if (schedulers.size() == workers) return;
  throw std::runtime_error(
      fmt::format("Boost.Fiber makes its work-stealing schedulers once a process: there are {} and cannot be {}",
                  schedulers.size(), workers));
}

}  // namespace

void LibraryFibers::Signal::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return given_; });
  given_ = false;
}

void LibraryFibers::Signal::give() {
  const std::unique_lock lock(mutex_);
  given_ = true;
  changed_.notify_one();  // under the lock: afterwards whoever waited may have done away with both
}

LibraryFibers::LibraryFibers(LibraryAlgorithm algorithm, std::uint32_t workers, const Connections& connections)
    // One worker of work_stealing would look for somebody to steal from for ever.
    : algorithm_(algorithm == LibraryAlgorithm::work_stealing && workers == 1 ? LibraryAlgorithm::round_robin
                                                                              : algorithm) {
  if (algorithm_ == LibraryAlgorithm::work_stealing) reserve_stealing_schedulers(workers);
  for (std::uint32_t i = 0; i < workers; ++i) workers_.push_back(std::make_unique<Worker>());
  if (connections.size() == 0) return;
  reactor_.emplace(connections, [](std::span<const Waiter> over) {
    for (const Waiter waiter : over) static_cast<Signal*>(waiter)->give();
  });
}

void LibraryFibers::install(std::uint32_t worker) {
  worker_of_thread = worker;
  switch (algorithm_) {
    case LibraryAlgorithm::round_robin: return bf::use_scheduling_algorithm<bf::algo::round_robin>();
    case LibraryAlgorithm::shared_work: return bf::use_scheduling_algorithm<bf::algo::shared_work>(true);
    case LibraryAlgorithm::work_stealing: {
      auto& scheduler = stealing_schedulers()[worker];
      if (!scheduler) scheduler = new bf::algo::work_stealing(count(), true);
      return bf::context::active()->get_scheduler()->set_algo(scheduler);
    }
  }
}

// Not inlined: a fiber that migrates must read the variable of the thread that it is on now.
[[gnu::noinline]] std::uint32_t LibraryFibers::here() const { return worker_of_thread; }

void LibraryFibers::sleep(std::chrono::nanoseconds time) { boost::this_fiber::sleep_for(time); }

std::uint64_t LibraryFibers::request(const Step& step, std::uint32_t connection) {
  PeerRequests& requests = reactor_->requests();
  requests.begin(step, connection);
  Signal ready;
  while (!requests.attempt(connection, workers_[here()]->buffer)) {
    if (requests.wait_for(connection, &ready)) ready.wait();
  }
  return requests.reply(connection);
}

}  // namespace cbench
