// What is counted of the tasks that finish, and what the record has of it.
import { Digest } from "./digest.js";
import { Histogram } from "./histogram.js";

const SLICES = 20;
const COLD_TASKS = 1000; // the first ones, which tell the cold start

export class Counts {
  #kind;
  #slots;
  #begin = Infinity;
  #end = Infinity;
  #over = Infinity;
  #tasks = 0;
  #latest = 0;
  #difference = new Digest();
  #slices = new Array(SLICES).fill(0);
  #queueing = new Histogram();
  #service = new Histogram();
  #response = new Histogram();
  #classes;
  #coldTasks;
  #firstFinish = Infinity;
  #firstService = []; // times
  total = 0;
  recorded = 0; // in the histograms
  doneBeforeBegin = 0;
  doneBeforeEnd = 0;
  leftOfWindow = 0; // the sum of end - finish over the tasks that finished within the window

  // `shares`: of how many that count the tasks of a trial this is one.
  constructor(kind, classes, slots, shares = 1) {
    this.#coldTasks = Math.ceil(COLD_TASKS / shares);
    this.#kind = kind;
    this.#slots = slots;
    this.#classes = new Map(classes.map((name) => [name, new Histogram()]));
  }

  // Forgets what was counted for an earlier one.
  setWindow(begin, end, over) {
    this.#begin = begin;
    this.#end = end;
    this.#over = over;
    this.#tasks = 0;
    this.recorded = 0;
    this.#slices.fill(0);
    for (const histogram of [this.#queueing, this.#service, this.#response, ...this.#classes.values()]) {
      histogram.clear();
    }
    for (const slot of this.#slots) slot.finished = 0;
  }

  // The task in the slot has finished.
  add(slot, instant, digest) {
    if (this.total++ < this.#coldTasks) this.#addCold(slot, instant);
    this.#latest = instant;
    this.#difference.add(digest).subtract(slot.script.expected);
    const isWithin = instant >= this.#begin && instant < this.#end;
    if (isWithin) {
      ++this.#tasks;
      ++slot.finished;
      if (this.#end !== Infinity) {
        ++this.#slices[Math.floor(((instant - this.#begin) * SLICES) / (this.#end - this.#begin))];
      }
    }
    if (this.#kind === "open") {
      this.#addArrival(slot.scheduled, instant, isWithin);
      const counts = slot.scheduled >= this.#begin && slot.scheduled < this.#end && instant < this.#over;
      if (counts) this.#record(slot, instant);
    } else if (isWithin) {
      this.#record(slot, instant);
    }
  }

  #addCold(slot, instant) {
    this.#firstFinish = Math.min(this.#firstFinish, instant);
    this.#firstService.push(instant - slot.started);
  }

  #addArrival(due, instant, isWithin) {
    if (instant < this.#begin) ++this.doneBeforeBegin;
    if (instant < this.#end) ++this.doneBeforeEnd;
    if (isWithin) this.leftOfWindow += this.#end - instant;
  }

  #record(slot, instant) {
    const response = instant - slot.scheduled;
    ++this.recorded;
    this.#queueing.record(slot.started - slot.scheduled);
    this.#service.record(instant - slot.started);
    this.#response.record(response);
    if (slot.script.kind !== "") this.#classes.get(slot.script.kind).record(response);
  }

  toRecord() {
    const finished = this.#slots.map((slot) => slot.finished);
    const isFixed = this.#kind === "fixed";
    const firstService = new Histogram();
    for (const time of this.#firstService) firstService.record(time);
    return {
      tasks: this.#tasks,
      tasks_total: this.total,
      finish_ns: isFixed ? this.#latest : null,
      digest: this.#difference.toHex(),
      slices: isFixed ? [] : [...this.#slices],
      slots: {
        fewest: finished.reduce((fewest, count) => Math.min(fewest, count), Infinity),
        most: finished.reduce((most, count) => Math.max(most, count), 0),
      },
      queueing: this.#queueing.toSparse(),
      service: this.#service.toSparse(),
      response: this.#response.toSparse(),
      classes: Object.fromEntries([...this.#classes].map(([name, times]) => [name, times.toSparse()])),
      ...(this.total > 0 && { first_finish_ns: this.#firstFinish, first_service: firstService.toSparse() }),
    };
  }
}
