// Connections to the peer: one request at a time on each, over a socket of node:net. The frame is that of
// docs/protocol.md, in the byte order of the machine.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { endianness } from "node:os";

import { now } from "./clock.js";
import { Digest } from "./digest.js";

const MAGIC = 0x63626e63;
const HEADER_BYTES = 32;
const READ_BYTES = 65536 + HEADER_BYTES;
const MOST_AT_ONCE = 64; // handshakes
const MOST_SOURCES = 64; // addresses 127.0.0.1 and on, from which connections leave
const [LOW, HIGH] = endianness() === "LE" ? [0, 1] : [1, 0]; // halves of a number of 64 bits

// A header in words of 32 bits.
const BYTES = 1;
const DELAY = 2;
const NUMBER = 4;
const SERVED = 6;

// What every socket reads into: it calls back before another one reads.
const received = Buffer.alloc(READ_BYTES);
const receivedWords = wordsOf(received);

const SHORT_BYTES = 256; // what JavaScript compares faster than a call of Buffer does

function wordsOf(buffer) {
  return new Uint32Array(buffer.buffer, buffer.byteOffset, Math.floor(buffer.length / 4));
}

// Whether so many bytes that were received, from `at` on, are those of the frame from `from` on.
function areSame(at, frame, frameWords, from, bytes) {
  if (bytes > SHORT_BYTES) return received.compare(frame, from, from + bytes, at, at + bytes) === 0;
  const words = (at | from) % 4 === 0 ? bytes >> 2 : 0;
  for (let i = 0; i < words; ++i) {
    if (receivedWords[(at >> 2) + i] !== frameWords[(from >> 2) + i]) return false;
  }
  for (let i = words * 4; i < bytes; ++i) {
    if (received[at + i] !== frame[from + i]) return false;
  }
  return true;
}

export class Connection {
  #socket;
  #frame; // the request, and what the reply must have after its header
  #words;
  #reply = Buffer.alloc(HEADER_BYTES);
  #replyWords = wordsOf(this.#reply);
  #send = Buffer.alloc(0); // the part of #frame that the request under way sends
  #step = null; // that #frame is filled in for
  #value = new Digest(); // that a reply to it folds
  #got = 0; // bytes of the reply
  #size = 0; // of the frame under way
  #notBefore = 0;
  #digest = null; // of the task that waits for the reply
  #resolve = null; // its promise; null where nobody waits
  #reject = null;
  #keep = (resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  };
  #broken = null; // why there will be no reply any more

  // Of requests of at most so many bytes.
  constructor(number, mostBytes) {
    this.#frame = Buffer.alloc(HEADER_BYTES + mostBytes);
    for (let i = 0; i < mostBytes; ++i) this.#frame[HEADER_BYTES + i] = i * 7 + Math.floor(i / 251);
    this.#words = wordsOf(this.#frame);
    this.#words[0] = MAGIC;
    this.#words[NUMBER + HIGH] = number;
  }

