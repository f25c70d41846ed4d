import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";

import { now } from "../kit/clock.js";
import { openConnections } from "../kit/connection.js";
import { Digest } from "../kit/digest.js";
import { Kernels } from "../kit/kernels.js";
import { FixedLoad } from "../kit/load.js";
import { Scripts } from "../kit/script.js";
import { Mutex, Mutexes, Walker, computeHere, sleep } from "../kit/walk.js";

const MS = 1e6;

// A peer that answers at once, whatever delay it is asked for, by what `answer` makes of the whole frame: one piece, or
// several that it sends one after the other.
async function withPeer(answer, use) {
  const sockets = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    let got = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", async (data) => {
      got = Buffer.concat([got, data]);
      if (got.length < 32 || got.length < 32 + got.readUInt32LE(4)) return;
      const frame = got;
      got = Buffer.alloc(0);
      const [first, ...others] = [answer(frame)].flat();
      socket.write(first);
      for (const piece of others) {
        await sleep(MS);
        socket.write(piece);
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use({ address: "127.0.0.1", port: server.address().port });
  } finally {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  }
}

function serve(frame) {
  for (let i = 16; i < 24; ++i) frame[i + 8] = ~frame[i] & 0xff;
  return frame;
}

// Runs the steps once; returns the digest.
async function run(steps, peer = null, ways = {}) {
  const scripts = new Scripts({ scripts: [{ steps, digest: "0".repeat(16), class: "" }], order: [0] });
  const load = new FixedLoad({ load: { kind: "fixed", concurrency: 1, tasks: 1 } }, scripts);
  const [slot] = load.slots;
  await openConnections(peer, [slot], scripts);
  const mutexes = new Mutexes();
  const walker = new Walker(load, {
    compute: computeHere(new Kernels()),
    mutexOf: (lock) => mutexes.of(lock),
    ...ways,
  });
  try {
    await load.run(walker.begin);
  } finally {
    slot.connections.forEach((connection) => connection.close());
  }
  return slot.digest.toHex();
}

const request = (bytes, delay_ns = 0) => ({ do: "request", bytes, delay_ns });
const mix = { do: "compute", kernel: "mix", amount: 2 };
const fold = (digest, ...values) => values.reduce((sum, value) => sum.foldNumber(value), digest);

test("a request folds what came back, in one value", async () => {
  await withPeer(serve, async (peer) => {
    const expected = new Digest().foldDigest(new Digest(0, 1000).foldNumber(0));
    assert.equal(await run([request(1000)], peer), expected.toHex());
  });
});

test("frames of all sizes come back whole, on one connection after the other", async () => {
  await withPeer(serve, async (peer) => {
    await run([request(0), request(65_536), request(1), request(65_536)], peer);
  });
});

test("a reply that comes in pieces is put together", async () => {
  const inPieces = (frame) => [serve(frame).subarray(0, 7), frame.subarray(7, 40), frame.subarray(40)];
  await withPeer(inPieces, (peer) => run([request(100), request(64)], peer));
});

test("requests under way at the same time are answered each for itself", async () => {
  await withPeer(serve, async (peer) => {
    const branch = (index) => fold(Digest.ofBranch(index), 0).foldDigest(new Digest(0, 8).foldNumber(0));
    const expected = new Digest().foldDigest(branch(0).add(branch(1)).add(branch(2)));
    const body = [{ do: "wait", time_ns: 0 }, request(8)];
    assert.equal(await run([{ do: "fan_out", width: 3, body }], peer), expected.toHex());
  });
});

for (const [what, answer, says] of [
  ["a reply of another request", (frame) => (++serve(frame)[16], frame), /asked for/],
  ["a frame that nobody served", (frame) => frame, /asked for/],
  ["a payload that is damaged", (frame) => (++serve(frame)[50], frame), /damaged/],
  ["more than was asked for", (frame) => Buffer.concat([serve(frame), Buffer.alloc(1)]), /more than/],
]) {
  test(`${what} is an error`, async () => {
    await withPeer(answer, (peer) => assert.rejects(run([request(64)], peer), says));
  });
}

