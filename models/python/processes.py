"""python-processes: a pool of worker processes, each of which runs one task at a time, by calls that block it. A
fan-out takes its branches to the pool, too."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from threading import Lock
from time import monotonic_ns as now

from kit.blocking import BlockingSteps
from kit.digest import branch_digest, fold
from kit.load import NEVER, Task
from kit.pool import fork_pool, shared
from kit.script import Unsupported, all_steps
from kit.trial import run_blocking


def fans_out(steps):
    return any(step.kind == "fan_out" for step in all_steps(steps))


class Worker(BlockingSteps):
    """What a worker process has. Connections and locks were made before it was forked."""

    def __init__(self, model, number):
        super().__init__(model.connections, number << 48)
        self.model, self.lanes = model, model.lanes
        self.load = model.trial.load(model.recorders[1 + number])
        self.task = Task(0)

    def lock(self, lock):
        return self.model.locks[lock]

    def run(self, slot, number, scheduled):
        """Runs a whole task. Returns when it finished; nothing where the load was over."""
        load, task = self.load, self.task
        self.look_at_the_window()
        task.slot, task.script, task.scheduled = slot, self.model.trial.work.scripts[number], scheduled
        if not load.start(task):
            return None
        digest = self.walk(task.script.steps, 0, slot * self.lanes)
        finish = now()
        self.look_at_the_window()  # it may have been set since the task began, and have opened before it finished
        load.record(task, digest, finish)
        return finish

    def look_at_the_window(self):
        load = self.load
        if (window := tuple(self.model.window)) != (load.begin, load.end, load.last):
            load.set_window(*window)


worker = None  # of this process


def become_worker(model, number):
    global worker
    worker = Worker(model, number)


def run_task(slot, number, scheduled):
    return worker.run(slot, number, scheduled)


def run_steps(number, path, begin, end, digest, first):
    """Runs steps of a script, no fan-out among them: those from begin to end of the body that the path leads to."""
    steps = worker.model.trial.work.scripts[number].steps
    for at in path:
        steps = steps[at].body
    return worker.walk(steps[begin:end], digest, first)


def begin_task(number, end, first):
    """The steps of a task before its first fan-out. Returns when it started, and the digest; nothing where the load was
    over."""
    started = now()
    _begin, _end, last = worker.model.window
    if started >= last:
        return None
    return started, run_steps(number, (), 0, end, 0, first)


class Processes:
    forks = True

    def __init__(self, trial):
        for step in trial.work.steps():
            if step.kind == "critical" and fans_out(step.body):
                raise Unsupported(
                    "a fan-out inside a lock: its branches go to other processes than the one that has the lock"
                )
        self.trial = trial
        self.lanes = trial.work.lanes
        self.connections = trial.connect()
        self.locks = [get_context("fork").Lock() for _ in trial.work.locks]
        # The first is this process's own, for tasks that fan out.
        self.recorders = [trial.recorder(make=shared) for _ in range(1 + trial.workers)]
        self.window = shared(3)
        self.load = trial.load(self.recorders[0], guard=Lock())
        self.load.tell = self.set_window
        self.set_window(NEVER, NEVER, NEVER)
        self.pool = fork_pool(trial.workers, trial.use, partial(become_worker, self))
        self.coordinators = ThreadPoolExecutor(trial.slots)  # threads of tasks that fan out; made when they are needed
        self.fanning = [fans_out(script.steps) for script in trial.work.scripts]
        self.branches = 0

    def set_window(self, *window):
        for i, instant in enumerate(window):
            self.window[i] = instant

    def submit(self, task):
        if self.fanning[task.script.number]:
            self.coordinators.submit(self.coordinate, task)
            return
        future = self.pool.submit(run_task, task.slot, task.script.number, task.scheduled)
        future.add_done_callback(partial(self.ended, task))

    def ended(self, task, future):
        if error := future.exception():
            return self.load.fail(error)
        with self.load.guard:
            finish = future.result()
            if finish is None:
                return self.load.drop()
            more = self.load.follow(task, finish)
        if more:
            self.submit(task)

    # --- Tasks that fan out: a thread of this process hands their parts to the pool. ---

    def coordinate(self, task):
        load, number, steps, first = self.load, task.script.number, task.script.steps, task.slot * self.lanes
        before = next(at for at, step in enumerate(steps) if step.kind == "fan_out")
        try:
            digest = self.begin(task, number, before, first)
            if digest is None:
                with load.guard:
                    return load.drop()
            digest = self.walk(number, steps, (), digest, first, before)
        except Exception as error:
            return load.fail(error)
        with load.guard:
            more = load.finish(task, digest)
        if more:
            self.submit(task)

    def begin(self, task, number, before, first):
        """The steps before the first fan-out. The task starts where they are run, as one without a fan-out does; where
        there are none, here. Returns the digest; None where the load was over."""
        if before == 0:
            return 0 if self.load.start(task) else None
        begun = self.pool.submit(begin_task, number, before, first).result()
        if begun is None:
            return None
        task.started, digest = begun
        return digest

    def walk(self, number, steps, path, digest, first, begin=0):
        for at in range(begin, len(steps)):
            step = steps[at]
            if step.kind == "fan_out":
                if begin < at:
                    digest = self.pool.submit(run_steps, number, path, begin, at, digest, first).result()
                digest = fold(digest, self.fan_out(number, step, (*path, at), first))
                begin = at + 1
        if begin < len(steps):
            digest = self.pool.submit(run_steps, number, path, begin, len(steps), digest, first).result()
        return digest

    def fan_out(self, number, step, path, first):
        with self.load.guard:
            self.branches += step.width
        places = [first + i * step.lanes for i in range(step.width)]
        if fans_out(step.body):
            with ThreadPoolExecutor(step.width) as threads:
                branches = [
                    threads.submit(self.walk, number, step.body, path, branch_digest(i), place)
                    for i, place in enumerate(places)
                ]
        else:
            branches = [
                self.pool.submit(run_steps, number, path, 0, len(step.body), branch_digest(i), place)
                for i, place in enumerate(places)
            ]
        return sum(branch.result() for branch in branches)

    def units(self, tasks):
        return tasks + self.branches


def run(trial):
    return run_blocking(trial, Processes(trial))
