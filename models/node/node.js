// Node.js as it is: one event loop, and an async function for each task. What it computes keeps the loop from all else.
import { openConnections } from "./kit/connection.js";
import { makeKernels } from "./kit/kernels.js";
import { makeLoad } from "./kit/make-load.js";
import { Mutexes, Walker, computeHere } from "./kit/walk.js";
import { runWindow } from "./kit/window.js";

export async function setUp(spec, scripts, input) {
  const load = await makeLoad(spec, scripts);
  await openConnections(spec.peer, load.slots, scripts);
  const kernels = makeKernels(scripts, () => {
    input.look();
    load.tick();
  });
  const mutexes = new Mutexes();
  const walker = new Walker(load, {
    compute: computeHere(kernels),
    mutexOf: (lock) => mutexes.of(lock),
  });
  return {
    run: (announce) => runWindow(spec, load, walker.begin, announce),
    units: () => load.total + walker.branches,
  };
}
