// How trials scatter, where each cell has few repetitions and there are many cells: what the cells have in common is
// lent to each of them, as far as they are alike (Smyth, 2004: moderated t).
#pragma once

#include <span>
#include <vector>

namespace cbench {

// A variance, and how much data it rests on.
struct Scatter {
  double variance = 0;
  double freedom = 0;  // degrees of; 0: nothing was repeated
};

// Of repetitions about their mean.
Scatter scatter_of(std::span<const double> values);

// Of two sides about their own means, pooled. Where they are not of one size, Welch's error is taken where it is the
// larger: a side that scatters more must not hide behind one with more repetitions.
Scatter scatter_of(std::span<const double> a, std::span<const double> b);

// Of two sides that need not scatter alike, each by its own (Welch, with Satterthwaite's degrees of freedom); of the
// one that was repeated where the other was not. In equal numbers the variance is the pooled one, and rests on less.
Scatter scatter_of_each(std::span<const double> a, std::span<const double> b);

// What a variance rests on where a cell scatters more than others would make it: between its own degrees of freedom and
// those with what is lent, at their geometric mean.
double freedom_of_noisy_cell(double own, double with_lent);

// In the order given. The variances' own scatter says how much a cell may borrow: much where all are alike, nothing
// where each has its own. A cell that scatters more than what it would get keeps its own variance: the noisiest of many
// would else raise the false alarms of all. It keeps part of what it may borrow, too: without, no cell of many repeated
// three times would ever be told; with all of it, false alarms pass their level by a third where cells are unlike.
std::vector<Scatter> moderated(std::span<const Scatter> cells);

}  // namespace cbench
