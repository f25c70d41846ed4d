import assert from "node:assert/strict";
import { test } from "node:test";

import { now, sleepUntil } from "../kit/clock.js";
import { Digest } from "../kit/digest.js";
import { ClosedLoad, FixedLoad } from "../kit/load.js";
import { mergeCounts } from "../kit/merge.js";
import { Scripts } from "../kit/script.js";

const MS = 1e6;

function specOf(load, { names = [""], order = names.map((_, index) => index) } = {}) {
  const scripts = names.map((name) => ({ class: name, digest: "0000000000000000", steps: [] }));
  return { load: { kind: "closed", concurrency: 1, tasks: 0, ...load }, scripts, order };
}

function loadOf(spec, share, shares) {
  const Load = spec.load.kind === "fixed" ? FixedLoad : ClosedLoad;
  return new Load(spec, new Scripts(spec), share, shares);
}

// Runs a task of no steps in each slot, and those that follow, in turn.
function runAll(load, { each = () => {}, digest = new Digest() } = {}) {
  const begun = [];
  const ended = load.run((slot) => begun.push(slot));
  while (begun.length > 0) {
    const slot = begun.shift();
    if (!load.start(slot)) continue;
    each(slot);
    if (load.finish(slot, digest)) begun.push(slot);
  }
  return ended;
}

const total = (sparse) => sparse.reduce((sum, [, count]) => sum + count, 0);

