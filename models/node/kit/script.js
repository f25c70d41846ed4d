// Scripts, as they come with the spec: checked, and with what a model wants to know of them before it runs one.
import { Digest } from "./digest.js";

// What this program cannot do, of what it is asked for. The trial is refused with these words.
export class Unsupported extends Error {}

const FIELDS = {
  compute: ["kernel", "amount"],
  wait: ["time_ns"],
  request: ["bytes", "delay_ns"],
  critical: ["lock", "body"],
  fan_out: ["width", "body"],
};
const KERNELS = ["primes", "mix", "memory", "fault"];
const LONGEST_TIMER_MS = 2 ** 31 - 2;

function isWhole(value) {
  return Number.isSafeInteger(value) && value >= 0;
}

function check(step, where) {
  const known = FIELDS[step?.do];
  if (!known) throw new Unsupported(`step ${JSON.stringify(step?.do ?? step)}`);
  for (const name of Object.keys(step)) {
    if (name !== "do" && !known.includes(name)) throw new Unsupported(`step ${step.do} with "${name}"`);
  }
  for (const name of known) {
    const good =
      name === "body"
        ? Array.isArray(step.body)
        : name === "kernel"
          ? typeof step.kernel === "string"
          : isWhole(step[name]);
    if (!good) throw new Error(`${where}.${name}: not what a step "${step.do}" has there`);
  }
  if (step.do === "compute" && !KERNELS.includes(step.kernel)) {
    throw new Unsupported(`kernel ${JSON.stringify(step.kernel)}`);
  }
  if (step.do === "wait" && step.time_ns > LONGEST_TIMER_MS * 1e6) {
    throw new Unsupported("waits of more than 24 days: the timers of Node.js have no more");
  }
}

// How many connections the steps need at once.
function lanesOf(steps) {
  return steps.reduce((most, step) => Math.max(most, step.lanes), 0);
}

// What a computation costs, which steps of the same kernel and amount share: its shortest time so far.
function costOf({ kernel, amount }, costs) {
  const key = `${kernel} ${amount}`;
  if (!costs.has(key)) costs.set(key, { ns: Infinity });
  return costs.get(key);
}

function prepareSteps(steps, where, costs) {
  return steps.map((step, index) => {
    const at = `${where}[${index}]`;
    check(step, at);
    const cost = step.do === "compute" ? costOf(step, costs) : null;
    const body = step.body && prepareSteps(step.body, `${at}.body`, costs);
    const each = body ? lanesOf(body) : 0;
    const lanes = step.do === "request" ? 1 : step.do === "fan_out" ? step.width * each : each;
    return { ...step, cost, body, lanes, lanesOfBranch: each };
  });
}

function* everyStep(steps) {
  for (const step of steps) {
    yield step;
    if (step.body) yield* everyStep(step.body);
  }
}

// The scripts of a spec and the order in which tasks take them.
export class Scripts {
  #scripts;
  #order;

  constructor(spec) {
    const costs = new Map();
    this.#order = spec.order;
    this.#scripts = spec.scripts.map(({ steps, digest, class: kind }, index) => ({
      steps: prepareSteps(steps, `scripts[${index}].steps`, costs),
      expected: Digest.fromHex(digest),
      kind,
    }));
  }

  get turns() {
    return this.#order.length;
  }

  ofTurn(turn) {
    return this.#scripts[this.#order[turn % this.#order.length]];
  }

  // Names of the classes; none where there is one kind of task.
  get classes() {
    return [...new Set(this.#scripts.map((script) => script.kind))].filter((kind) => kind !== "");
  }

  // Connections that a slot needs.
  get lanes() {
    return this.#scripts.reduce((most, script) => Math.max(most, lanesOf(script.steps)), 0);
  }

  // Of the longest request.
  get mostBytes() {
    return this.#most((step) => (step.do === "request" ? step.bytes : 0));
  }

  has(kernel) {
    return this.#most((step) => (step.kernel === kernel ? 1 : 0)) === 1;
  }

  #most(valueOf) {
    let most = 0;
    for (const { steps } of this.#scripts) {
      for (const step of everyStep(steps)) most = Math.max(most, valueOf(step));
    }
    return most;
  }
}
