import assert from "node:assert/strict";
import { test } from "node:test";

import { now, sleepUntil } from "../kit/clock.js";

test("an instant is a whole number of nanoseconds of the monotonic clock", () => {
  for (let i = 0; i < 10_000; ++i) {
    const before = process.hrtime.bigint();
    const instant = now();
    const after = process.hrtime.bigint();
    assert.ok(Number.isInteger(instant));
    assert.ok(before <= BigInt(instant) && BigInt(instant) <= after);
  }
});

test("a thread that sleeps until an instant wakes after it", () => {
  const instant = now() + 2e6;
  sleepUntil(instant);
  assert.ok(now() >= instant);
});
