import assert from "node:assert/strict";
import { test } from "node:test";

import { Line } from "../kit/line.js";

const MS = 1e6;

function pushWhileThereIsRoom(line, ns) {
  let pushed = 0;
  for (; line.hasRoom && pushed < 100_000; ++pushed) line.push({}, ns);
  return pushed;
}

test("a thread is sent some milliseconds of jobs ahead", () => {
  assert.equal(pushWhileThereIsRoom(new Line(), MS), 5);
});

test("of short jobs it is sent some hundreds", () => {
  assert.equal(pushWhileThereIsRoom(new Line(), 1), 500);
});

test("nothing is sent after a job of unknown length until it is answered", () => {
  const line = new Line();
  const job = {};
  line.push(job, Infinity);
  assert.ok(!line.hasRoom);
  assert.equal(line.shift(), job);
  assert.equal(line.left_ns, 0);
  assert.ok(line.hasRoom);
});

test("what was expected of a job is what leaves with it, in the order in which they came", () => {
  const line = new Line();
  const jobs = [3 * MS, MS, Infinity].map((ns) => ({ ns_expected: ns }));
  for (const job of jobs) line.push(job, job.ns_expected);
  for (const job of jobs) assert.equal(line.shift(), job);
  assert.equal(line.left_ns, 0);
});
