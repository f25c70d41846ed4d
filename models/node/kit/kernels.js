// What a compute step runs. Each leaves its result in `result`, a Digest, and looks now and then whether the trial is to
// end: nothing else runs on the thread meanwhile.
import { Digest } from "./digest.js";

const ENTRIES = 2 ** 20;
const APART = 16; // entries of 4 bytes that lie 64 bytes apart
const ROUNDS = 2 ** 20; // between two looks: a few ms
const CANDIDATES = 2 ** 12;

function primes(below, result, look) {
  let found = 0;
  for (let candidate = 2; candidate < below; ++candidate) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; ++divisor) {
      if (candidate % divisor === 0) {
        prime = false;
        break;
      }
    }
    if (prime) ++found;
    if (candidate % CANDIDATES === 0) look();
  }
  result.set(0, found);
}

function mix(times, result, look) {
  result.set(0, 1);
  for (let left = times; left > 0; left -= ROUNDS) {
    result.mix(Math.min(left, ROUNDS));
    if (left > ROUNDS) look();
  }
}

// One cycle through all entries, in an order that no prefetcher guesses. Shared by the threads of the process.
export function makeChase() {
  const next = new Int32Array(new SharedArrayBuffer(ENTRIES * APART * 4));
  for (let i = 0; i < ENTRIES; ++i) next[i * APART] = i;
  const random = new Digest(0, 42);
  for (let i = ENTRIES - 1; i > 0; --i) {
    random.mix(1);
    // i is below 2^20, so that both steps stay below 2^53.
    const other = (((random.high >>> 0) % i) * 0x100000000 + (random.low >>> 0)) % i;
    const swapped = next[i * APART];
    next[i * APART] = next[other * APART];
    next[other * APART] = swapped;
  }
  return next;
}

function memory(next, loads, result, look) {
  let at = 0;
  for (let left = loads; left > 0; left -= ROUNDS) {
    const some = Math.min(left, ROUNDS);
    for (let i = 0; i < some; ++i) at = next[at * APART];
    if (left > ROUNDS) look();
  }
  result.set(0, at);
}

// `look` is called between parts of a long computation and throws, or ends the process, where it is to end. `chase` is
// what makeChase() returned, where a script has the kernel `memory`.
export class Kernels {
  #look;
  #chase;

  constructor({ look = () => {}, chase = null } = {}) {
    this.#look = look;
    this.#chase = chase;
  }

  run(kernel, amount, result) {
    switch (kernel) {
      case "primes":
        return primes(amount, result, this.#look);
      case "mix":
        return mix(amount, result, this.#look);
      case "memory":
        return memory(this.#chase, amount, result, this.#look);
      case "fault":
        throw new Error("the fault kernel ran: this task is meant to fail");
    }
    throw new Error(`there is no kernel ${kernel}`);
  }
}

// For scripts that run on this thread.
export function makeKernels(scripts, look) {
  return new Kernels({ look, chase: scripts.has("memory") ? makeChase() : null });
}
