#include "sweep/ending.hpp"

#include <exception>

#include "sweep/session.hpp"

namespace cbench {

std::vector<std::string> Ending::troubles() const {
  std::vector<std::string> texts = write_failures;
  if (!broke_off.empty()) texts.push_back("the sweep broke off: " + broke_off);
  if (interrupted != 0) texts.push_back(interrupt_note(interrupted));
  return texts;
}

int Ending::exit_code(bool all_done) const {
  if (interrupted != 0) return exit_by_signal + interrupted;
  return all_done && write_failures.empty() && broke_off.empty() ? 0 : 1;
}

void run_to_end(Session& session, const std::function<void()>& trials, Ending& ending) {
  try {
    trials();
  } catch (const std::exception& error) {
    if (session.records().empty()) throw;
    ending.broke_off = error.what();
  }
  ending.interrupted = session.interrupted();
  ending.write_failures = session.write_failures();
}

}  // namespace cbench
