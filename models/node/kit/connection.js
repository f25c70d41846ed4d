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

const value = new Digest(); // of a reply

// What every socket reads into: it calls back before another one reads.
const received = Buffer.alloc(READ_BYTES);

export class Connection {
  #socket;
  #frame; // the request, and what the reply must have after its header
  #words;
  #reply = Buffer.alloc(HEADER_BYTES);
  #replyWords = new Uint32Array(this.#reply.buffer, this.#reply.byteOffset, HEADER_BYTES / 4);
  #send = Buffer.alloc(0); // the part of #frame that the last request sent
  #got = 0; // bytes of the reply
  #size = 0; // of the frame under way
  #notBefore = 0;
  #pending = null; // who waits for the reply
  #broken = null; // why there will be no reply any more

  // Of requests of at most so many bytes.
  constructor(number, mostBytes) {
    this.#frame = Buffer.alloc(HEADER_BYTES + mostBytes);
    for (let i = 0; i < mostBytes; ++i) this.#frame[HEADER_BYTES + i] = i * 7 + Math.floor(i / 251);
    this.#words = new Uint32Array(this.#frame.buffer, this.#frame.byteOffset, HEADER_BYTES / 4);
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

  // Resolves when the reply has come and is folded into the digest.
  request({ bytes, delay_ns: delay }, digest) {
    const words = this.#words;
    words[BYTES] = bytes;
    words[DELAY + LOW] = delay % 0x100000000;
    words[DELAY + HIGH] = Math.floor(delay / 0x100000000);
    ++words[NUMBER + LOW];
    this.#size = HEADER_BYTES + bytes;
    this.#got = 0;
    if (this.#send.length !== this.#size) this.#send = this.#frame.subarray(0, this.#size);
    this.#notBefore = now() + delay;
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject, digest };
      if (this.#broken) return this.#fail(this.#broken);
      this.#socket.write(this.#send);
    });
  }

  // Resets the connection: closed in the usual way it would hold its port for a minute.
  close() {
    this.#broken = new Error("the connection is closed");
    this.#socket.resetAndDestroy();
  }

  #receive(bytes) {
    const before = this.#got;
    this.#got += bytes;
    if (this.#pending === null || this.#got > this.#size) {
      this.#fail(new Error("the peer sent more than was asked for"));
      return true;
    }
    const ofHeader = Math.min(Math.max(HEADER_BYTES - before, 0), bytes);
    if (ofHeader > 0) received.copy(this.#reply, before, 0, ofHeader);
    const payloadAt = before + ofHeader;
    if (bytes > ofHeader && received.compare(this.#frame, payloadAt, this.#got, ofHeader, bytes) !== 0) {
      this.#fail(new Error("the payload of a reply is damaged"));
    } else if (this.#got === this.#size) {
      this.#complete();
    }
    return true;
  }

  #complete() {
    const sent = this.#words;
    const reply = this.#replyWords;
    for (let word = 0; word < SERVED; ++word) {
      if (reply[word] !== sent[word]) return this.#fail(new Error("a reply is not the one that was asked for"));
    }
    if (reply[SERVED] !== ~reply[NUMBER] >>> 0 || reply[SERVED + 1] !== ~reply[NUMBER + 1] >>> 0) {
      return this.#fail(new Error("a reply is not the one that was asked for: the peer has not served it"));
    }
    if (now() < this.#notBefore) return this.#fail(new Error("a reply came early, before its delay had passed"));
    const { resolve, digest } = this.#pending;
    this.#pending = null;
    value.set(0, reply[BYTES]).fold(reply[DELAY + HIGH], reply[DELAY + LOW]);
    digest.foldDigest(value);
    resolve();
  }

  #fail(error) {
    this.#broken ??= error;
    this.#pending?.reject(error);
    this.#pending = null;
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
