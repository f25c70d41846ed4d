// What the statistics do on data whose truth is known: how often their intervals cover it, how often they say what is
// not so, and how often they find what is. Each topic prints the tables that stand in docs/statistics.md.
#pragma once

namespace cbench::simulation {

// How many a topic draws of what it would draw so often: a tenth where --quick was given.
int draws(int all);

void capacity();
void comparison();
void intervals();
void laws();
void metg();
void noise_floor();
void precision();
void steady_state();

}  // namespace cbench::simulation
