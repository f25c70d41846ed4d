import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

import { now } from "../kit/clock.js";
import { Use, warningsOf } from "../kit/use.js";

const MUCH = "collecting garbage took more than 5 % of the time in which the event loop was busy";

// What is used while work() is called again and again for `ms`, with a turn of the loop between.
async function useOf(work, ms) {
  const use = new Use();
  use.atBegin();
  for (const end = now() + ms * 1e6; now() < end; await turn()) work();
  use.atEnd();
  await turn();
  return use;
}

test("what makes no garbage says nothing", async () => {
  let sum = 0;
  const work = () => {
    for (let i = 0; i < 1e6; ++i) sum ^= i;
  };
  // What was there before is collected some time.
  let use = await useOf(work, 100);
  for (let tries = 9; tries > 0 && warningsOf([use.collecting]).length > 0; --tries) use = await useOf(work, 100);
  assert.deepEqual(warningsOf([use.collecting]), []);
  assert.ok(use.switches.voluntary >= 0);
});

test("pauses to collect garbage are told where they are much of what was used", async () => {
  const kept = [];
  const use = await useOf(() => {
    kept.push(Array.from({ length: 20_000 }, (_, index) => ({ index, next: kept.at(-1) })));
    if (kept.length > 100) kept.splice(0, 50);
  }, 300);
  assert.deepEqual(warningsOf([use.collecting]), [MUCH]);
});

test("pauses of all processes are held against the time of all loops", () => {
  const much = { pauses: 20e6, busy: 200e6, window: 200e6 };
  const none = { pauses: 0, busy: 400e6, window: 400e6 };
  assert.equal(warningsOf([much]).length, 1);
  assert.equal(warningsOf([much, none]).length, 0);
});

test("of a process that hardly computes, or not for long, nothing is said", () => {
  assert.equal(warningsOf([{ pauses: 20e6, busy: 200e6, window: 10_000e6 }]).length, 0);
  assert.equal(warningsOf([{ pauses: 2e6, busy: 3e6, window: 5e6 }]).length, 0);
});

test("a window whose begin nobody came to has no switches", () => {
  const use = new Use();
  use.atEnd();
  assert.equal(use.switches, null);
  assert.deepEqual(warningsOf([use.collecting]), []);
});
