// Programs by hand in Node.js, which the models of models/node are held against (scripts/bars_runtimes): the same work and
// the same frames to the same peer, without anything of theirs. They record alike: of every task the instants at which
// it was scheduled (when the one before in its slot finished), started and finished, and the same three histograms, of
// queueing, service and response times. There is no digest of what tasks return.
//
//   node by_hand.js MODE [workers=2] [concurrency=1000] [delay=10ms] [bytes=64] [amount=20000] [port=PORT]
//                   [duration=2s] [warmup=500ms] | [tasks=N]
//
// Modes: noop, an async function for each task; io, one for each request; cpu, worker threads that are sent the tasks;
// cpu-inline, on the loop; sleep, an async function for each sleeper, once. cluster-noop, cluster-io and cluster-cpu run a
// share of the slots in each of so many processes.
"use strict";
const cluster = require("node:cluster");
const fs = require("node:fs");
const { once } = require("node:events");
const net = require("node:net");
const { setTimeout: sleep } = require("node:timers/promises");
const { Worker, isMainThread, parentPort } = require("node:worker_threads");

const HEADER_BYTES = 32;
const UNITS = { us: 1e-3, ms: 1, s: 1000 };
const { hrtime } = process; // looked up once: the global `process` is an accessor

// Whole nanoseconds, in all threads and processes of the same clock.
function now() {
  const time = hrtime();
  return time[0] * 1e9 + time[1];
}

function readArguments([mode, ...words]) {
  const given = { mode, workers: 2, concurrency: 1000, bytes: 64, amount: 20_000, tasks: 0, port: 0 };
  Object.assign(given, { delay: 10, duration: 2000, warmup: 500 }); // ms
  for (const word of words) {
    const [name, value] = word.split("=");
    if (!Object.hasOwn(given, name)) throw new Error(`there is no argument "${name}"`);
    const [, number, unit] = /^([0-9.]+)(us|ms|s)?$/.exec(value);
    given[name] = Number(number) * (unit ? UNITS[unit] : 1);
  }
  return given;
}

// Where HdrHistogram counts a time (docs/protocol.md): below 2^11 ns each has an index, from there on there are 2^10
// steps for each power of two, up to an hour.
const LONGEST_NS = 3_600_000_000_000;

function indexOf(ns) {
  if (ns <= 0xffffffff) {
    const bucket = 21 - Math.clz32(ns | 2047);
    return (bucket << 10) + (ns >>> bucket);
  }
  const time = Math.min(ns, LONGEST_NS);
  const bucket = 53 - Math.clz32(time / 2 ** 32);
  return (bucket << 10) + Math.floor(time / 2 ** bucket);
}

const SIZE = indexOf(LONGEST_NS) + 1;

// The longest of the times that are counted at the index up to which that share of all lies.
function quantile(counts, share) {
  const wanted = share * counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  const index = counts.findIndex((count) => (seen += count) >= wanted && seen > 0);
  const bucket = Math.max((index >> 10) - 1, 0);
  return index < 0 ? 0 : (index - (bucket << 10) + 1) * 2 ** bucket - 1;
}

// What is counted of tasks that finish within the window. All are counted until open() is called, which forgets them:
// so the code that counts is compiled by then.
class Counted {
  queueing = new Uint32Array(SIZE);
  service = new Uint32Array(SIZE);
  response = new Uint32Array(SIZE);
  begin = -Infinity;
  end = Infinity;

  open(begin, end) {
    for (const counts of [this.queueing, this.service, this.response]) counts.fill(0);
    this.begin = begin;
    this.end = end;
  }

  // A task finishes now. Returns when that is: the next one of its slot is scheduled then, if it is before the end.
  finish(scheduled, started) {
    const finished = now();
    if (finished >= this.begin && finished < this.end) {
      ++this.queueing[indexOf(started - scheduled)];
      ++this.service[indexOf(finished - started)];
      ++this.response[indexOf(finished - scheduled)];
    }
    return finished;
  }
}

function countPrimes(below) {
  let found = 0;
  for (let candidate = 2; candidate < below; ++candidate) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; ++divisor) {
      if (candidate % divisor === 0) {
        prime = false;
        break;
      }
    }
    if (prime) ++found;
  }
  if (below === 20_000 && found !== 2262) throw new Error(`${found} primes`);
  return found;
}

// --- Modes: each brings the first task of every slot. ---

// Runs the tasks of a slot, each in a later turn of the loop than the one before.
function startSlot(counted, task) {
  const slot = { scheduled: now() };
  const run = async () => {
    const started = now();
    await task();
    slot.scheduled = counted.finish(slot.scheduled, started);
    if (slot.scheduled < counted.end) setImmediate(run);
  };
  setImmediate(run);
}

function noop({ concurrency }, counted) {
  for (let slot = 0; slot < concurrency; ++slot) startSlot(counted, async () => {});
}

function cpuInline({ concurrency, amount }, counted) {
  for (let slot = 0; slot < concurrency; ++slot) startSlot(counted, async () => countPrimes(amount));
}

// The reply must be the one that was asked for: the same header, and its last number that before it inverted.
function check(reply, frame) {
  for (let word = 0; word < 6; ++word) {
    if (reply[word] !== frame[word]) throw new Error("a reply to another frame");
  }
  if (reply[6] !== ~frame[4] >>> 0 || reply[7] !== ~frame[5] >>> 0) throw new Error("a frame that nobody served");
}

