// The load: which task a slot runs next. Models call start() and finish(), or drop(); whoever runs the trial sets the
// window, calls run() and reads the counts.
import { now } from "./clock.js";
import { Counts } from "./counts.js";
import { Digest } from "./digest.js";

const NONE = [];
const NEVER = 2 ** 63; // no instant is later

// A place for one task in flight, and the task in it.
class Slot {
  turn = 0;
  script = null;
  scheduled = NaN; // not 0, of which V8 would take the field for one of small integers, and convert each slot later
  started = NaN;
  finished = 0; // tasks within the window
  settled = false;
  connections = NONE; // to the peer
  digest = new Digest(); // of the task
  again = null; // what begins the next task

  constructor(number) {
    this.number = number;
  }
}

// What the kinds of load have in common. `next(slot, instant)` of each brings the task that follows, or returns false.
export class Load {
  #scripts;
  #over = Infinity;
  #stopped = false;
  #unsettled;
  #resolve;
  #reject;
  #ended = new Promise((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });
  active = 0; // slots with a task

  // Called with the instant as soon as this thread comes to it from `lookAt` on.
  lookAt = Infinity;
  look = () => {};

  // `share` and `shares`: of several processes, the one that has the slots whose number modulo `shares` is `share`.
  constructor(spec, scripts, share = 0, shares = 1) {
    this.#scripts = scripts;
    this.slots = [];
    for (let number = share; number < spec.load.concurrency; number += shares) this.slots.push(new Slot(number));
    this.counted = new Counts(spec.load.kind, scripts.classes, this.slots, shares);
    this.#unsettled = this.slots.length;
    this.setWindow(now(), NEVER); // so that what counts tasks is compiled before the window that matters
  }

  // Tasks that finished so far.
  get total() {
    return this.counted.total;
  }

  // Whether every slot has finished a task.
  get settled() {
    return this.#unsettled === 0;
  }

  // Tasks that finish from `begin` on and before `end` are counted; none follows another from `over` on. Before
  // the first call all tasks are counted.
  setWindow(begin, end, over = end) {
    this.#over = over;
    this.counted.setWindow(begin, end, over);
  }

  // For a window that was set without one: no task follows another from `over` on.
  endAt(over) {
    this.#over = over;
  }

  // Whether tasks that have not started are to be dropped.
  isOver(instant) {
    return instant >= this.#over || this.#stopped;
  }

  // Brings the first task to each slot and calls begin(slot). Resolves when the last task has ended; rejects when one
  // has failed.
  run(begin) {
    const brought = this.slots.filter((slot) => this.next(slot, 0));
    this.active = brought.length;
    for (const slot of brought) {
      slot.scheduled = now();
      begin(slot);
    }
    this.endIfIdle();
    return this.#ended;
  }

  get ended() {
    return this.#ended;
  }

  // Before the first step of the slot's task. False where the load is over: the task is dropped.
  start(slot) {
    const instant = now();
    slot.started = instant;
    if (!this.isOver(instant)) return true;
    this.drop();
    return false;
  }

  // After its last step. Returns whether another task has taken its place, which the model is to begin.
  finish(slot, digest) {
    const instant = now();
    if (!slot.settled) {
      slot.settled = true;
      --this.#unsettled;
    }
    this.counted.add(slot, instant, digest);
    this.tick(instant);
    if (!this.isOver(instant) && this.next(slot, instant)) return true;
    this.drop();
    return false;
  }

  // In place of finish(): a task has not begun and does not any more.
  drop() {
    --this.active;
    this.endIfIdle();
  }

  // A task could not be done: the first reason is that of the trial.
  fail(error) {
    this.#stopped = true;
    this.#reject(error);
  }

  // Calls look() where its time has come.
  tick(instant = now()) {
    if (instant >= this.lookAt) this.#lookNow(instant);
  }

  // Apart from tick(): what is compiled with a call of one look() is thrown away where the next is another.
  #lookNow(instant) {
    this.look(instant);
  }

  // What the record has of the counts.
  counts() {
    return this.counted.toRecord();
  }

  // --- For the kinds of load ---

  put(slot, turn, scheduled) {
    slot.turn = turn;
    slot.script = this.#scripts.ofTurn(turn);
    slot.scheduled = scheduled;
  }

  endIfIdle() {
    if (this.active === 0) this.#resolve();
  }
}

export class ClosedLoad extends Load {
  #firstTurn; // of the slot with a number: they are spread evenly over the order

  constructor(spec, scripts, share = 0, shares = 1) {
    super(spec, scripts, share, shares);
    this.#firstTurn = (number) => Math.floor((number * scripts.turns) / spec.load.concurrency);
  }

  next(slot, instant) {
    this.put(slot, slot.script === null ? this.#firstTurn(slot.number) : slot.turn + 1, instant);
    return true;
  }
}

export class FixedLoad extends Load {
  #turns;

  constructor(spec, scripts, share = 0, shares = 1) {
    super(spec, scripts, share, shares);
    const { concurrency, tasks } = spec.load;
    this.#turns = turnsOf(tasks, (turn) => (turn % concurrency) % shares === share);
  }

  next(slot, instant) {
    const { done, value } = this.#turns.next();
    if (!done) this.put(slot, value, instant);
    return !done;
  }
}

function* turnsOf(tasks, isMine) {
  for (let turn = 0; turn < tasks; ++turn) {
    if (isMine(turn)) yield turn;
  }
}
