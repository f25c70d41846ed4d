// What the statistics do on data whose truth is known: how often their intervals cover it, how often they say what is
// not so, and how often they find what is. Each topic prints the tables that stand in docs/statistics.md.
#pragma once

namespace cbench::simulation {

void capacity();
void comparison();
void intervals();
void laws();
void metg();
void noise_floor();
void precision();
void steady_state();

}  // namespace cbench::simulation
