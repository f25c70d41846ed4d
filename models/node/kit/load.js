// The load: which task a slot runs next, and what is counted of each. Models call start() and finish(); whoever runs the
// trial sets the window and reads the counts.
import { now } from "./clock.js";
import { Digest } from "./digest.js";
import { Histogram } from "./histogram.js";

const SLICES = 20;

// A place for one task in flight, and the task in it.
class Slot {
  turn = 0;
  script = null;
  scheduled = 0;
  started = 0;
  finished = 0; // tasks within the window
  settled = false;
  connections = []; // to the peer

  constructor(number) {
    this.number = number;
  }
}

export class Load {
  // Turns of fixed work that belong to this process; null where slots go on by themselves.
  #turns;
  #scripts;
  #begin = Infinity;
  #end = Infinity;
  #stopped = false;
  #unsettled;
  #active = 0; // slots with a task
  #resolve;
  #reject;
  #ended = new Promise((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });
  #total = 0;
  #tasks = 0;
  #latest = null;
  #difference = new Digest();
  #slices = new Array(SLICES).fill(0);
  #queueing = new Histogram();
  #service = new Histogram();
  #response = new Histogram();
  #classes;

  // Called with the instant as soon as this thread comes to it from `lookAt` on.
  lookAt = Infinity;
  look = () => {};

  // `spec` is that of the trial. `share` and `shares`: of several processes, the one that has the slots, and the turns
  // of fixed work, whose number modulo `shares` is `share`.
  constructor(spec, scripts, share = 0, shares = 1) {
    const { kind, concurrency, tasks } = spec.load;
    const isMine = (number) => (number % concurrency) % shares === share;
    this.#scripts = scripts;
    this.#turns = kind === "fixed" ? turnsOf(tasks, isMine) : null;
    this.#classes = new Map(scripts.classes.map((name) => [name, new Histogram()]));
    this.slots = [];
    for (let number = share; number < concurrency; number += shares) this.slots.push(new Slot(number));
    this.#unsettled = this.slots.length;
  }

  // Tasks that finished so far.
  get total() {
    return this.#total;
  }

  // Whether every slot has finished a task.
  get settled() {
    return this.#unsettled === 0;
  }

  // Tasks that finish from `begin` on and before `end` are counted, and none follows another after `end`.
  setWindow(begin, end) {
    this.#begin = begin;
    this.#end = end;
    this.#tasks = 0;
    this.#slices.fill(0);
    for (const histogram of [this.#queueing, this.#service, this.#response, ...this.#classes.values()]) {
      histogram.clear();
    }
    for (const slot of this.slots) slot.finished = 0;
  }

  // Puts the first task into the slot, or the next one. False where there is none.
  #bring(slot, scheduled) {
    if (this.#turns) {
      const { done, value } = this.#turns.next();
      if (done) return false;
      slot.turn = value;
    } else {
      slot.turn = slot.script === null ? slot.number : slot.turn + 1;
    }
    slot.script = this.#scripts.ofTurn(slot.turn);
    slot.scheduled = scheduled;
    return true;
  }

  // Brings the first task to each slot and calls begin(slot). Resolves when the last task has ended; rejects when one
  // has failed.
  run(begin) {
    const brought = this.slots.filter((slot) => this.#bring(slot, 0));
    this.#active = brought.length;
    if (this.#active === 0) this.#resolve();
    for (const slot of brought) {
      slot.scheduled = now();
      begin(slot);
    }
    return this.#ended;
  }

  // A task could not be done: the first reason is that of the trial.
  fail(error) {
    this.#stopped = true;
    this.#reject(error);
  }

  // Before the first step of the slot's task. False where the load is over: the task is dropped.
  start(slot) {
    const instant = now();
    slot.started = instant;
    if (!this.isOver(instant)) return true;
    this.drop();
    return false;
  }

  // Whether tasks that have not started are to be dropped.
  isOver(instant) {
    return instant >= this.#end || this.#stopped;
  }

  // In place of finish(): the slot's task has not begun and does not any more.
  drop() {
    if (--this.#active === 0) this.#resolve();
  }

  // After its last step. Returns whether another task has taken its place, which the model is to begin.
  finish(slot, digest) {
    const instant = now();
    ++this.#total;
    this.#latest = instant;
    if (!slot.settled) {
      slot.settled = true;
      --this.#unsettled;
    }
    if (!digest.equals(slot.script.expected)) this.#difference.add(digest).subtract(slot.script.expected);
    if (instant >= this.#begin && instant < this.#end) this.#count(slot, instant);
    this.tick(instant);
    if (!this.isOver(instant) && this.#bring(slot, instant)) return true;
    this.drop();
    return false;
  }

  #count(slot, instant) {
    const response = instant - slot.scheduled;
    ++this.#tasks;
    ++slot.finished;
    if (this.#end !== Infinity) {
      ++this.#slices[Math.floor(((instant - this.#begin) * SLICES) / (this.#end - this.#begin))];
    }
    this.#queueing.record(slot.started - slot.scheduled);
    this.#service.record(instant - slot.started);
    this.#response.record(response);
    if (slot.script.kind !== "") this.#classes.get(slot.script.kind).record(response);
  }

  // Calls look() where its time has come.
  tick(instant = now()) {
    if (instant >= this.lookAt) this.look(instant);
  }

  // What the record has of the counts.
  counts() {
    const finished = this.slots.map((slot) => slot.finished);
    return {
      tasks: this.#tasks,
      tasks_total: this.#total,
      finish_ns: this.#turns && this.#latest,
      digest: this.#difference.toHex(),
      slices: this.#turns ? [] : [...this.#slices],
      slots: {
        fewest: finished.reduce((fewest, count) => Math.min(fewest, count), Infinity),
        most: finished.reduce((most, count) => Math.max(most, count), 0),
      },
      queueing: this.#queueing.toSparse(),
      service: this.#service.toSparse(),
      response: this.#response.toSparse(),
      classes: Object.fromEntries([...this.#classes].map(([name, times]) => [name, times.toSparse()])),
    };
  }
}

function* turnsOf(tasks, isMine) {
  for (let turn = 0; turn < tasks; ++turn) {
    if (isMine(turn)) yield turn;
  }
}
