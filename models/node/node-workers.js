// One event loop that waits and asks, and a pool of worker threads that compute: what Node.js's documentation advises
// for work that would block the loop. A computation that is known to be short stays on the loop.
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

import { now } from "./kit/clock.js";
import { openConnections } from "./kit/connection.js";
import { Digest } from "./kit/digest.js";
import { Kernels, makeChase } from "./kit/kernels.js";
import { Line } from "./kit/line.js";
import { makeLoad } from "./kit/make-load.js";
import { Unsupported } from "./kit/script.js";
import { DROPPED, Mutexes, Walker, computeHere } from "./kit/walk.js";
import { runWindow } from "./kit/window.js";

const UNITS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

// Jobs go to threads in the order in which they come.
class Pool {
  #load;
  #inlineBelow;
  #threads;
  #computeHere; // on the loop
  #queue = [];
  #next = 0; // of #queue

  constructor(load, threads, chase, inlineBelow) {
    this.#load = load;
    this.#inlineBelow = inlineBelow;
    this.#computeHere = computeHere(new Kernels({ chase }));
    this.#threads = Array.from({ length: threads }, () => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { chase } });
      return { worker, line: new Line() };
    });
  }

  // Resolves when all threads serve.
  async start() {
    const startOne = async (thread) => {
      thread.worker.on("error", (error) => this.#load.fail(error));
      await new Promise((resolve) => thread.worker.once("message", resolve));
      thread.worker.on("message", (reply) => this.#hear(thread, reply));
    };
    await Promise.all(this.#threads.map(startOne));
  }

  // As Walker asks for it.
  compute(step, digest, slot) {
    if (step.cost.ns < this.#inlineBelow) return this.#computeHere(step, digest);
    return new Promise((resolve, reject) => {
      // The task starts when a thread begins its first step.
      const starts = step === slot.script.steps[0] ? slot : null;
      this.#queue.push({ step, digest, starts, resolve, reject, ns: 0 });
      this.#deal();
    });
  }

  #deal() {
    while (this.#next < this.#queue.length) {
      const job = this.#queue[this.#next];
      const thread = job.starts && this.#load.isOver(now()) ? null : this.#threadWithRoom();
      if (thread === undefined) return;
      this.#queue[this.#next++] = undefined;
      if (this.#next === this.#queue.length || this.#next === 1024) {
        this.#queue.splice(0, this.#next);
        this.#next = 0;
      }
      if (thread === null) {
        job.reject(DROPPED);
        continue;
      }
      thread.line.push(job, job.step.cost.ns);
      thread.worker.postMessage({ kernel: job.step.kernel, amount: job.step.amount });
    }
  }

  // The one that is through soonest, if that is soon.
  #threadWithRoom() {
    let soonest;
    for (const thread of this.#threads) {
      if (thread.line.hasRoom && (!soonest || thread.line.left_ns < soonest.line.left_ns)) soonest = thread;
    }
    return soonest;
  }

  #hear(thread, { high, low, began, took, error }) {
    const { step, digest, starts, resolve, reject } = thread.line.shift();
    this.#deal();
    if (error) return reject(new Error(error));
    step.cost.ns = Math.min(step.cost.ns, took);
    if (starts) starts.started = began;
    digest.fold(high, low);
    resolve();
  }
}

function serve({ chase }) {
  const kernels = new Kernels({ chase });
  const result = new Digest();
  parentPort.on("message", ({ kernel, amount }) => {
    const began = now();
    try {
      kernels.run(kernel, amount, result);
      parentPort.postMessage({ high: result.high, low: result.low, began, took: now() - began });
    } catch (error) {
      parentPort.postMessage({ error: error.message });
    }
  });
  parentPort.postMessage("ready");
}

// Nanoseconds of a setting such as 50us.
function parseTime(text) {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ns|us|ms|s)$|^0$/.exec(text) ?? [];
  if (text !== "0" && number === undefined)
    throw new Unsupported(`inline=${text}: expected a time, such as 50us, or 0`);
  return text === "0" ? 0 : Number(number) * UNITS[unit];
}

export async function setUp(spec, scripts) {
  const inlineBelow = parseTime(spec.settings.inline ?? "50us");
  const load = await makeLoad(spec, scripts);
  await openConnections(spec.peer, load.slots, scripts);
  const pool = new Pool(load, spec.workers, scripts.has("memory") ? makeChase() : null, inlineBelow);
  await pool.start();
  const mutexes = new Mutexes();
  const walker = new Walker(load, {
    compute: (step, digest, slot) => pool.compute(step, digest, slot),
    mutexOf: (lock) => mutexes.of(lock),
  });
  return {
    run: (announce) => runWindow(spec, load, walker.begin, announce),
    units: () => load.total + walker.branches,
  };
}

if (!isMainThread) serve(workerData);
