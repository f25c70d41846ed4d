import assert from "node:assert/strict";
import { test } from "node:test";

import { Digest } from "../kit/digest.js";

const MASK = 2n ** 64n - 1n;

// The arithmetic of docs/protocol.md, in the words of the page.
function mix64(x) {
  x = (x + 0x9e3779b97f4a7c15n) & MASK;
  x = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  x = ((x ^ (x >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return x ^ (x >> 31n);
}
const fold = (digest, value) => mix64((digest * 31n + value) & MASK);
const toBig = (digest) => BigInt(`0x${digest.toHex()}`);
const fromBig = (value) => Digest.fromHex(value.toString(16).padStart(16, "0"));

// Halves of all ones and of single bits are where carries are lost.
const odd = [0n, 1n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 2n ** 53n - 1n, 2n ** 63n, MASK];
const drawn = Array.from({ length: 2000 }, (_, i) => mix64(BigInt(i) * 0x9e3779b9n));
const values = [...odd, ...drawn];

test("mix64 is that of the protocol, bit for bit", () => {
  for (const value of values) assert.equal(toBig(fromBig(value).mix(1)), mix64(value));
});

test("fold is that of the protocol, bit for bit", () => {
  values.forEach((value, i) => {
    const other = values[(i * 7 + 3) % values.length];
    assert.equal(toBig(fromBig(value).foldDigest(fromBig(other))), fold(value, other));
  });
});

test("whole numbers up to 2^53 fold as they are", () => {
  for (const value of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 123_456_789_012, 2 ** 53 - 1]) {
    assert.equal(toBig(new Digest(0, 7).foldNumber(value)), fold(7n, BigInt(value)));
  }
});

test("sums and differences wrap around", () => {
  values.forEach((value, i) => {
    const other = values[(i * 13 + 5) % values.length];
    assert.equal(toBig(fromBig(value).add(fromBig(other))), (value + other) & MASK);
    assert.equal(toBig(fromBig(value).subtract(fromBig(other))), (value - other) & MASK);
  });
});

test("a request of 64 bytes and 20 ms has the digest of the page", () => {
  const reply = new Digest(0, 64).foldNumber(20_000_000);
  assert.equal(new Digest().foldDigest(reply).toHex(), "8fd0705e935309c6");
});

test("branch i starts from mix64(i + 1)", () => {
  assert.equal(toBig(Digest.ofBranch(0)), mix64(1n));
  assert.equal(toBig(Digest.ofBranch(41)), mix64(42n));
});

test("a digest survives its text", () => {
  for (const value of values) assert.equal(toBig(fromBig(value)), value);
});
