"""python-asyncio-pool: an asyncio task for each task on one thread, and worker processes for what computes."""

import asyncio
from functools import partial
from time import monotonic_ns as now

from asyncio_tasks import AsyncioTasks
from kit.digest import fold
from kit.load import NEVER
from kit.pool import fork_pool, shared
from kit.trial import first_of, run_awaiting

last = None  # in a worker: the instant from which on no task starts, in memory that the loop's process writes to


def become_worker(instant, _number):
    global last
    last = instant


def begin(kernel, amount):
    """In a worker: the first step of a task. Returns when it began, and its result; nothing where the load was over."""
    began = now()
    if began >= last[0]:
        return None
    return began, kernel(amount)


class AsyncioPool(AsyncioTasks):
    forks = True

    def __init__(self, trial, group):
        super().__init__(trial, group)
        self.last = shared(1)
        self.load.tell = self.set_last
        self.set_last(NEVER)
        self.pool = fork_pool(trial.workers, trial.use, partial(become_worker, self.last))

    def set_last(self, *window):
        self.last[0] = window[-1]

    def run(self, task):
        steps = task.script.steps
        return self.run_from_pool(task) if steps and steps[0].kind == "compute" else super().run(task)

    async def run_from_pool(self, task):
        """Of a task that begins with a computation: it starts where that is run, once it has come to its turn there."""
        load, steps = self.load, task.script.steps
        try:
            begun = await self.in_pool(begin, steps[0].kernel, steps[0].amount)
            if begun is None:
                return load.drop()
            task.started, value = begun
            digest = await self.walk(steps[1:], fold(0, value), task.slot * self.lanes)
        except Exception as error:
            return load.fail(first_of(error))
        if load.finish(task, digest):
            self.spawn(self.run(task))

    async def compute(self, step, digest, _first):
        return fold(digest, await self.in_pool(step.kernel, step.amount))

    def in_pool(self, function, *arguments):
        return asyncio.get_running_loop().run_in_executor(self.pool, function, *arguments)


def run(trial):
    return run_awaiting(trial, AsyncioPool)
