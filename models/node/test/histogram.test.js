import assert from "node:assert/strict";
import { test } from "node:test";

import { Histogram, indexOf } from "../kit/histogram.js";

// The formula of the page, in numbers that cannot round.
function indexByThePage(ns) {
  const time = BigInt(Math.min(ns, 3_600_000_000_000));
  const bits = Math.max(time.toString(2).length, 11);
  const bucket = BigInt(bits - 11);
  return Number(bucket * 1024n + (time >> bucket));
}

test("times are counted where the page says", () => {
  assert.equal(indexOf(1000), 1000);
  assert.equal(indexOf(5000), 3298);
  assert.equal(indexOf(20_000_000), 15556);
});

test("every step of the layout begins where the formula says", () => {
  for (let bits = 1; bits < 43; ++bits) {
    for (const ns of [2 ** bits - 1, 2 ** bits, 2 ** bits + 1, Math.floor(2 ** bits * 1.3), 2 ** (bits + 1) - 1]) {
      assert.equal(indexOf(ns), indexByThePage(ns), `${ns} ns`);
    }
  }
  assert.equal(indexOf(9e15), indexByThePage(9e15));
  assert.equal(indexOf(0), 0);
});

test("a histogram is sparse, ascending, and adds up with others", () => {
  const one = new Histogram();
  for (const ns of [5000, 7, 5000, 20_000_000]) one.record(ns);
  assert.deepEqual(one.toSparse(), [
    [7, 1],
    [3298, 2],
    [15556, 1],
  ]);
  one.addSparse([
    [7, 2],
    [8, 1],
  ]);
  assert.deepEqual(one.toSparse(), [
    [7, 3],
    [8, 1],
    [3298, 2],
    [15556, 1],
  ]);
});
