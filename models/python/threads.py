"""python-threads: a pool with a thread for each task in flight, and a thread for each branch of a fan-out. With the
GIL, the interpreter's lock, one of them runs at a time."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from kit.blocking import BlockingSteps
from kit.digest import branch_digest
from kit.trial import run_blocking


class Threads(BlockingSteps):
    forks = False

    def __init__(self, trial):
        threading.stack_size(256 * 1024)
        if trial.settings.get("cpus", "all") == "workers":
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: trial.workers])
        super().__init__(trial.connect())
        self.lanes = trial.work.lanes
        self.recorders = [trial.recorder()]
        self.load = trial.load(self.recorders[0], guard=threading.Lock())
        self.locks = [threading.Lock() for _ in trial.work.locks]
        self.branches = 0
        self.pool = ThreadPoolExecutor(trial.slots)
        # All threads are made now: while others run, one would come to its turn among them to start the next. They wait
        # for a byte of a pipe each, and are let go one by one: thousands that woke at once would fight for the lock.
        there, gate = os.pipe()
        gone = SimpleQueue()
        try:
            for _ in range(trial.slots):
                self.pool.submit(os.read, there, 1).add_done_callback(gone.put)
            for _ in range(trial.slots):
                os.write(gate, b".")
                gone.get().result()
        finally:
            os.close(gate)
        os.close(there)

    def submit(self, task):
        self.pool.submit(self.run, task)

    def run(self, task):
        load = self.load
        if not load.start(task):
            with load.guard:
                return load.drop()
        try:
            digest = self.walk(task.script.steps, 0, task.slot * self.lanes)
        except Exception as error:
            return load.fail(error)
        with load.guard:
            more = load.finish(task, digest)
        if more:
            self.pool.submit(self.run, task)

    def lock(self, lock):
        return self.locks[lock]

    def fan_out(self, step, first):
        digests, errors = [], []

        def branch(index):
            try:
                digests.append(self.walk(step.body, branch_digest(index), first + index * step.lanes))
            except Exception as error:
                errors.append(error)

        branches = [threading.Thread(target=branch, args=(index,)) for index in range(step.width)]
        for thread in branches:
            thread.start()
        for thread in branches:
            thread.join()
        with self.load.guard:
            self.branches += step.width
        if errors:
            raise errors[0]
        return sum(digests)

    def units(self, tasks):
        return tasks + self.branches


def run(trial):
    return run_blocking(trial, Threads(trial))
