// One function a topic: prints its tables to standard output.
#pragma once

namespace cbench::simulation {

void comparison();
void noise_floor();
void intervals();
void precision();

}  // namespace cbench::simulation
