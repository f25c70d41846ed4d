#include "models/processes/process_steps.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace cbench {
namespace {

constexpr std::uint64_t with_use(std::uint32_t use, std::uint32_t next) { return (std::uint64_t{use} << 32U) | next; }
constexpr std::uint32_t closed = UINT32_MAX;  // no branch can be claimed

}  // namespace

ProcessLocks::ProcessLocks(std::uint32_t count) : locks_(count) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  for (Lock& lock : locks_) pthread_mutex_init(&lock.mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

void ProcessLocks::lock(std::uint32_t number, std::uint32_t worker) {
  Lock& lock = locks_[number];
  if (pthread_mutex_lock(&lock.mutex) == EOWNERDEAD) {
    // The trial is over. The parent knows what the holder died of, says it, and ends the other workers.
    for (;;) pause();
  }
  lock.holder.store(worker + 1, std::memory_order_relaxed);
}

void ProcessLocks::unlock(std::uint32_t number) {
  locks_[number].holder.store(0, std::memory_order_relaxed);
  pthread_mutex_unlock(&locks_[number].mutex);
}

std::optional<std::uint32_t> ProcessLocks::held_by(std::uint32_t worker) const {
  for (std::uint32_t number = 0; number < locks_.size(); ++number) {
    if (locks_[number].holder.load(std::memory_order_relaxed) == worker + 1) return number;
  }
  return std::nullopt;
}

ProcessFanOuts::ProcessFanOuts(std::uint32_t workers, std::uint32_t depth)
    : depth_(depth), records_(std::size_t{workers} * depth) {
  for (Record& record : records_) {
    record.claims.store(with_use(0, closed));
    sem_init(&record.all_ended, 1, 0);
  }
}

FanOutName ProcessFanOuts::open(std::uint32_t worker, std::uint32_t level, std::uint32_t width, const Branch& branch) {
  const std::uint32_t number = worker * depth_ + level;
  Record& record = records_[number];
  const auto use = static_cast<std::uint32_t>(record.claims.load() >> 32U) + 1;
  record.claims.store(with_use(use, closed));  // before the width: nobody claims by the next one's width
  record.width.store(width);
  record.body = branch.body;
  record.connection = branch.connection;
  record.lanes = branch.lanes;
  record.sum.store(0, std::memory_order_relaxed);
  record.ended.store(0, std::memory_order_relaxed);
  record.failed.store(0, std::memory_order_relaxed);
  record.claims.store(with_use(use, 0));
  return {number, use};
}

std::optional<std::uint32_t> ProcessFanOuts::next_of(FanOutName name, std::uint64_t claims) const {
  const auto next = static_cast<std::uint32_t>(claims);
  if (claims >> 32U != name.use || next >= records_[name.record].width.load()) return std::nullopt;
  return next;
}

std::optional<std::uint32_t> ProcessFanOuts::claim(FanOutName name) {
  std::atomic<std::uint64_t>& claims = records_[name.record].claims;
  std::uint64_t now = claims.load();
  for (;;) {
    const auto next = next_of(name, now);
    if (!next || claims.compare_exchange_weak(now, now + 1)) return next;
  }
}

void ProcessFanOuts::help(FanOutName name,
                          const std::function<std::uint64_t(Script, std::uint32_t, std::uint64_t)>& run) {
  Record& record = records_[name.record];
  while (const auto index = claim(name)) {
    try {
      const std::uint64_t digest = run(record.body, record.connection + *index * record.lanes, branch_digest(*index));
      record.sum.fetch_add(digest, std::memory_order_relaxed);
    } catch (const std::exception& error) {
      if (record.failed.exchange(1) == 0) {
        const std::string_view what(error.what());
        const std::size_t length = std::min(what.size(), sizeof(record.error) - 1);
        std::memcpy(record.error, what.data(), length);
        record.error[length] = '\0';
      }
    }
    const std::uint32_t width = record.width.load(std::memory_order_relaxed);
    if (record.ended.fetch_add(1) + 1 == width) sem_post(&record.all_ended);
  }
}

std::uint64_t ProcessFanOuts::close(FanOutName name) {
  Record& record = records_[name.record];
  while (sem_wait(&record.all_ended) != 0) {
  }
  if (record.failed.load() != 0) throw std::runtime_error(record.error);
  return record.sum.load(std::memory_order_relaxed);
}

std::uint64_t ProcessSteps::fan_out(std::uint32_t width, const Branch& branch) {
  const FanOutName name = fan_outs_.open(worker_, level_, width, branch);
  if (placement_.spreads(branch.body)) ask_for_help_(name, width - 1);
  help(name);
  return fan_outs_.close(name);
}

void ProcessSteps::help(FanOutName name) {
  ++level_;
  fan_outs_.help(name, [this](Script body, std::uint32_t connection, std::uint64_t digest) {
    return run_blocking(*this, load_, body, connection, digest);
  });
  --level_;
}

}  // namespace cbench
