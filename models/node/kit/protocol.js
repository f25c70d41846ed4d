// What this process hears on standard input and says on descriptor 3.
import { readSync, writeSync } from "node:fs";

import { now, sleepUntil } from "./clock.js";
import { Unsupported } from "./script.js";

const VERSION = 2;
const EVENTS = 3;

// Standard input: one line, which is the spec, and then its end, which ends the process.
export class Input {
  // What the process ends with once the input has: 0 where its record is said and is `ok`.
  status = 1;

  // Resolves to the line.
  read() {
    return new Promise((resolve) => {
      const pieces = [];
      process.stdin.on("data", (piece) => {
        pieces.push(piece);
        if (piece.includes("\n")) resolve(Buffer.concat(pieces).toString().split("\n", 1)[0]);
      });
      process.stdin.on("end", () => process.exit(this.status));
    });
  }

  // For a thread that computes, so that no event comes through: ends the process where the input has ended.
  look() {
    try {
      if (readSync(0, Buffer.alloc(1)) === 0) process.exit(this.status);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // nothing to read, and not the end
    }
  }
}

// From the thread that runs the trial. Blocks until the parent has taken it.
export function say(event, fields) {
  let rest = Buffer.from(`${JSON.stringify({ event, ...fields })}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(EVENTS, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      sleepUntil(now() + 1e6);
    }
  }
}

export function sayReady(processes = false) {
  say("ready", { protocol: VERSION, runtime: { name: "node", version: process.versions.node }, processes });
}

// Throws where the spec asks for what no model of this program can.
export function checkSpec({ protocol, load }) {
  if (protocol !== VERSION) throw new Unsupported(`protocol ${protocol}, where this program speaks ${VERSION}`);
  if (!["closed", "fixed", "open"].includes(load.kind)) throw new Unsupported(`a load of the kind ${load.kind}`);
  if (load.kind !== "open") return;
  if (!["constant", "poisson"].includes(load.arrivals))
    throw new Unsupported(`an open load with arrivals "${load.arrivals}"`);
  if (!["wait", "shed"].includes(load.late)) throw new Unsupported(`an open load whose late arrivals "${load.late}"`);
  if (!(load.rate_per_s > 0)) throw new Error("load.rate_per_s: not a number above 0");
}