async function io(given, counted) {
  const { concurrency, port, bytes, delay } = given;
  const received = Buffer.alloc(65_536 + HEADER_BYTES);
  const reply = new Uint32Array(received.buffer, received.byteOffset, HEADER_BYTES / 4);
  const connect = async () => {
    const frame = Buffer.alloc(HEADER_BYTES + bytes);
    const words = new Uint32Array(frame.buffer, frame.byteOffset, HEADER_BYTES / 4);
    frame.writeUInt32LE(0x63626e63, 0);
    frame.writeUInt32LE(bytes, 4);
    frame.writeBigUInt64LE(BigInt(delay * 1e6), 8);
    const header = Buffer.alloc(HEADER_BYTES); // of a reply that comes in pieces
    const headerWords = new Uint32Array(header.buffer, header.byteOffset, HEADER_BYTES / 4);
    let got = 0;
    let done;
    const hear = (count) => {
      if (count < frame.length && got < HEADER_BYTES) received.copy(header, got, 0, count);
      got += count;
      if (got !== frame.length) return true;
      check(count === got ? reply : headerWords, words);
      done();
      return true;
    };
    const socket = net.connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer: received, callback: hear },
    });
    await once(socket, "connect");
    const ask = (resolve) => {
      got = 0;
      ++words[4];
      done = resolve;
      socket.write(frame);
    };
    return () => new Promise(ask);
  };
  const requests = [];
  for (let slot = 0; slot < concurrency; ++slot) requests.push(await connect());
  for (const request of requests) startSlot(counted, request);
}

// A thread says when it has started a task.
function cpu({ workers, concurrency, amount }, counted) {
  const scheduled = new Float64Array(concurrency);
  const send = (worker, slot, instant) => {
    scheduled[slot] = instant;
    worker.postMessage({ slot, amount });
  };
  for (let index = 0; index < workers; ++index) {
    const worker = new Worker(__filename);
    worker.on("message", ({ slot, started }) => {
      const finished = counted.finish(scheduled[slot], started);
      if (finished < counted.end) send(worker, slot, finished);
    });
    for (let slot = index; slot < concurrency; slot += workers) send(worker, slot, now());
  }
}

const MODES = { noop, io, cpu, "cpu-inline": cpuInline };

// --- What is common to them ---

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

// Runs the mode and its window; resolves to what came of it.
async function measure(given) {
  const counted = new Counted();
  await MODES[given.mode](given, counted);
  await sleep(given.warmup);
  const before = cpuMs();
  const begin = now();
  counted.open(begin, begin + given.duration * 1e6);
  await sleep(given.duration);
  while (now() < counted.end) await sleep(1); // timers may fire a fraction of a millisecond early
  return outcome([...counted.response], given.duration, cpuMs() - before);
}

// So many sleepers at once; the time from the first to the end of the last.
async function sleepers({ tasks, delay }) {
  const counted = new Counted();
  const before = cpuMs();
  const began = now();
  const one = async (scheduled) => {
    const started = now();
    await sleep(delay);
    counted.finish(scheduled, started);
  };
  await Promise.all(Array.from({ length: tasks }, () => one(now())));
  return outcome([...counted.response], (now() - began) / 1e6, cpuMs() - before);
}

function outcome(response, wall, cpuUsed) {
  const peak = Number(/VmHWM:\s*(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  return { tasks: response.reduce((sum, count) => sum + count, 0), response, wall, cpuUsed, peak };
}

async function measureCluster(given) {
  const mode = given.mode.slice("cluster-".length);
  const share = { ...given, mode, concurrency: Math.floor(given.concurrency / given.workers) };
  const parts = await Promise.all(
    Array.from({ length: given.workers }, async () => {
      const worker = cluster.fork();
      await once(worker, "message"); // it listens
      worker.send(share);
      return (await once(worker, "message"))[0];
    }),
  );
  const sum = (field) => parts.reduce((total, part) => total + part[field], 0);
  const response = parts[0].response.map((_, index) => parts.reduce((total, part) => total + part.response[index], 0));
  return { tasks: sum("tasks"), response, wall: parts[0].wall, cpuUsed: sum("cpuUsed"), peak: sum("peak") };
}

function print({ tasks, response, wall, cpuUsed, peak }) {
  const said = {
    throughput_per_s: Math.round((tasks / wall) * 1000),
    cpu_per_task_us: (cpuUsed * 1000) / tasks,
    wall_s: wall / 1000,
    peak_rss_bytes: peak,
    p50_us: Math.floor(quantile(response, 0.5) / 1000),
    p99_us: Math.floor(quantile(response, 0.99) / 1000),
  };
  console.log(JSON.stringify(said));
}

async function main() {
  const given = readArguments(process.argv.slice(2));
  const isCluster = given.mode?.startsWith("cluster-");
  const known = given.mode === "sleep" || Object.hasOwn(MODES, isCluster ? given.mode.slice(8) : (given.mode ?? ""));
  if (!known) throw new Error("usage: by_hand.js noop|io|cpu|cpu-inline|sleep|cluster-MODE [name=value...]");
  if (given.mode === "sleep") print(await sleepers(given));
  else print(await (isCluster ? measureCluster(given) : measure(given)));
  process.exit(0);
}

if (!isMainThread) {
  parentPort.on("message", ({ slot, amount }) => {
    const started = now();
    parentPort.postMessage({ slot, started, primes: countPrimes(amount) });
  });
} else if (cluster.isWorker) {
  process.on("message", async (given) => process.send(await measure(given)));
  process.send("listening");
} else {
  main().catch((error) => {
    console.error(error.message);
    process.exit(2);
  });
}
