// A trial of one of the models in this folder, by docs/protocol.md: the spec on standard input, events on descriptor 3.
import { Input, checkSpec, say, sayReady } from "./kit/protocol.js";
import { Scripts, Unsupported } from "./kit/script.js";

// Each has setUp(spec, scripts, input), which resolves to the model once tasks can be submitted to it: run(announce)
// runs the load, units() says how many of its units it created, and `processes` whether it has forked.
const MODELS = {
  "node-sequential": () => import("./node-sequential.js"),
  node: () => import("./node.js"),
  "node-workers": () => import("./node-workers.js"),
  "node-cluster": () => import("./node-cluster.js"),
};

async function runTrial(spec, input) {
  checkSpec(spec);
  if (!Object.hasOwn(MODELS, spec.model)) throw new Unsupported(`a model "${spec.model}"`);
  const scripts = new Scripts(spec);
  const { setUp } = await MODELS[spec.model]();
  const model = await setUp(spec, scripts, input);
  sayReady(model.processes);
  const outcome = await model.run((window) => say("window", window));
  say("ended");
  return { ...outcome, units: model.units() };
}

const input = new Input();
const line = await input.read();
const record = { trial: "", status: "ok", reason: "", warnings: [] };
let isOver = false;
const end = (error) => {
  if (isOver) return;
  isOver = true;
  if (error) {
    record.status = error instanceof Unsupported ? "unsupported" : "failed";
    record.reason = error.message.replaceAll(/\s+/g, " ");
  } else {
    input.status = 0;
  }
  say("record", record);
};
process.on("uncaughtException", end); // what is thrown where nobody awaits it ends the trial, too
try {
  const spec = JSON.parse(line);
  record.trial = spec.trial;
  Object.assign(record, await runTrial(spec, input));
  end();
} catch (error) {
  end(error);
}
