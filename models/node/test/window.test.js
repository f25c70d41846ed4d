import assert from "node:assert/strict";
import { test } from "node:test";

import { now } from "../kit/clock.js";
import { Digest } from "../kit/digest.js";
import { ClosedLoad } from "../kit/load.js";
import { Scripts } from "../kit/script.js";
import { runWindow } from "../kit/window.js";

const MS = 1e6;

// Runs a closed load of two slots. Each task takes a turn of the loop; the first one of the second slot, `slowMs`.
async function run({ slowMs, ...times }) {
  const spec = {
    load: { kind: "closed", concurrency: 2, tasks: 0, duration_ns: 20 * MS, ...times },
    scripts: [{ class: "", digest: "0".repeat(16), steps: [] }],
    order: [0],
  };
  const load = new ClosedLoad(spec, new Scripts(spec));
  const begin = (slot) => {
    if (!load.start(slot)) return;
    const finish = () => load.finish(slot, new Digest()) && begin(slot);
    if (slot.number === 1 && !slot.settled) setTimeout(finish, slowMs);
    else setImmediate(finish);
  };
  const submitted = now();
  const windows = [];
  const record = await runWindow(spec, load, begin, (window) => windows.push(window));
  assert.equal(windows.length, 1);
  const [{ begin_ns, end_ns }] = windows;
  assert.equal(end_ns - begin_ns, spec.load.duration_ns);
  return { record, warmedUp: begin_ns - submitted };
}

test("the window opens after the least warm-up where every slot has finished a task", async () => {
  const { record, warmedUp } = await run({ warmup_ns: 30 * MS, most_warmup_ns: 60_000 * MS, slowMs: 1 });
  assert.ok(warmedUp >= 30 * MS && warmedUp < 30_000 * MS);
  assert.equal(record.settled, true);
  assert.ok(record.tasks > 0 && record.tasks < record.tasks_total);
});

test("it waits for the slowest slot", async () => {
  const { record, warmedUp } = await run({ warmup_ns: 10 * MS, most_warmup_ns: 60_000 * MS, slowMs: 100 });
  assert.ok(warmedUp >= 99 * MS);
  assert.equal(record.settled, true);
});

test("it does not wait for longer than the most", async () => {
  const { record, warmedUp } = await run({ warmup_ns: 10 * MS, most_warmup_ns: 30 * MS, slowMs: 2000 });
  assert.ok(warmedUp >= 30 * MS && warmedUp < 1500 * MS);
  assert.equal(record.settled, false);
});
