// What the kit costs a task, beside what the model and the task itself cost: node bench/kit-cost.js
import { now } from "../kit/clock.js";
import { Digest } from "../kit/digest.js";
import { Histogram } from "../kit/histogram.js";
import { ClosedLoad } from "../kit/load.js";
import { Scripts } from "../kit/script.js";

const ROUNDS = 5;
const MASK = 2n ** 64n - 1n;

function mixBig(x) {
  x = (x + 0x9e3779b97f4a7c15n) & MASK;
  x = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  x = ((x ^ (x >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return x ^ (x >> 31n);
}

// CPU time in nanoseconds a time, the least of a few rounds; the first ones compile it. CPU time, since it changes least
// where others use the machine, too.
function measure(times, run) {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; ++round) {
    const began = process.cpuUsage();
    run(times);
    const { user, system } = process.cpuUsage(began);
    least = Math.min(least, ((user + system) * 1000) / times);
  }
  return least;
}

function print(name, nanoseconds, unit = "ns of CPU time a task") {
  console.log(`${name.padEnd(52)} ${nanoseconds.toFixed(1).padStart(7)} ${unit}`);
}

// Closed load of one slot whose window is open throughout: start, finish and record, as a model calls them.
function runTasks(times) {
  const spec = {
    load: { kind: "closed", concurrency: 1, tasks: 0 },
    scripts: [{ class: "", digest: "0".repeat(16), steps: [] }],
    order: [0],
  };
  const load = new ClosedLoad(spec, new Scripts(spec));
  const began = now();
  load.setWindow(began, began + 1e15);
  load.run((slot) => {
    for (let i = 0; i < times; ++i) {
      load.start(slot);
      load.finish(slot, new Digest());
    }
  });
}

const histogram = new Histogram();
let sink = 0;
const stamp = measure(1e6, (times) => {
  for (let i = 0; i < times; ++i) sink += now();
});
const whole = measure(1e6, runTasks);
print("start, finish and record", whole);
print("  of which two stamps of the clock", 2 * stamp);
print(
  "  of which three histograms",
  3 *
    measure(1e6, (times) => {
      for (let i = 0; i < times; ++i) histogram.record(20_000_000 + (i & 0xfffff));
    }),
);
print(
  "digest: one value folded",
  measure(1e6, (times) => {
    const digest = new Digest();
    for (let i = 0; i < times; ++i) digest.foldNumber(i);
    sink += digest.low;
  }),
  "ns of CPU time",
);
print(
  "  with BigInt",
  measure(1e5, (times) => {
    let digest = 0n;
    for (let i = 0; i < times; ++i) digest = mixBig((digest * 31n + BigInt(i)) & MASK);
    sink += Number(digest & 1n);
  }),
  "ns of CPU time",
);
if (Number.isNaN(sink)) throw new Error("a result is no number");
