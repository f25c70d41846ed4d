// What cells lend each other of how their trials scatter.
#include "reports/stats/pooled_error.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "reports/stats/resampling.hpp"

namespace cbench {
namespace {

std::vector<Scatter> cells_of(Random& random, std::size_t count, double freedom, double unlike) {
  std::vector<Scatter> cells;
  for (std::size_t i = 0; i < count; ++i) {
    const double variance = std::exp(2 * unlike * random.normal());
    cells.push_back({variance * random.chi_squared(freedom) / freedom, freedom});
  }
  return cells;
}

TEST(PooledError, scatter_is_about_the_mean_of_each_side) {
  const std::vector<double> a{1, 2, 3};
  const std::vector<double> b{11, 12, 13};
  EXPECT_DOUBLE_EQ(scatter_of(a).variance, 1);
  EXPECT_EQ(scatter_of(a).freedom, 2);
  EXPECT_DOUBLE_EQ(scatter_of(a, b).variance, 1);
  EXPECT_EQ(scatter_of(a, b).freedom, 4);
  EXPECT_EQ(scatter_of(std::vector<double>{7}).freedom, 0);
}

TEST(PooledError, a_noisy_side_of_few_repetitions_does_not_hide_behind_a_quiet_one_of_many) {
  const std::vector<double> noisy{-3, 0, 3};
  const std::vector<double> quiet{-0.1, 0.1, -0.1, 0.1, -0.1, 0.1, -0.1, 0.1, 0, 0};
  const Scatter scatter = scatter_of(noisy, quiet);
  EXPECT_GE(scatter.variance * (1.0 / 3 + 1.0 / 10), 9.0 / 3) << "what the noisy side's mean is worth alone";
  EXPECT_LT(scatter.freedom, 3) << "and it is known as badly as that side knows it";
}

TEST(PooledError, cells_that_are_alike_lend_each_other_nearly_all) {
  Random random(1);
  const std::vector<Scatter> cells = cells_of(random, 40, 4, 0);
  const std::vector<Scatter> moderate = moderated(cells);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].variance < 0.5) {
      EXPECT_GT(moderate[i].variance, 0.6);
      EXPECT_GT(moderate[i].freedom, 12);
    }
  }
}

TEST(PooledError, cells_that_are_unlike_lend_each_other_little) {
  Random random(2);
  const std::vector<Scatter> moderate = moderated(cells_of(random, 200, 4, 1.5));
  for (const Scatter& cell : moderate) EXPECT_LT(cell.freedom, 6);
}

TEST(PooledError, no_cell_gets_less_than_what_it_scatters_by_itself) {
  Random random(3);
  const std::vector<Scatter> cells = cells_of(random, 40, 4, 0.5);
  const std::vector<Scatter> moderate = moderated(cells);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    EXPECT_GE(moderate[i].variance, cells[i].variance);
    if (moderate[i].variance > cells[i].variance) continue;
    EXPECT_GT(moderate[i].freedom, cells[i].freedom) << "it borrows";
    EXPECT_LT(moderate[i].freedom, 12) << "but not all";
  }
}

TEST(PooledError, one_cell_and_cells_without_repetitions_stay_what_they_are) {
  const std::vector<Scatter> one{{.variance = 2, .freedom = 4}};
  EXPECT_EQ(moderated(one).front().variance, 2);
  EXPECT_EQ(moderated(one).front().freedom, 4);
  const std::vector<Scatter> some{{2, 4}, {3, 4}, {0, 0}, {0, 4}};
  EXPECT_EQ(moderated(some)[2].freedom, 0) << "what was not repeated borrows nothing";
  EXPECT_GT(moderated(some)[3].variance, 0) << "what happened to agree is not exact";
}

}  // namespace
}  // namespace cbench
