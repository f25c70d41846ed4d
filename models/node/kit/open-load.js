// An open load: tasks arrive whatever the model does. A thread of its own, the generator, sleeps until each is due and
// hands it to a slot; a task that finishes hands its slot to the arrival that has waited longest.
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

import { dueTimes } from "./arrivals.js";
import { now, sleepUntil } from "./clock.js";
import { Histogram } from "./histogram.js";
import { Load } from "./load.js";

// Words of the shared memory, before the ring of arrivals that were given a slot while others were shed.
const BALANCE = 0; // free slots; below 0, arrivals that wait
const GIVEN = 1; // arrivals that the generator gave a slot and the loop has not begun
const TOLD = 2; // whether the loop has been told
const RING = 3;

// Of an open load that nobody has begun.
export function makeShared(slots) {
  const shared = new Int32Array(new SharedArrayBuffer((RING + slots) * 4));
  shared[BALANCE] = slots;
  return shared;
}

// The instants of a load, from its epoch on.
function windowFrom(epoch, { warmup_ns, duration_ns, drain_ns }) {
  const begin = epoch + warmup_ns;
  const end = begin + duration_ns;
  return { begin, end, over: end + drain_ns };
}

export class OpenLoad extends Load {
  #load;
  #shared;
  #thread;
  #free;
  #times; // of arrivals
  #epoch = 0;
  #arrivals = 0; // looked at so far: the number of the next one
  #ringAt = 0;
  #takenBeforeBegin = 0; // by tasks that finished
  #takenBeforeEnd = 0;
  #window;
  #generated = null; // what the generator counted, once it has ended
  #begin; // of the model

  // Resolves when the generator is ready.
  static async make(spec, scripts) {
    const load = new OpenLoad(spec, scripts);
    await new Promise((resolve) => load.#thread.once("message", resolve));
    load.#thread.on("message", (counted) => load.#hear(counted));
    return load;
  }

  constructor(spec, scripts) {
    super(spec, scripts);
    this.#load = spec.load;
    this.#shared = makeShared(spec.load.concurrency);
    this.#free = [...this.slots].reverse();
    this.#times = dueTimes(spec.load);
    this.#thread = new Worker(new URL(import.meta.url), { workerData: { load: spec.load, shared: this.#shared } });
    this.#thread.on("error", (error) => this.fail(error));
  }

  windowFrom(epoch) {
    return windowFrom(epoch, this.#load);
  }

  // The first task arrives at the epoch or after it.
  run(begin, epoch) {
    this.#begin = begin;
    this.#epoch = epoch;
    this.#window = this.windowFrom(epoch);
    this.setWindow(this.#window.begin, this.#window.end, this.#window.over);
    this.#thread.postMessage(epoch);
    return this.ended;
  }

  // A slot has become free: the arrival that has waited longest takes it.
  next(slot, instant) {
    if (Atomics.add(this.#shared, BALANCE, 1) >= 0) {
      this.#free.push(slot);
      return false;
    }
    if (instant < this.#window.begin) ++this.#takenBeforeBegin;
    if (instant < this.#window.end) ++this.#takenBeforeEnd;
    this.#take(slot);
    return true;
  }

  endIfIdle() {
    if (this.#generated) super.endIfIdle();
  }

  #take(slot) {
    let due = this.#times.next().value;
    let arrival = this.#arrivals++;
    if (this.#load.late === "shed") {
      const place = RING + (this.#ringAt++ % this.slots.length);
      for (; arrival < this.#shared[place]; arrival = this.#arrivals++) due = this.#times.next().value;
    }
    this.put(slot, arrival, this.#epoch + due);
  }

  #hear(counted) {
    Atomics.store(this.#shared, TOLD, 0);
    for (let given = Atomics.exchange(this.#shared, GIVEN, 0); given > 0; --given) {
      const slot = this.#free.pop();
      this.#take(slot);
      ++this.active;
      this.#begin(slot);
    }
    if (!counted) return;
    this.#generated = counted;
    this.endIfIdle();
  }

  counts() {
    const { begin, end, total, sumOfLeft, late, lag } = this.#generated;
    const counted = this.counted;
    const at = (generated, taken, done) => ({ ...generated, taken: generated.taken + taken, done });
    const atBegin = at(begin, this.#takenBeforeBegin, counted.doneBeforeBegin);
    const atEnd = at(end, this.#takenBeforeEnd, counted.doneBeforeEnd);
    const thereAtBegin = atBegin.due - atBegin.shed - atBegin.done;
    const dueWithin = end.due - begin.due - (end.shed - begin.shed);
    return {
      ...super.counts(),
      open: {
        begin: atBegin,
        end: atEnd,
        mean_backlog: (sumOfLeft - counted.leftOfWindow) / this.#load.duration_ns + thereAtBegin,
        late,
        unfinished: dueWithin - counted.recorded,
        dropped: total - end.shed - counted.total,
        generator: { own_thread: true, cpu_ns: null, lag },
      },
    };
  }
}

// --- The generator's thread ---

// Tells the loop through its port.
export function generate({ load, shared }, port, epoch) {
  const { begin, end } = windowFrom(epoch, load);
  const sheds = load.late === "shed";
  const counts = { due: 0, shed: 0 };
  const taken = { beforeBegin: 0, beforeEnd: 0 }; // when they were given a slot, however long after they were due
  const lag = new Histogram();
  let atBegin = null;
  let late = 0;
  let sumOfLeft = 0; // end - due, of those due within the window and not shed
  let ringAt = 0;
  for (const after of dueTimes(load)) {
    const due = epoch + after;
    if (due >= begin) atBegin ??= { ...counts };
    if (due >= end) break;
    sleepUntil(due);
    const arrival = counts.due++;
    const isFree = sheds ? takeOnlyIfFree(shared) : Atomics.sub(shared, BALANCE, 1) > 0;
    if (due >= begin && (isFree || !sheds)) sumOfLeft += end - due;
    if (isFree) {
      const at = now();
      if (due >= begin) lag.record(at - due); // what the loop takes to be told is the model's
      if (at < begin) ++taken.beforeBegin;
      if (at < end) ++taken.beforeEnd;
      if (sheds) shared[RING + (ringAt++ % load.concurrency)] = arrival;
      Atomics.add(shared, GIVEN, 1);
      if (Atomics.exchange(shared, TOLD, 1) === 0) port.postMessage(null);
    } else if (sheds) {
      ++counts.shed;
    } else if (due >= begin) {
      ++late;
    }
  }
  port.postMessage({
    begin: { ...atBegin, taken: taken.beforeBegin },
    end: { ...counts, taken: taken.beforeEnd },
    total: counts.due,
    sumOfLeft,
    late,
    lag: lag.toSparse(),
  });
}

function takeOnlyIfFree(shared) {
  const free = Atomics.load(shared, BALANCE); // this thread alone makes it less
  if (free > 0) Atomics.sub(shared, BALANCE, 1);
  return free > 0;
}

if (!isMainThread && workerData?.load) {
  parentPort.once("message", (epoch) => generate(workerData, parentPort, epoch));
  parentPort.postMessage("ready");
}
