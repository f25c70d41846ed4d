// The window of a trial: warms up, says when it opens, and runs the load until its last task has ended.
import { now, sleepUntil } from "./clock.js";
import { Use, warningsOf } from "./use.js";

const POLL_MS = 5;
const POLL_NS = POLL_MS * 1e6;
const NOTICE_NS = 2e6; // between the announcement of the window and its begin
const OPEN_NOTICE_NS = 1e7; // between the announcement of a window and the first arrival: another thread hears of it, too

// Calls load.look() when its instant has come, for loops on which no task finishes then.
function lookInTime(load) {
  const look = () => {
    load.tick();
    if (load.lookAt === Infinity) return;
    const left = Math.ceil((load.lookAt - now()) / 1e6);
    setTimeout(look, left > 0 ? left : POLL_MS).unref();
  };
  look();
}

function outcome(load, settled, use) {
  return { settled, switches: use.switches, warnings: warningsOf([use.collecting]), ...load.counts() };
}

async function runClosed({ warmup_ns, most_warmup_ns, duration_ns }, load, begin, announce) {
  const use = new Use();
  const submitted = now();
  const least = submitted + warmup_ns;
  const most = submitted + Math.max(warmup_ns, most_warmup_ns);
  let settled = false;
  // Looks from the beginning on, so that what leads here is compiled before the window opens.
  const whenWarm = (instant) => {
    settled = load.settled;
    if (instant < least || (!settled && instant < most)) {
      load.lookAt = instant + POLL_NS;
      return;
    }
    const opens = instant + NOTICE_NS;
    const closes = opens + duration_ns;
    announce({ begin_ns: opens, end_ns: closes });
    load.setWindow(opens, closes);
    use.watch(load, opens, closes);
  };
  load.lookAt = submitted;
  load.look = whenWarm;
  const ended = load.run(begin);
  lookInTime(load);
  await ended;
  use.atEnd();
  return outcome(load, settled, use);
}

async function runFixed(load, begin, announce) {
  const use = new Use();
  load.setWindow(0, Infinity);
  const opens = now() + NOTICE_NS;
  announce({ begin_ns: opens, end_ns: null });
  sleepUntil(opens);
  use.atBegin();
  await load.run(begin);
  use.atEnd();
  return outcome(load, true, use);
}

async function runOpen(load, begin, announce) {
  const use = new Use();
  const epoch = now() + OPEN_NOTICE_NS;
  const window = load.windowFrom(epoch);
  announce({ begin_ns: window.begin, end_ns: window.end });
  use.watch(load, window.begin, window.end);
  const ended = load.run(begin, epoch);
  lookInTime(load);
  await ended;
  use.atEnd();
  return outcome(load, true, use);
}

// Calls begin(slot) for the first task of each slot, and announce({ begin_ns, end_ns }) before the window opens. Resolves
// to what the record has of it when the last task has ended; rejects when one has failed.
export function runWindow(spec, load, begin, announce) {
  switch (spec.load.kind) {
    case "fixed":
      return runFixed(load, begin, announce);
    case "open":
      return runOpen(load, begin, announce);
  }
  return runClosed(spec.load, load, begin, announce);
}
