// The baseline of Node.js: one task after the other in a loop, which leaves it only where a reply must be awaited.
// Nothing else in this process could run meanwhile, so that it sleeps by blocking the thread.
import { now, sleepUntil } from "./kit/clock.js";
import { openConnections } from "./kit/connection.js";
import { Digest } from "./kit/digest.js";
import { makeKernels } from "./kit/kernels.js";
import { makeLoad } from "./kit/make-load.js";
import { Unsupported } from "./kit/script.js";
import { runWindow } from "./kit/window.js";

const LOOK_EVERY_NS = 1e8; // whether the input has ended

// Calls step(index) for each, one after the other. Returns a promise where one of them did.
function each(count, step, from = 0) {
  for (let index = from; index < count; ++index) {
    const pending = step(index);
    if (pending) return pending.then(() => each(count, step, index + 1));
  }
  return undefined;
}

export async function setUp(spec, scripts, input) {
  if (spec.load.concurrency > 1) throw new Unsupported("more than one task in flight");
  const load = await makeLoad(spec, scripts);
  await openConnections(spec.peer, load.slots, scripts);
  const lookUp = () => {
    input.look();
    load.tick();
  };
  const kernels = makeKernels(scripts, lookUp);

  const sleep = (time_ns) => {
    const until = now() + time_ns;
    for (let at = now(); at < until; at = now()) {
      const next = at + LOOK_EVERY_NS;
      sleepUntil(Math.min(until, next, load.lookAt > at ? load.lookAt : next));
      if (until - at > LOOK_EVERY_NS) lookUp();
    }
  };
  const walk = (steps, digest, connections) => each(steps.length, (index) => run(steps[index], digest, connections));
  const run = (step, digest, connections) => {
    switch (step.do) {
      case "compute": {
        const result = new Digest();
        kernels.run(step.kernel, step.amount, result);
        digest.foldDigest(result);
        return undefined;
      }
      case "wait":
        sleep(step.time_ns);
        digest.foldNumber(step.time_ns);
        return undefined;
      case "request":
        return connections[0].request(step, digest);
      case "critical":
        return walk(step.body, digest.foldNumber(step.lock), connections); // nobody else is there
      case "fan_out": {
        const sum = new Digest();
        const branch = (index) => {
          const part = Digest.ofBranch(index);
          const pending = walk(step.body, part, connections);
          return pending ? pending.then(() => void sum.add(part)) : void sum.add(part);
        };
        const pending = each(step.width, branch);
        return pending ? pending.then(() => void digest.foldDigest(sum)) : void digest.foldDigest(sum);
      }
    }
    return undefined;
  };

  const runSlot = async (slot) => {
    try {
      let look = now() + LOOK_EVERY_NS;
      while (load.start(slot)) {
        const digest = new Digest();
        const pending = walk(slot.script.steps, digest, slot.connections);
        if (pending) await pending;
        if (!load.finish(slot, digest)) break;
        if (slot.scheduled < look) continue;
        input.look();
        look = slot.scheduled + LOOK_EVERY_NS;
      }
    } catch (error) {
      load.fail(error);
    }
  };
  return {
    run: (announce) => runWindow(spec, load, runSlot, announce),
    units: () => load.total,
  };
}
