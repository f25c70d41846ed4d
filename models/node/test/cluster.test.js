import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { now } from "../kit/clock.js";

const MS = 1e6;
const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));
const { models } = JSON.parse(readFileSync(new URL("../model.json", import.meta.url)));

// Resolves to the events of a whole trial, by their names, with the instants at which they were heard.
async function run(load, steps) {
  const spec = {
    protocol: 2,
    trial: "00c0ffee00c0ffee",
    model: "node-cluster",
    settings: {},
    workers: 1,
    seed: "0000000000000001",
    load: { tasks: 0, most_warmup_ns: load.warmup_ns, ...load },
    scripts: [{ class: "", digest: "0".repeat(16), steps }],
    order: [0],
    peer: null,
  };
  const child = spawn(process.execPath, [MAIN], { stdio: ["pipe", "ignore", "inherit", "pipe"] });
  child.stdin.write(`${JSON.stringify(spec)}\n`);
  const events = {};
  for await (const line of createInterface({ input: child.stdio[3] })) {
    const event = JSON.parse(line);
    events[event.event] = { ...event, heard: now() };
    if (event.event === "record") child.stdin.end();
  }
  return events;
}

test("a window that is heard of after its end is put off, and tasks go on until the next", async () => {
  // All tasks in flight have their turn before the loop hears a message: that takes longer than the first notice and the
  // window together.
  const load = { kind: "closed", concurrency: 50, warmup_ns: 20 * MS, duration_ns: 20 * MS };
  const { record, window, ended } = await run(load, [{ do: "compute", kernel: "primes", amount: 20_000 }]);
  assert.deepEqual([record.status, record.reason], ["ok", ""]);
  assert.equal(window.end_ns - window.begin_ns, load.duration_ns);
  assert.ok(ended.heard >= window.end_ns, "the load ended before its window did");
});

test("a window is put off for few turns of the loop, however long they take", async () => {
  const load = { kind: "closed", concurrency: 500, warmup_ns: 20 * MS, duration_ns: 20 * MS };
  const { record } = await run(load, [{ do: "compute", kernel: "primes", amount: 20_000 }]);
  assert.deepEqual([record.status, record.reason], ["ok", ""]);
  const turns = record.tasks_total / load.concurrency;
  assert.ok(turns < 8, `${turns} turns`);
});

test("what is refused is said beforehand", async () => {
  const { record } = await run({ kind: "open", concurrency: 1, arrivals: "constant", late: "wait", rate_per_s: 1 }, []);
  assert.equal(record.status, "unsupported");
  assert.match(record.reason, /open load/);
  assert.match(models.find(({ name }) => name === "node-cluster").cannot, /open loads are refused/);
});
