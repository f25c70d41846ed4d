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

// Runs the tasks of a load on this thread's loop.
export class Walker {
  #load;
  #compute;
  #mutexOf;
  branches = 0; // started so far

  // `compute(step, digest, slot)` folds the result into the digest, and returns a promise where that takes until later.
  // `mutexOf(number)` has lock(), which returns a promise where it must be waited for, and unlock().
  constructor(load, { compute, mutexOf }) {
    this.#load = load;
    this.#compute = compute;
    this.#mutexOf = mutexOf;
  }

  // Begins the task in the slot, as whoever hears of a request in Node.js calls an async function for it. A task that
  // follows takes its turn among the callbacks of the loop.
  begin = async (slot) => {
    if (!this.#load.start(slot)) return;
    try {
      const digest = slot.digest.set(0, 0);
      for (const step of slot.script.steps) {
        const pending = this.#run(step, slot, digest, 0);
        if (pending) await pending;
      }
      if (this.#load.finish(slot, digest)) setImmediate((slot.again ??= () => this.begin(slot)));
    } catch (error) {
      if (error === DROPPED) this.#load.drop();
      else this.#load.fail(error);
    }
  };

  // Runs a step, which folds what it returns into the digest. The connections of the slot from `lane` on are its own.
  // Returns a promise where it is not over yet.
  #run(step, slot, digest, lane) {
    switch (step.do) {
      case "compute":
        return this.#compute(step, digest, slot);
      case "wait":
        digest.foldNumber(step.time_ns);
        return sleep(step.time_ns);
      case "request":
        // As a task's first step it is sent when the task has just started.
        return slot.connections[lane].request(step, digest, step === slot.script.steps[0] ? slot.started : undefined);
      case "critical":
        return this.#critical(step, slot, digest, lane);
      case "fan_out":
        return this.#fanOut(step, slot, digest, lane);
    }
    throw new Error(`there is no step ${step.do}`);
  }

  async #runAll(steps, slot, digest, lane) {
    for (const step of steps) {
      const pending = this.#run(step, slot, digest, lane);
      if (pending) await pending;
    }
  }

  async #critical(step, slot, digest, lane) {
    const mutex = this.#mutexOf(step.lock);
    const pending = mutex.lock();
    if (pending) await pending;
    try {
      await this.#runAll(step.body, slot, digest.foldNumber(step.lock), lane);
    } finally {
      mutex.unlock();
    }
  }

  // All branches have ended when this does, whether or not one of them failed.
  async #fanOut(step, slot, digest, lane) {
    this.branches += step.width;
    const parts = Array.from({ length: step.width }, (_, index) => Digest.ofBranch(index));
    const ends = await Promise.allSettled(
      parts.map((part, index) => this.#runAll(step.body, slot, part, lane + index * step.lanesOfBranch)),
    );
    const failed = ends.find((end) => end.status === "rejected");
    if (failed) throw failed.reason;
    digest.foldDigest(parts.reduce((sum, part) => sum.add(part), new Digest()));
  }
}

// What a step throws where the load was over before the task's first step began.
export const DROPPED = new Error("the load is over");

// A compute step on this thread.
export function computeHere(kernels) {
  const result = new Digest();
  return (step, digest) => {
    kernels.run(step.kernel, step.amount, result);
    digest.foldDigest(result);
  };
}
