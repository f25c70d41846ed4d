"""python-sequential: one task after the other, on one thread. The baseline of the others."""

from contextlib import nullcontext
from queue import SimpleQueue
from threading import Thread

from kit.blocking import BlockingSteps
from kit.digest import branch_digest
from kit.trial import run_blocking


class Sequential(BlockingSteps):
    forks = False

    def __init__(self, trial):
        super().__init__(trial.connect())
        self.lanes = trial.work.lanes
        self.recorders = [trial.recorder()]
        self.load = trial.load(self.recorders[0])
        self.queue = SimpleQueue()
        self.submit = self.queue.put
        Thread(target=self.work, daemon=True).start()

    def work(self):
        load, queue = self.load, self.queue
        while True:
            task = queue.get()
            if not load.start(task):
                load.drop()
                continue
            try:
                digest = self.walk(task.script.steps, 0, task.slot * self.lanes)
            except Exception as error:
                return load.fail(error)
            if load.finish(task, digest):
                queue.put(task)

    def lock(self, _lock):
        return nullcontext()  # nobody else is there

    def fan_out(self, step, first):
        return sum(self.walk(step.body, branch_digest(i), first + i * step.lanes) for i in range(step.width))

    def units(self, tasks):
        return tasks


def run(trial):
    return run_blocking(trial, Sequential(trial))
