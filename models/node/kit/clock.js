// The clock of the parent and of the peer, CLOCK_MONOTONIC, in whole nanoseconds. A number holds them exactly for the
// first 104 days after the machine started. hrtime() of seconds and nanoseconds costs half of hrtime.bigint() and two
// thirds of performance.now(). It is looked up once, since the global `process` is an accessor.
const { hrtime } = process;

export function now() {
  const time = hrtime();
  return time[0] * 1e9 + time[1];
}

// Blocks the thread until then, without using the CPU. Exact to some 50 us, where timers count milliseconds.
const nobody = new Int32Array(new SharedArrayBuffer(4));
export function sleepUntil(instant) {
  for (let left = instant - now(); left > 0; left = instant - now()) {
    Atomics.wait(nobody, 0, 0, left / 1e6);
  }
}
