// What somebody who has to choose a model is told: which one, by how much, why, at what cost, and what would change
// that. Rules from findings to sentences, and nowhere else; where the data do not bear a sentence it is left out, or
// says what is missing. This file has those for a closed loop.
#pragma once

#include <string>
#include <vector>

#include "reports/findings/cells/cells.hpp"
#include "reports/findings/comparison/noise_floor.hpp"
#include "reports/findings/ranking.hpp"

namespace cbench {

struct Advice {
  bool decided = false;             // the data bear a choice; else `choose` says why they do not
  std::vector<std::string> chosen;  // labels of the models in the tier that wins; none where it is not decided
  std::string choose;               // sentences, with their full stops; the others may be empty
  std::string by_how_much;
  std::string why;
  std::string costs;
  std::vector<std::string> would_change;  // a sentence each
};

// Models that kept themselves busy, by throughput: the first tier of the load that most of them ran under.
//   - nothing is chosen where the repetitions are too few to know the first tier, where one model ran alone, where
//     nobody is behind and the peer was the limit, or where one that is behind might lead if it had the CPUs that other
//     programs used (in proportion to those it had)
//   - of a leader that failed in some of its trials it is said
//   - the limits are those of limits.hpp, the order that of ranking.hpp, the words on it those of verdict.hpp
//   - what would change the answer: what the leaders are limited by; workers that are blocked; a distance to the
//     runner-up within `floor`, what this host differs by from one session to the next (nullptr: not known); other
//     numbers of workers, where several were measured; programs that disturbed the trials
Advice advice_on(const Block& block, const NoiseFloor* floor);

// For the rules of other loads.

// Whether other programs had CPUs that a model might have used: no CPU was left, and they used more than 10 % of one. A
// model of many threads takes more of such a machine than one of few, which says nothing about a quiet one.
bool others_had_cpus(const Cell& cell);

// The ranking that a load is decided by: primary, each model with the workers that serve it best. nullptr: none.
const Ranking* deciding(const std::vector<Ranking>& rankings);
// "The distance to eventloop is 2 %, and two sessions on this host differ by up to 5 %: another day may turn it."
// Empty where there is no runner-up, or it is far behind.
std::string words_on_noise(const Ranking& ranking, const NoiseFloor* floor);
// "Other programs used up to 40 % of a CPU ..."; empty where they did not.
std::string words_on_disturbance(const std::vector<const Cell*>& cells);

}  // namespace cbench
