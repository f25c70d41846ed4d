// Counts times in the steps of the protocol: 2,048 of 1 ns, then 1,024 for each doubling, up to an hour.
const MOST_NS = 3_600_000_000_000;

export function indexOf(ns) {
  if (ns < 2048) return ns;
  if (ns <= 0xffffffff) {
    const bucket = 21 - Math.clz32(ns); // bits(ns) - 11
    return bucket * 1024 + (ns >>> bucket);
  }
  if (ns > MOST_NS) ns = MOST_NS;
  const bucket = 53 - Math.clz32(Math.floor(ns / 0x100000000));
  return bucket * 1024 + Math.floor(ns / 2 ** bucket);
}

const SIZE = indexOf(MOST_NS) + 1;

export class Histogram {
  #counts = new Uint32Array(SIZE);

  record(ns) {
    ++this.#counts[indexOf(ns)];
  }

  clear() {
    this.#counts.fill(0);
  }

  // As the record has it: [index, count], indexes ascending.
  toSparse() {
    const sparse = [];
    this.#counts.forEach((count, index) => {
      if (count > 0) sparse.push([index, count]);
    });
    return sparse;
  }

  addSparse(sparse) {
    for (const [index, count] of sparse) this.#counts[index] += count;
  }
}
