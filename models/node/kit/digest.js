// Digests: unsigned numbers of 64 bits that wrap around, as two halves of 32 bits. BigInt would be exact, too, and takes
// about thirty times as long (bench/kit-cost.js prints both).

// What is multiplied by 0xbf58476d1ce4e5b9 and 0x94d049bb133111eb, in pieces of 16 bits: JavaScript multiplies integers
// of 32 bits and keeps the lower 32 of the product, so that products of 16 bits each are what comes out whole.
const A_HIGH = 0xbf58476d | 0;
const A_LOW = 0x1ce4e5b9;
const B_HIGH = 0x94d049bb | 0;
const B_LOW = 0x133111eb;

export class Digest {
  constructor(high = 0, low = 0) {
    this.high = high | 0;
    this.low = low | 0;
  }

  static fromHex(text) {
    return new Digest(parseInt(text.slice(0, 8), 16), parseInt(text.slice(8), 16));
  }

  // What branch `index` of a fan-out starts from.
  static ofBranch(index) {
    return new Digest(0, index + 1).mix(1);
  }

  toHex() {
    const hex = (half) => (half >>> 0).toString(16).padStart(8, "0");
    return hex(this.high) + hex(this.low);
  }

  set(high, low) {
    this.high = high | 0;
    this.low = low | 0;
    return this;
  }

  equals(other) {
    return this.high === other.high && this.low === other.low;
  }

  add(other) {
    const low = (this.low >>> 0) + (other.low >>> 0);
    this.high = (this.high + other.high + (low > 0xffffffff ? 1 : 0)) | 0;
    this.low = low | 0;
    return this;
  }

  subtract(other) {
    const borrow = this.low >>> 0 < other.low >>> 0 ? 1 : 0;
    this.high = (this.high - other.high - borrow) | 0;
    this.low = (this.low - other.low) | 0;
    return this;
  }

  // digest = mix64(digest * 31 + value)
  fold(high, low) {
    const sum = (this.low >>> 0) * 31 + (low >>> 0); // below 2^38: exact
    this.high = (Math.imul(this.high, 31) + high + Math.floor(sum / 0x100000000)) | 0;
    this.low = sum | 0;
    return this.mix(1);
  }

  // Of a whole number below 2^53.
  foldNumber(value) {
    return this.fold(Math.floor(value / 0x100000000), value % 0x100000000);
  }

  foldDigest(other) {
    return this.fold(other.high, other.low);
  }

  // digest = mix64(digest), so many times.
  mix(times) {
    let high = this.high;
    let low = this.low;
    for (let i = 0; i < times; ++i) {
      // x = x + 0x9e3779b97f4a7c15
      const sum = (low >>> 0) + 0x7f4a7c15;
      high = (high + 0x9e3779b9 + (sum > 0xffffffff ? 1 : 0)) | 0;
      low = sum | 0;
      // x = x xor (x >> 30), times A
      low ^= (low >>> 30) | (high << 2);
      high ^= high >>> 30;
      let low0 = low & 0xffff;
      let low1 = low >>> 16;
      let carried = Math.imul(low1, A_LOW & 0xffff) + (Math.imul(low0, A_LOW & 0xffff) >>> 16);
      let middle = Math.imul(low0, A_LOW >>> 16) + (carried & 0xffff);
      high =
        (Math.imul(high, A_LOW) +
          Math.imul(low, A_HIGH) +
          Math.imul(low1, A_LOW >>> 16) +
          (carried >>> 16) +
          (middle >>> 16)) |
        0;
      low = Math.imul(low, A_LOW);
      // x = x xor (x >> 27), times B
      low ^= (low >>> 27) | (high << 5);
      high ^= high >>> 27;
      low0 = low & 0xffff;
      low1 = low >>> 16;
      carried = Math.imul(low1, B_LOW & 0xffff) + (Math.imul(low0, B_LOW & 0xffff) >>> 16);
      middle = Math.imul(low0, B_LOW >>> 16) + (carried & 0xffff);
      high =
        (Math.imul(high, B_LOW) +
          Math.imul(low, B_HIGH) +
          Math.imul(low1, B_LOW >>> 16) +
          (carried >>> 16) +
          (middle >>> 16)) |
        0;
      low = Math.imul(low, B_LOW);
      // x xor (x >> 31)
      low ^= (low >>> 31) | (high << 1);
      high ^= high >>> 31;
    }
    this.high = high;
    this.low = low;
    return this;
  }
}
