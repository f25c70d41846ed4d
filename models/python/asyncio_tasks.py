"""python-asyncio and python-uvloop: an asyncio task for each task, all on one thread."""

import asyncio
from math import ceil
from time import monotonic_ns as now

from kit.awaiting import AwaitingSteps
from kit.digest import fold
from kit.script import Unsupported
from kit.trial import first_of, run_awaiting


class AsyncioTasks(AwaitingSteps):
    forks = False

    def __init__(self, trial, group):
        super().__init__(trial)
        self.spawn = group.create_task
        self.loop = asyncio.get_running_loop()
        self.lanes = trial.work.lanes
        self.load = trial.load(trial.recorder())

    def submit(self, task):
        self.spawn(self.run(task))

    async def run(self, task):
        load = self.load
        if not load.start(task):
            return load.drop()
        digest, first = 0, task.slot * self.lanes
        try:
            for step in task.script.steps:  # as walk() does, without a second coroutine
                digest = await self.begin[step.kind](step, digest, first)
        except Exception as error:
            return load.fail(first_of(error))
        if load.finish(task, digest):
            self.spawn(self.run(task))

    def units(self, tasks):
        return tasks + self.branches


class UvloopTasks(AsyncioTasks):
    # libuv's clock, which uvloop has it read anew, tells whole milliseconds and is behind by up to one: a timer of the
    # time itself would be early. To the first of them that is not before the time is over.
    def wait(self, step, digest, _first):
        until_ms = ceil((now() + step.value) / 1e6)
        return asyncio.sleep(until_ms / 1e3 - self.loop.time(), fold(digest, step.value))


def run(trial):
    return run_awaiting(trial, AsyncioTasks)


def run_on_uvloop(trial):
    try:
        import uvloop
    except ImportError as error:
        raise Unsupported(f"uvloop is not installed: {error}") from error
    return run_awaiting(trial, UvloopTasks, uvloop.new_event_loop)