test("fixed work runs every turn once", async () => {
  const load = loadOf(specOf({ kind: "fixed", concurrency: 3, tasks: 10 }));
  load.setWindow(0, Infinity);
  const turns = [];
  await runAll(load, { each: (slot) => turns.push(slot.turn) });
  assert.deepEqual(turns, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const counts = load.counts();
  assert.equal(counts.tasks, 10);
  assert.equal(counts.tasks_total, 10);
  assert.deepEqual(counts.slots, { fewest: 3, most: 4 });
  assert.deepEqual(counts.slices, []);
  assert.ok(counts.finish_ns <= now());
  for (const name of ["queueing", "service", "response"]) assert.equal(total(counts[name]), 10);
});

test("fixed work of fewer tasks than slots leaves slots empty", async () => {
  const load = loadOf(specOf({ kind: "fixed", concurrency: 5, tasks: 2 }));
  load.setWindow(0, Infinity);
  await runAll(load);
  assert.deepEqual(load.counts().slots, { fewest: 0, most: 1 });
});

test("slots of a closed loop begin spread over the order, and go through it", async () => {
  const load = loadOf(specOf({ concurrency: 3 }, { names: ["a", "b", "c", "d", "e"] }));
  const turns = [[], [], []];
  await runAll(load, {
    each: (slot) => {
      turns[slot.number].push(slot.turn);
      if (turns[2].length === 3) load.setWindow(0, 1);
    },
  });
  assert.deepEqual(turns, [
    [0, 1, 2],
    [1, 2, 3],
    [3, 4, 5],
  ]);
});

test("so do those that several processes share", async () => {
  const spec = specOf({ concurrency: 3 }, { names: ["a", "b", "c", "d", "e"] });
  const begins = [];
  for (const share of [0, 1]) {
    const load = loadOf(spec, share, 2);
    await runAll(load, {
      each: (slot) => {
        begins.push([slot.number, slot.turn]);
        if (slot.number > 0) load.setWindow(0, 1); // the last slot of its process
      },
    });
  }
  assert.deepEqual(begins.sort(), [
    [0, 0],
    [1, 1],
    [2, 3],
  ]);
});

test("processes share slots and turns without a gap", async () => {
  const turns = [];
  const parts = [];
  for (const share of [0, 1]) {
    const load = loadOf(specOf({ kind: "fixed", concurrency: 3, tasks: 11 }), share, 2);
    load.setWindow(0, Infinity);
    await runAll(load, { each: (slot) => turns.push(slot.turn) });
    parts.push(load.counts());
  }
  assert.deepEqual(
    turns.sort((a, b) => a - b),
    [...Array(11).keys()],
  );
  const counts = mergeCounts(parts);
  assert.equal(counts.tasks, 11);
  assert.equal(total(counts.response), 11);
  assert.deepEqual(counts.slots, { fewest: 3, most: 4 });
});

test("tasks that finish within the window are counted, and none follows after it", async () => {
  const load = loadOf(specOf({ concurrency: 2 }));
  // Longer than a machine in use is likely to stand still.
  const begin = now() + 150 * MS;
  const end = begin + 150 * MS;
  load.setWindow(begin, end);
  const finished = [];
  await runAll(load, {
    each: () => {
      sleepUntil(now() + MS);
      finished.push(now());
    },
  });
  const counts = load.counts();
  assert.equal(counts.tasks_total, finished.length);
  assert.ok(counts.tasks < counts.tasks_total && counts.tasks > 0);
  assert.ok(Math.abs(counts.tasks - finished.filter((instant) => instant >= begin && instant < end).length) <= 2);
  assert.equal(
    counts.slices.reduce((sum, count) => sum + count),
    counts.tasks,
  );
  assert.ok(finished.filter((instant) => instant > end).length <= 1, "a task started after the end of the window");
});

test("a window that has no end yet keeps its counts when it is given one, and tasks go on until then", async () => {
  const load = loadOf(specOf({}));
  load.setWindow(0, now(), Infinity); // it is over already
  let begin = Infinity;
  let tasks = 0;
  await runAll(load, {
    each: () => {
      if (++tasks === 100) load.setWindow((begin = now()), begin + 20 * MS, Infinity);
      if (now() > begin + 30 * MS) load.endAt(begin + 20 * MS);
    },
  });
  const counts = load.counts();
  assert.ok(tasks > 100);
  assert.ok(counts.tasks > 0 && counts.tasks < counts.tasks_total - 99);
});

test("a later window forgets what was counted for an earlier one", async () => {
  const load = loadOf(specOf({}, { names: ["light"] }));
  load.setWindow(0, now() + 1e12);
  let tasks = 0;
  await runAll(load, { each: () => ++tasks === 100 && load.setWindow(now() + MS, now() + 3 * MS) });
  const counts = load.counts();
  assert.ok(counts.tasks < counts.tasks_total - 98);
  assert.equal(total(counts.classes.light), counts.tasks);
  assert.equal(counts.slots.most, counts.tasks);
});

test("tasks before the window are counted as those within it are, and forgotten when it is set", async () => {
  const load = loadOf(specOf({ concurrency: 2 }, { names: ["light"] }));
  let tasks = 0;
  let before;
  await runAll(load, {
    each: () => {
      if (++tasks !== 101) return;
      before = load.counts();
      const begin = now() + 5 * MS;
      load.setWindow(begin, begin + 50 * MS);
    },
  });
  const after = load.counts();
  assert.equal(before.tasks, 100);
  assert.ok(after.tasks > 0 && after.tasks < after.tasks_total - 100);
  for (const counts of [before, after]) {
    const sliced = counts.slices.reduce((sum, count) => sum + count);
    const times = [counts.queueing, counts.service, counts.response, counts.classes.light].map(total);
    assert.deepEqual([sliced, ...times], Array(5).fill(counts.tasks));
  }
});

test("the first thousand tasks tell the cold start, before the window or within it", async () => {
  const load = loadOf(specOf({}));
  const begun = now();
  let first;
  let tasks = 0;
  await runAll(load, {
    each: () => {
      if (++tasks === 2) first = now();
      if (tasks === 500) load.setWindow(0, now() + 1e12);
      if (tasks === 1500) load.setWindow(0, now());
    },
  });
  const { first_finish_ns, first_service, tasks_total } = load.counts();
  assert.ok(begun < first_finish_ns && first_finish_ns < first);
  assert.ok(tasks_total >= 1500);
  assert.equal(total(first_service), 1000);
});

test("the first thousand tasks are those of all processes, and the first of them all is one", async () => {
  const parts = [];
  for (const share of [0, 1]) {
    const load = loadOf(specOf({ kind: "fixed", concurrency: 2, tasks: 3000 }), share, 2);
    load.setWindow(0, Infinity);
    await runAll(load);
    parts.push(load.counts());
  }
  const { first_finish_ns, first_service } = mergeCounts(parts);
  assert.equal(first_finish_ns, parts[0].first_finish_ns);
  assert.equal(total(first_service), 1000);
});

test("where no task has finished there is no first one", async () => {
  const load = loadOf(specOf({}));
  load.setWindow(0, now());
  await runAll(load);
  for (const counts of [load.counts(), mergeCounts([load.counts()])]) assert.ok(!("first_finish_ns" in counts));
});

test("what tasks return beside what was expected adds up", async () => {
  const load = loadOf(specOf({ kind: "fixed", concurrency: 2, tasks: 5 }));
  load.setWindow(0, Infinity);
  await runAll(load, { digest: new Digest(0, 3) });
  assert.equal(load.counts().digest, "000000000000000f");
});

test("queueing and service add up to the response", async () => {
  const load = loadOf(specOf({ kind: "fixed", concurrency: 1, tasks: 1 }));
  load.setWindow(0, Infinity);
  await runAll(load, { each: () => sleepUntil(now() + 2 * MS) });
  const [[service]] = load.counts().service;
  const [[response]] = load.counts().response;
  assert.ok(response >= service);
  assert.ok(service > 10_000, "2 ms are counted well beyond the step of 11 us");
});

test("classes are kept apart", async () => {
  const load = loadOf(
    specOf({ kind: "fixed", concurrency: 1, tasks: 10 }, { names: ["light", "heavy"], order: [0, 0, 0, 0, 1] }),
  );
  load.setWindow(0, Infinity);
  await runAll(load);
  const { classes } = load.counts();
  assert.deepEqual([total(classes.light), total(classes.heavy)], [8, 2]);
});

test("after a failure no task follows another, and its reason is the first", async () => {
  const load = loadOf(specOf({ concurrency: 2 }));
  const ended = runAll(load, {
    each: () => {
      load.fail(new Error("first"));
      load.fail(new Error("second"));
    },
  });
  await assert.rejects(ended, /first/);
  assert.equal(load.total, 1);
});

test("settled is when every slot has finished a task", () => {
  const load = loadOf(specOf({ concurrency: 2 }));
  const slots = [];
  load.run((slot) => slots.push(slot));
  const runOne = (slot) => load.start(slot) && load.finish(slot, new Digest());
  runOne(slots[0]);
  runOne(slots[0]);
  assert.equal(load.settled, false);
  runOne(slots[1]);
  assert.equal(load.settled, true);
});
