// The jobs that a worker thread has been sent and has not answered, and whether it may be sent more.

// A thread with less left to compute is sent its next jobs meanwhile: while it waited for the loop, which shares the CPUs
// with the threads, 100 us and more would go by. So much is the most that waits for it beside an idle thread.
const AHEAD_NS = 5e6;
const AHEAD_JOBS = 500; // where the message takes longer than the job

export class Line {
  #jobs = [];
  left_ns = 0; // the sum of what its jobs were expected to take: whether there is room is asked for each job

  get hasRoom() {
    return this.left_ns < AHEAD_NS && this.#jobs.length < AHEAD_JOBS;
  }

  // `ns`: how long the job takes. Where nobody knows, which is Infinity, nothing is sent after it.
  push(job, ns) {
    job.ns = Math.min(ns, AHEAD_NS);
    this.left_ns += job.ns;
    this.#jobs.push(job);
  }

  // The first one was answered.
  shift() {
    const job = this.#jobs.shift();
    this.left_ns -= job.ns;
    return job;
  }
}
