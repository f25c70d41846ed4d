#include "workloads/peer/witness.hpp"

namespace cbench {

PeerCounts& PeerCounts::operator+=(const PeerCounts& other) {
  connections_accepted += other.connections_accepted;
  connections_open += other.connections_open;
  requests += other.requests;
  requests_early += other.requests_early;
  requests_refused += other.requests_refused;
  replies_total += other.replies_total;
  replies_in_window += other.replies_in_window;
  early_in_window += other.early_in_window;
  window_whole = window_whole && other.window_whole;
  return *this;
}

void PeerPage::set_window(std::uint64_t begin, std::uint64_t end) {
  begin_ns.store(begin);
  end_ns.store(end);
  early_before.store(requests_early.load());
  question.store(question.load() + 1);
}

PeerCounts PeerPage::read() const {
  const bool is_answered = answered.load(std::memory_order_acquire) == question.load();
  return {.connections_accepted = connections_accepted.load(),
          .connections_open = connections_open.load(),
          .requests = requests.load(),
          .requests_early = requests_early.load(),
          .requests_refused = requests_refused.load(),
          .replies_total = replies_begun.load(),
          .replies_in_window = is_answered ? replies_in_window.load() : 0,
          .early_in_window = requests_early.load() - early_before.load(),
          // The peer looks at the question when it has sent something. It has sent nothing since it was asked.
          .window_whole = is_answered ? window_whole.load() : last_note_ns.load() < begin_ns.load()};
}

void Witness::note(std::uint64_t now_ns) {
  const std::uint64_t begun = page_.replies_begun.load(std::memory_order_relaxed);
  const std::uint64_t noted = page_.replies_noted.load(std::memory_order_relaxed);
  if (begun == noted) return;
  if (page_.question.load(std::memory_order_relaxed) != question_) look_at_question();
  if (now_ns >= begin_ns_ && now_ns < end_ns_) add(page_.replies_in_window, begun - noted);
  page_.last_note_ns.store(now_ns, std::memory_order_relaxed);
  page_.replies_noted.store(begun, std::memory_order_release);
}

void Witness::look_at_question() {
  question_ = page_.question.load(std::memory_order_acquire);
  begin_ns_ = page_.begin_ns.load(std::memory_order_relaxed);
  end_ns_ = page_.end_ns.load(std::memory_order_relaxed);  // where they are newer than the question, another follows
  page_.replies_in_window.store(0, std::memory_order_relaxed);
  page_.window_whole.store(page_.last_note_ns.load(std::memory_order_relaxed) < begin_ns_, std::memory_order_relaxed);
  page_.answered.store(question_, std::memory_order_release);
}

}  // namespace cbench
