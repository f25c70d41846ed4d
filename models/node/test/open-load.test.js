import assert from "node:assert/strict";
import { test } from "node:test";

import { dueTimes } from "../kit/arrivals.js";
import { now, sleepUntil } from "../kit/clock.js";
import { Digest } from "../kit/digest.js";
import { indexOf } from "../kit/histogram.js";
import { OpenLoad, generate, makeShared } from "../kit/open-load.js";
import { Scripts } from "../kit/script.js";

const MS = 1e6;

function first(count, load) {
  const times = dueTimes({ seed_of_arrivals: "0000000000000001", rate_per_s: 1000, ...load });
  return Array.from({ length: count }, () => times.next().value);
}

test("Poisson arrivals are due when the page says", () => {
  const times = first(1000, { arrivals: "poisson" });
  assert.deepEqual(times.slice(0, 4), [836005, 1730509, 1850927, 2415604]);
  assert.equal(times[999], 979497861);
});

test("constant arrivals are due at i / rate", () => {
  assert.deepEqual(first(4, { arrivals: "constant", rate_per_s: 3000 }), [0, 333333, 666666, 1000000]);
});

// Runs it with tasks that take so long, from an epoch so far ahead; resolves to the counts and the turns in the order in
// which they began.
async function run(load, taskMs, aheadMs = 5) {
  const spec = {
    load: {
      kind: "open",
      concurrency: 4,
      tasks: 0,
      rate_per_s: 1000,
      arrivals: "constant",
      late: "wait",
      seed_of_arrivals: "0000000000000001",
      warmup_ns: 50 * MS,
      duration_ns: 200 * MS,
      drain_ns: 50 * MS,
      ...load,
    },
    scripts: [{ class: "", digest: "0".repeat(16), steps: [] }],
    order: [0],
  };
  const open = await OpenLoad.make(spec, new Scripts(spec));
  const turns = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const begin = (slot) => {
    if (!open.start(slot)) return;
    turns.push(slot.turn);
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    setTimeout(() => {
      --inFlight;
      if (open.finish(slot, new Digest())) begin(slot);
    }, taskMs);
  };
  await open.run(begin, now() + aheadMs * MS);
  const counts = open.counts();
  check(counts, spec.load);
  assert.ok(mostInFlight <= spec.load.concurrency);
  return { counts, turns };
}

const LONG = 20_000 * MS; // to drain: nothing is dropped where the machine is busy

const total = (sparse) => sparse.reduce((sum, [, count]) => sum + count, 0);

// Of the times in a histogram, each as the longest that is counted where it is.
const sumOf = (sparse) =>
  sparse.reduce((sum, [index, count]) => {
    const bucket = Math.max(Math.floor(index / 1024) - 1, 0);
    return sum + count * (index - bucket * 1024 + 1) * 2 ** bucket;
  }, 0);

// What holds of every open load.
function check(
  { open, tasks, tasks_total, slices, response },
  { duration_ns, rate_per_s, warmup_ns, late, concurrency },
) {
  const { begin, end, generator, unfinished, dropped } = open;
  assert.equal(begin.due, (warmup_ns / 1e9) * rate_per_s);
  assert.equal(end.due, ((warmup_ns + duration_ns) / 1e9) * rate_per_s);
  const shed = end.shed - begin.shed;
  const due = end.due - begin.due;
  assert.equal(total(response) + shed + unfinished, due);
  assert.equal(total(generator.lag) + open.late + shed, due);
  assert.equal(tasks_total + end.shed + dropped, end.due);
  assert.equal(tasks, end.done - begin.done);
  assert.equal(total(slices.map((count) => [0, count])), tasks);
  for (const at of [begin, end]) {
    assert.ok(at.taken >= at.done && at.due >= at.taken + at.shed);
    assert.ok(at.taken - at.done <= concurrency);
    if (late === "wait") assert.equal(at.shed, 0);
  }
}

test("arrivals that find a free slot begin when they are due, in their order", async () => {
  const { counts, turns } = await run({ rate_per_s: 200, drain_ns: LONG }, 1);
  assert.deepEqual(turns, [...Array(50).keys()]);
  assert.equal(counts.open.dropped, 0);
  assert.equal(counts.open.unfinished, 0);
});

test("arrivals wait where no slot is free, first come first served, and some are never begun", async () => {
  const { counts, turns } = await run({}, 20);
  assert.deepEqual(turns, [...Array(turns.length).keys()]);
  assert.ok(counts.open.late > 150);
  assert.ok(counts.open.dropped > 100);
  assert.ok(counts.open.mean_backlog > 50);
});

test("arrivals are shed where no slot is free and that was asked for", async () => {
  const { counts, turns } = await run({ late: "shed", drain_ns: LONG }, 20);
  assert.ok(counts.open.end.shed > 150);
  assert.equal(counts.open.late, 0);
  assert.equal(counts.open.dropped, 0);
  assert.ok(turns.at(-1) > 2 * turns.length, "the turn is that of the arrival");
  // They are there from when they are due, however late they are brought.
  assert.ok(counts.open.mean_backlog <= 4.5 + sumOf(counts.open.generator.lag) / (200 * MS));
});

test("an arrival that is brought late takes its slot then, not when it was due", async () => {
  for (const late of ["wait", "shed"]) {
    const { counts } = await run({ late }, 20, -280); // the window has ended
    assert.deepEqual([counts.open.begin.taken, counts.open.end.taken], [0, 0]);
  }
});

test("the lag is the generator's, and not what the loop takes to be told", () => {
  const spec = { concurrency: 4, rate_per_s: 20, arrivals: "constant", late: "wait", seed_of_arrivals: "0" };
  const load = { ...spec, warmup_ns: 0, duration_ns: 200 * MS, drain_ns: 0 };
  for (const late of ["wait", "shed"]) {
    const said = [];
    const shared = makeShared(load.concurrency);
    const slow = {
      postMessage(message) {
        said.push(message);
        sleepUntil(now() + 20 * MS);
        shared.set([0, 0], 1); // it has been told
      },
    };
    generate({ load: { ...load, late }, shared }, slow, now() + 5 * MS);
    const { lag } = said.pop();
    assert.deepEqual([said.length, total(lag)], [4, 4]);
    assert.ok(lag[0][0] < indexOf(20 * MS));
  }
});