// Compared are words where they lie on words, bytes elsewhere, and many at once where there are many.
for (const bytes of [1, 4, 7, 64, 256, 300]) {
  for (const inPieces of [false, true]) {
    test(`damage to any of ${bytes} bytes is found${inPieces ? " in a reply that comes in pieces" : ""}`, async () => {
      for (let at = 32; at < 32 + bytes; at += bytes < 100 ? 1 : 37) {
        const answer = (frame) => {
          serve(frame)[at] ^= 0x80;
          return inPieces ? [frame.subarray(0, 13), frame.subarray(13)] : frame;
        };
        await withPeer(answer, (peer) => assert.rejects(run([request(bytes)], peer), /damaged/, `byte ${at}`));
      }
    });
  }
}

test("a reply before its delay is an error", async () => {
  await withPeer(serve, (peer) => assert.rejects(run([request(8, 500 * MS)], peer), /early/));
});

test("the delay of a request is counted from when it is sent, not from when its task started", async () => {
  const steps = [{ do: "wait", time_ns: 30 * MS }, request(8, 25 * MS)];
  await withPeer(serve, (peer) => assert.rejects(run(steps, peer), /early/));
});

test("a peer that hangs up is an error", async () => {
  const server = createServer((socket) => socket.on("data", () => socket.destroy()));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const peer = { address: "127.0.0.1", port: server.address().port };
  await assert.rejects(run([request(8)], peer), /closed|ECONNRESET/);
  server.close();
});

test("a peer that does not listen is an error that says which", async () => {
  await assert.rejects(run([request(8)], { address: "127.0.0.1", port: 1 }), /connection 1 of 1 .*port 1/);
});

test("steps fold in their order, bodies into the same digest, branches as a sum", async () => {
  const inBranch = (index) => Digest.ofBranch(index).foldDigest(new Digest(0, 1).mix(2));
  const expected = fold(new Digest(), 1000, 5);
  expected.foldNumber(2000).foldDigest(inBranch(0).add(inBranch(1)));
  const steps = [
    { do: "wait", time_ns: 1000 },
    { do: "critical", lock: 5, body: [{ do: "wait", time_ns: 2000 }] },
    { do: "fan_out", width: 2, body: [mix] },
  ];
  assert.equal(await run(steps), expected.toHex());
});

test("branches wait side by side", async () => {
  const began = now();
  await run([{ do: "fan_out", width: 50, body: [{ do: "wait", time_ns: 50 * MS }] }]);
  assert.ok(now() - began < 50 * 50 * MS * 0.5);
});

test("all branches have ended before the first error is thrown", async () => {
  let ended = 0;
  const ways = {
    compute: () => {
      throw new Error("first");
    },
    mutexOf: () => ({ lock: () => undefined, unlock: () => ++ended }),
  };
  const body = [{ do: "critical", lock: 0, body: [{ do: "wait", time_ns: MS }, mix] }];
  await assert.rejects(run([{ do: "fan_out", width: 3, body }], null, ways), /first/);
  assert.equal(ended, 3);
});

test("a sleep is never too short", async () => {
  for (const time_ns of [0, 1, 100_000, MS, 1.5 * MS, 3 * MS, 10 * MS]) {
    for (let i = 0; i < 10; ++i) {
      const began = now();
      await sleep(time_ns);
      assert.ok(now() - began >= time_ns, `${time_ns} ns`);
    }
  }
});

test("a mutex lets one in after the other, in the order in which they came", async () => {
  const mutex = new Mutex();
  const order = [];
  let inside = 0;
  await Promise.all(
    [...Array(3000).keys()].map(async (index) => {
      await mutex.lock();
      assert.equal(++inside, 1);
      order.push(index);
      await null;
      --inside;
      mutex.unlock();
    }),
  );
  assert.deepEqual(order, [...Array(3000).keys()]);
  assert.equal(mutex.lock(), undefined, "it is free again");
});
