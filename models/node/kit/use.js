// What this process uses within the window of a trial: context switches, the time of its loop, and how much of that are
// pauses to collect garbage.
import { PerformanceObserver, performance } from "node:perf_hooks";

import { now } from "./clock.js";

const MUCH = 0.05; // of the time in which the loop is busy, that collecting garbage takes
const WORTH = 0.01; // of the window: of a process that hardly computes nobody needs to know
const LEAST_NS = 1e8; // of time in which loops were busy: of less a single pause is much

// The pauses of this thread. Each is told of in a later turn of its loop.
class Pauses {
  #spans = [];

  constructor() {
    const origin = now() - performance.now() * 1e6;
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        const begin = origin + startTime * 1e6;
        this.#spans.push({ begin, end: begin + duration * 1e6 });
      }
    }).observe({ entryTypes: ["gc"] });
  }

  clear() {
    this.#spans.length = 0;
  }

  between(begin, end) {
    return this.#spans.reduce(
      (sum, span) => sum + Math.max(0, Math.min(span.end, end) - Math.max(span.begin, begin)),
      0,
    );
  }
}

// Switches are those of the whole process, its threads included.
function lookNow() {
  const used = process.resourceUsage();
  return {
    at: now(),
    voluntary: used.voluntaryContextSwitches,
    involuntary: used.involuntaryContextSwitches,
    loop: performance.eventLoopUtilization(),
  };
}

export class Use {
  #before = null;
  #after = null;
  #pauses = new Pauses();

  // Looks as soon as the thread comes to the two instants.
  watch(load, opens, closes) {
    load.lookAt = opens;
    load.look = () => {
      this.atBegin();
      load.lookAt = closes;
      load.look = () => {
        this.atEnd();
        load.lookAt = Infinity;
      };
    };
  }

  atBegin() {
    this.#pauses.clear();
    this.#before = lookNow();
  }

  // Where it was not called before.
  atEnd() {
    this.#after ??= lookNow();
  }

  // null where the window was over before the thread came to its begin.
  get switches() {
    if (!this.#before) return null;
    const of = (kind) => this.#after[kind] - this.#before[kind];
    return { voluntary: of("voluntary"), involuntary: of("involuntary") };
  }

  // Times in ns.
  get collecting() {
    if (!this.#before) return { pauses: 0, busy: 0, window: 0 };
    const [begin, end] = [this.#before.at, this.#after.at];
    return {
      pauses: this.#pauses.between(begin, end),
      busy: performance.eventLoopUtilization(this.#after.loop, this.#before.loop).active * 1e6,
      window: end - begin,
    };
  }
}

// What the record has to say of the processes of a trial, each with what Use.collecting told of it.
export function warningsOf(processes) {
  const sum = (field) => processes.reduce((total, one) => total + one[field], 0);
  const pauses = sum("pauses");
  const busy = sum("busy");
  const isMuch = busy > LEAST_NS && pauses > MUCH * busy && pauses > WORTH * sum("window");
  return isMuch ? ["collecting garbage took more than 5 % of the time in which the event loop was busy"] : [];
}
