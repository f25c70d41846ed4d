// When the tasks of an open load are due, in nanoseconds after its epoch: the same in every language.
import { Digest } from "./digest.js";

const LOW = 2 ** 53;

// Numbers u(i) from 0 up to 1, of mix64(seed + i).
function* uniform(seed) {
  const sum = Digest.fromHex(seed);
  const one = new Digest(0, 1);
  const drawn = new Digest();
  for (;;) {
    drawn.set(sum.high, sum.low).mix(1);
    yield ((drawn.high >>> 0) * 2 ** 21 + (drawn.low >>> 11)) / LOW;
    sum.add(one);
  }
}

function* constantSums() {
  for (let sum = 0; ; ++sum) yield sum;
}

function* poissonSums(seed) {
  let sum = 0;
  for (const u of uniform(seed)) yield (sum -= Math.log(1 - u));
}

// Of an open load as the spec has it, without an end.
export function* dueTimes({ arrivals, rate_per_s, seed_of_arrivals }) {
  const sums = arrivals === "poisson" ? poissonSums(seed_of_arrivals) : constantSums();
  for (const sum of sums) yield Math.floor((sum / rate_per_s) * 1e9);
}
