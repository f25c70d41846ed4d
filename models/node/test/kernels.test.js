import assert from "node:assert/strict";
import { test } from "node:test";

import { Digest } from "../kit/digest.js";
import { Kernels, makeChase } from "../kit/kernels.js";

const chase = makeChase();
const run = (kernel, amount, look) => {
  const result = new Digest();
  new Kernels({ chase, look }).run(kernel, amount, result);
  return result;
};

test("primes counts those below the amount", () => {
  assert.equal(run("primes", 20_000).low, 2262);
  assert.equal(run("primes", 2).low, 0);
  assert.equal(run("primes", 3).low, 1);
});

test("mix applies mix64 so many times, from 1", () => {
  assert.ok(run("mix", 0).equals(new Digest(0, 1)));
  assert.ok(run("mix", 3).equals(new Digest(0, 1).mix(1).mix(1).mix(1)));
  const rounds = 2 ** 20 + 5; // more than between two looks
  assert.ok(run("mix", rounds).equals(new Digest(0, 1).mix(rounds)));
});

test("memory follows the chain of the page", () => {
  assert.equal(run("memory", 0).low, 0);
  assert.equal(run("memory", 1).low, 528_306);
  assert.equal(run("memory", 100_000).low, 653_470);
});

test("fault throws", () => {
  assert.throws(() => run("fault", 0), /fault/);
});

for (const [kernel, amount] of [
  ["primes", 20_000],
  ["mix", 3_000_000],
  ["memory", 3_000_000],
]) {
  test(`a long ${kernel} looks whether the trial is to end`, () => {
    const end = () => {
      throw new Error("ended");
    };
    assert.throws(() => run(kernel, amount, end), /ended/);
  });
}