  // Resolves when the peer has accepted it.
  open(peer, localAddress) {
    return new Promise((resolve, reject) => {
      this.#socket = connect({
        host: peer.address,
        port: peer.port,
        localAddress,
        noDelay: true,
        onread: { buffer: received, callback: (bytes) => this.#receive(bytes) },
      });
      this.#socket.once("connect", resolve);
      this.#socket.once("error", reject);
      this.#socket.on("error", (error) => this.#fail(error));
      this.#socket.on("close", () => this.#fail(new Error("the peer closed the connection before it answered")));
    });
  }

  // Resolves when the reply has come and is folded into the digest. `since`: from when on its delay is counted, for whoever
  // has just looked at the clock.
  request(step, digest, since = now()) {
    if (step !== this.#step) this.#prepare(step);
    ++this.#words[NUMBER + LOW];
    this.#got = 0;
    this.#digest = digest;
    this.#notBefore = since + step.delay_ns;
    const answered = new Promise(this.#keep);
    if (this.#broken) this.#fail(this.#broken);
    else this.#socket.write(this.#send);
    return answered;
  }

  // Requests of a connection are those of one step as a rule: their frames differ in the number alone.
  #prepare(step) {
    const { bytes, delay_ns: delay } = step;
    const words = this.#words;
    words[BYTES] = bytes;
    words[DELAY + LOW] = delay % 0x100000000;
    words[DELAY + HIGH] = Math.floor(delay / 0x100000000);
    this.#step = step;
    this.#size = HEADER_BYTES + bytes;
    this.#send = this.#frame.subarray(0, this.#size);
    this.#value.set(0, bytes).fold(words[DELAY + HIGH], words[DELAY + LOW]);
  }

  // Resets the connection: closed in the usual way it would hold its port for a minute.
  close() {
    this.#broken = new Error("the connection is closed");
    this.#socket.resetAndDestroy();
  }

  #receive(bytes) {
    const before = this.#got;
    this.#got += bytes;
    if (this.#resolve === null || this.#got > this.#size) {
      this.#fail(new Error("the peer sent more than was asked for"));
      return true;
    }
    const isWhole = bytes === this.#size; // as nearly all are
    const ofHeader = Math.min(Math.max(HEADER_BYTES - before, 0), bytes);
    if (ofHeader > 0 && !isWhole) received.copy(this.#reply, before, 0, ofHeader);
    if (!areSame(ofHeader, this.#frame, this.#words, before + ofHeader, bytes - ofHeader)) {
      this.#fail(new Error("the payload of a reply is damaged"));
    } else if (this.#got === this.#size) {
      this.#complete(isWhole ? receivedWords : this.#replyWords);
    }
    return true;
  }

  // `reply` is its header.
  #complete(reply) {
    const sent = this.#words;
    for (let word = 0; word < SERVED; ++word) {
      if (reply[word] !== sent[word]) return this.#fail(new Error("a reply is not the one that was asked for"));
    }
    if (reply[SERVED] !== ~reply[NUMBER] >>> 0 || reply[SERVED + 1] !== ~reply[NUMBER + 1] >>> 0) {
      return this.#fail(new Error("a reply is not the one that was asked for: the peer has not served it"));
    }
    if (now() < this.#notBefore) return this.#fail(new Error("a reply came early, before its delay had passed"));
    this.#digest.foldDigest(this.#value); // of what was asked for, which the reply is
    const resolve = this.#resolve;
    this.#resolve = null;
    resolve();
  }

  #fail(error) {
    this.#broken ??= error;
    if (this.#resolve !== null) this.#reject(error);
    this.#resolve = null;
  }
}

// The kernel takes every other port of an address first, and then looks for each further one through all of them.
function quickConnections() {
  const [first, last] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").trim().split(/\s+/).map(Number);
  return Math.max(1, Math.floor(((last - first + 1) * 3) / 8));
}

// Gives each slot the connections that its scripts need. `share`: of several processes that open as many each, which.
export async function openConnections(peer, slots, scripts, share = 0) {
  const { lanes, mostBytes } = scripts;
  const needed = slots.length * lanes;
  if (needed === 0) return;
  for (const slot of slots) slot.connections = new Array(lanes);
  const quick = quickConnections();
  let opened = 0;
  const openSome = async () => {
    while (opened < needed) {
      const index = opened++;
      const connection = new Connection(index, mostBytes);
      slots[Math.floor(index / lanes)].connections[index % lanes] = connection;
      const source = Math.min(Math.floor((share * needed + index) / quick), MOST_SOURCES - 1);
      try {
        await connection.open(peer, source === 0 ? undefined : `127.0.0.${source + 1}`);
      } catch (error) {
        throw new Error(`connection ${index + 1} of ${needed} to the peer on port ${peer.port}: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, openSome));
}
