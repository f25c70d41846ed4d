// The walk of a script as async functions: what every model on an event loop does, each with its own way to compute and
// to lock. Waits are timers, requests sockets, and branches promises that are awaited together.
import { now } from "./clock.js";
import { Digest } from "./digest.js";

// Timers count milliseconds from an instant that is rounded down to one. The first at or after `time_ns` from now; a
// timer of the time itself could come up to a millisecond early.
export function sleep(time_ns) {
  const started = now();
  const milliseconds = Math.ceil((started + time_ns) / 1e6) - Math.floor(started / 1e6);
  return new Promise((resolve) => {
    if (time_ns === 0) setImmediate(resolve);
    else setTimeout(resolve, milliseconds);
  });
}

// A lock among the tasks of one event loop, first come, first served.
export class Mutex {
  #held = false;
  #waiting = [];
  #next = 0; // of #waiting

  lock() {
    if (!this.#held) {
      this.#held = true;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  unlock() {
    if (this.#next === this.#waiting.length) {
      this.#held = false;
      return;
    }
    const resolve = this.#waiting[this.#next];
    this.#waiting[this.#next++] = undefined;
    if (this.#next === this.#waiting.length || this.#next === 1024) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
    resolve();
  }
}

export class Mutexes {
  #byNumber = new Map();

  of(number) {
    if (!this.#byNumber.has(number)) this.#byNumber.set(number, new Mutex());
    return this.#byNumber.get(number);
  }
}

export class Walker {
  #compute;
  #mutexOf;
  branches = 0; // started so far

  // `compute(step, result, slot)` leaves the result in a Digest, and returns a promise where that takes until later.
  // `mutexOf(number)` has lock(), which returns a promise where it must be waited for, and unlock().
  constructor({ compute, mutexOf }) {
    this.#compute = compute;
    this.#mutexOf = mutexOf;
  }

  // Runs the steps for the task in the slot and folds what they return into the digest. The connections of the slot from
  // `lane` on are its own.
  async run(slot, steps, digest, lane = 0) {
    for (const step of steps) {
      switch (step.do) {
        case "compute": {
          const result = new Digest();
          const pending = this.#compute(step, result, slot);
          if (pending) await pending;
          digest.foldDigest(result);
          break;
        }
        case "wait":
          await sleep(step.time_ns);
          digest.foldNumber(step.time_ns);
          break;
        case "request":
          digest.foldDigest(await slot.connections[lane].request(step));
          break;
        case "critical": {
          const mutex = this.#mutexOf(step.lock);
          const pending = mutex.lock();
          if (pending) await pending;
          try {
            await this.run(slot, step.body, digest.foldNumber(step.lock), lane);
          } finally {
            mutex.unlock();
          }
          break;
        }
        case "fan_out":
          digest.foldDigest(await this.#fanOut(slot, step, lane));
          break;
      }
    }
  }

  // All branches have ended when this does, whether or not one of them failed.
  async #fanOut(slot, step, lane) {
    this.branches += step.width;
    const digests = Array.from({ length: step.width }, (_, index) => Digest.ofBranch(index));
    const ends = await Promise.allSettled(
      digests.map((digest, index) => this.run(slot, step.body, digest, lane + index * step.lanesOfBranch)),
    );
    const failed = ends.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
    return digests.reduce((sum, digest) => sum.add(digest), new Digest());
  }
}

// What a step throws where the load was over before the task's first step began.
export const DROPPED = new Error("the load is over");

// What begins the task in a slot: an async function that takes its turn among the callbacks of the loop.
export function beginTasks(load, walker) {
  const run = async (slot) => {
    if (!load.start(slot)) return;
    try {
      const digest = new Digest();
      await walker.run(slot, slot.script.steps, digest);
      if (load.finish(slot, digest)) setImmediate(run, slot);
    } catch (error) {
      if (error === DROPPED) load.drop();
      else load.fail(error);
    }
  };
  return (slot) => setImmediate(run, slot);
}
