import assert from "node:assert/strict";
import { test } from "node:test";

import { Scripts, Unsupported } from "../kit/script.js";

const wait = { do: "wait", time_ns: 1000 };
const request = (bytes) => ({ do: "request", bytes, delay_ns: 1000 });
const fanOut = (width, ...body) => ({ do: "fan_out", width, body });
const critical = (...body) => ({ do: "critical", lock: 3, body });
const specOf = (scripts, order = scripts.map((_, index) => index)) => ({
  order,
  scripts: scripts.map(({ steps, name = "" }) => ({ steps, digest: "00000001ffffffff", class: name })),
});
const scriptsOf = (...steps) => new Scripts(specOf([{ steps }]));

test("steps need as many connections as are in use at once", () => {
  assert.equal(scriptsOf(wait).lanes, 0);
  assert.equal(scriptsOf(request(1), request(1)).lanes, 1);
  assert.equal(scriptsOf(critical(request(1))).lanes, 1);
  assert.equal(scriptsOf(request(1), fanOut(3, request(1), fanOut(2, critical(request(1))))).lanes, 6);
});

test("a slot has what its most demanding script needs", () => {
  const scripts = new Scripts(specOf([{ steps: [request(10)] }, { steps: [fanOut(2, request(70))] }]));
  assert.equal(scripts.lanes, 2);
  assert.equal(scripts.mostBytes, 70);
});

test("turns go round the order", () => {
  const scripts = new Scripts(
    specOf(
      [
        { steps: [], name: "a" },
        { steps: [wait], name: "b" },
      ],
      [0, 1, 1],
    ),
  );
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((turn) => scripts.ofTurn(turn).kind),
    ["a", "b", "b", "a", "b"],
  );
  assert.deepEqual(scripts.classes, ["a", "b"]);
  assert.equal(scripts.ofTurn(0).expected.toHex(), "00000001ffffffff");
});

test("kernels are found wherever they stand", () => {
  const memory = { do: "compute", kernel: "memory", amount: 1 };
  assert.equal(scriptsOf(wait, fanOut(2, critical(memory))).has("memory"), true);
  assert.equal(scriptsOf(wait).has("memory"), false);
});

test("steps share what is known of the cost of a computation where they ask for the same one", () => {
  const compute = (kernel, amount) => ({ do: "compute", kernel, amount });
  const scripts = new Scripts(
    specOf([
      { steps: [compute("mix", 5), fanOut(2, compute("mix", 5)), compute("mix", 6)] },
      { steps: [compute("mix", 5), compute("memory", 5)] },
    ]),
  );
  const [one, { body }, more] = scripts.ofTurn(0).steps;
  const [other, memory] = scripts.ofTurn(1).steps;
  assert.equal(one.cost, body[0].cost);
  assert.equal(one.cost, other.cost);
  assert.equal(new Set([one.cost, more.cost, memory.cost]).size, 3);
  assert.equal(one.cost.ns, Infinity);
});

for (const [what, step, named] of [
  ["a step", { do: "hop", stage: 1 }, /hop/],
  ["a field", { ...critical(wait), permits: 3 }, /permits/],
  ["a step in a body", fanOut(2, critical({ do: "hop" })), /hop/],
  ["a kernel", { do: "compute", kernel: "sorting", amount: 1 }, /sorting/],
  ["a timer", { do: "wait", time_ns: 3e15 }, /24 days/],
]) {
  test(`${what} that is not known is unsupported`, () => {
    assert.throws(
      () => scriptsOf(wait, step),
      (error) => error instanceof Unsupported && named.test(error.message),
    );
  });
}

for (const step of [
  { do: "wait" },
  { do: "wait", time_ns: -1 },
  { do: "wait", time_ns: 0.5 },
  { do: "critical", lock: 1 },
]) {
  test(`${JSON.stringify(step)} is an error that names its place`, () => {
    assert.throws(() => scriptsOf(fanOut(1, step)), /scripts\[0\].steps\[0\].body\[0\]/);
  });
}
