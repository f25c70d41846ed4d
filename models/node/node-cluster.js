// Processes of an event loop each, of the module node:cluster, as services in Node.js use all CPUs. Each has its share of
// the slots and runs their tasks by itself; the primary says when the window opens, adds up what they counted, and hands
// out locks, since processes share no memory.
import cluster from "node:cluster";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { now, sleepUntil } from "./kit/clock.js";
import { openConnections } from "./kit/connection.js";
import { makeKernels } from "./kit/kernels.js";
import { ClosedLoad, FixedLoad } from "./kit/load.js";
import { mergeCounts } from "./kit/merge.js";
import { Scripts, Unsupported } from "./kit/script.js";
import { Use, warningsOf } from "./kit/use.js";
import { Mutexes, Walker, computeHere } from "./kit/walk.js";

const FIRST_NOTICE_NS = 1e7; // of a window, to the workers
const POLL_MS = 5;

// --- In the primary ---

class Primary {
  #workers;
  #mutexes = new Mutexes();
  #fail;
  #failed = new Promise((_, reject) => (this.#fail = reject));

  constructor(count) {
    this.#failed.catch(() => {});
    cluster.setupPrimary({
      exec: fileURLToPath(import.meta.url),
      args: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#workers = Array.from({ length: count }, () => cluster.fork());
    for (const worker of this.#workers) {
      worker.on("message", (message) => this.#hear(worker, message));
      worker.on("exit", (code, signal) => {
        this.#fail(new Error(`worker process ${worker.id} ended by itself (${signal ?? `status ${code}`})`));
      });
    }
    process.on("exit", () => this.#workers.forEach((worker) => worker.process.kill("SIGKILL")));
  }

  // Sends what `messageOf(share)` returns to each worker. Resolves to the answers of that name, in their order.
  ask(messageOf, answer) {
    const answers = this.answers(answer);
    this.#workers.forEach((worker, share) => worker.send(messageOf(share)));
    return answers;
  }

  tell(message) {
    this.#workers.forEach((worker) => worker.send(message));
  }

  // Resolves to what the workers say by that name, in their order; rejects where one of them fails.
  answers(name) {
    const answers = Promise.race([
      Promise.all(this.#workers.map((worker) => this.#answerOf(worker, name))),
      this.#failed,
    ]);
    answers.catch(() => {}); // somebody else who waits hears of it
    return answers;
  }

  async #answerOf(worker, name) {
    const [answer] = await once(worker, name);
    return answer;
  }

  #hear(worker, message) {
    switch (message.say) {
      case "lock":
        return this.#grant(worker, message.lock);
      case "unlock":
        return this.#mutexes.of(message.lock).unlock();
      case "failed":
        return this.#fail(new Error(message.reason));
    }
    return worker.emit(message.say, message);
  }

  async #grant(worker, lock) {
    await this.#mutexes.of(lock).lock();
    worker.send({ do: "hold", lock });
  }
}

// Until every slot of every worker has finished a task, within the bounds of the spec.
async function warmUp({ warmup_ns, most_warmup_ns }, settled) {
  const submitted = now();
  let allSettled = false;
  settled.then(() => (allSettled = true));
  await sleep(warmup_ns / 1e6);
  while (!allSettled && now() < submitted + Math.max(warmup_ns, most_warmup_ns)) await sleep(POLL_MS);
  return allSettled;
}

// A worker that computes hears of the window late: it is put off until all of them have heard of it in time. Only then
// are they told that it is the one, after which no task follows another: after one that is put off all of them do. To be
// put off takes a turn of the slowest loop, which the next notice leaves time for.
async function agreeOnWindow(primary, { duration_ns }) {
  for (let notice = FIRST_NOTICE_NS, asked = now(); ; notice = 2 * Math.max(notice, now() - asked)) {
    asked = now();
    const begin_ns = asked + notice;
    const end_ns = begin_ns + duration_ns;
    const heard = await primary.ask(() => ({ do: "window", begin_ns, end_ns }), "window");
    if (!heard.every(({ inTime }) => inTime) || now() >= begin_ns) continue;
    primary.tell({ do: "commit" });
    return { begin_ns, end_ns };
  }
}

export async function setUp(spec) {
  if (spec.load.kind === "open") throw new Unsupported("an open load: its processes cannot share the free slots");
  const shares = Math.min(spec.workers, spec.load.concurrency); // more would have no slot
  const primary = new Primary(shares);
  await primary.answers("hearing");
  await primary.ask((share) => ({ do: "setUp", spec, share, shares }), "ready");
  let units = 0;
  const run = async (announce) => {
    const ended = primary.answers("ended");
    let settled = true;
    if (spec.load.kind === "fixed") {
      const begin_ns = now() + FIRST_NOTICE_NS;
      announce({ begin_ns, end_ns: null });
      await primary.ask(() => ({ do: "run", begin_ns }), "running");
    } else {
      const allSettled = primary.answers("settled");
      await primary.ask(() => ({ do: "run", begin_ns: 0 }), "running");
      settled = await Promise.race([warmUp(spec.load, allSettled), ended]);
      announce(await agreeOnWindow(primary, spec.load));
    }
    const parts = await ended;
    units = parts.reduce((sum, part) => sum + part.units, 0);
    const warnings = warningsOf(parts.map((part) => part.collecting));
    return { settled, switches: null, warnings, ...mergeCounts(parts.map((part) => part.counts)) };
  };
  return { processes: true, run, units: () => units };
}

// --- In a worker ---

// A lock that the primary hands out, first come, first served.
class RemoteMutex {
  #lock;
  #waiting = [];

  constructor(lock) {
    this.#lock = lock;
  }
  lock() {
    process.send({ say: "lock", lock: this.#lock });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
  hold() {
    this.#waiting.shift()();
  }
  unlock() {
    process.send({ say: "unlock", lock: this.#lock });
  }
}

class ClusterWorker {
  #spec;
  #load;
  #window = { begin_ns: Infinity, end_ns: Infinity }; // that was proposed last
  #use = new Use();
  #walker;
  #mutexes = new Map();

  async setUp({ spec, share, shares }) {
    const scripts = new Scripts(spec);
    this.#spec = spec;
    const Load = spec.load.kind === "fixed" ? FixedLoad : ClosedLoad;
    this.#load = new Load(spec, scripts, share, shares);
    await openConnections(spec.peer, this.#load.slots, scripts, share);
    const kernels = makeKernels(scripts, () => {}); // the primary ends this process, whatever it computes
    this.#walker = new Walker(this.#load, {
      compute: computeHere(kernels),
      mutexOf: (lock) => this.mutexOf(lock),
    });
    process.send({ say: "ready" });
  }

  mutexOf(lock) {
    if (!this.#mutexes.has(lock)) this.#mutexes.set(lock, new RemoteMutex(lock));
    return this.#mutexes.get(lock);
  }

  async run({ begin_ns }) {
    const load = this.#load;
    process.send({ say: "running" });
    if (this.#spec.load.kind === "fixed") {
      load.setWindow(0, Infinity);
      sleepUntil(begin_ns);
      this.#use.atBegin();
    }
    load.lookAt = 0;
    load.look = () => {
      if (!load.settled) return;
      load.lookAt = Infinity;
      process.send({ say: "settled" });
    };
    await load.run(this.#walker.begin);
    this.#use.atEnd();
    const units = load.total + this.#walker.branches;
    process.send({ say: "ended", counts: load.counts(), units, collecting: this.#use.collecting });
  }

  window({ begin_ns, end_ns }) {
    const inTime = now() < begin_ns;
    if (inTime) this.#load.setWindow(begin_ns, end_ns, Infinity);
    this.#window = { begin_ns, end_ns };
    process.send({ say: "window", inTime });
  }

  commit() {
    const { begin_ns, end_ns } = this.#window;
    this.#load.endAt(end_ns);
    this.#use.watch(this.#load, begin_ns, end_ns);
  }
}

function serve() {
  const worker = new ClusterWorker();
  process.on("message", async (message) => {
    try {
      if (message.do === "hold") worker.mutexOf(message.lock).hold();
      else await worker[message.do](message);
    } catch (error) {
      process.send({ say: "failed", reason: error.message });
    }
  });
  process.send({ say: "hearing" }); // what comes earlier would be lost
}

if (cluster.isWorker) serve();
