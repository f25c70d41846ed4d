"""python-asyncio-pool: an asyncio task for each task on one thread, and worker processes for what computes."""

import asyncio

from asyncio_tasks import AsyncioTasks
from kit.pool import fork_pool
from kit.trial import run_awaiting


class AsyncioPool(AsyncioTasks):
    forks = True

    def __init__(self, trial, group):
        super().__init__(trial, group)
        self.pool = fork_pool(trial.workers)

    async def compute(self, step):
        return await asyncio.get_running_loop().run_in_executor(self.pool, step.kernel, step.amount)


def run(trial):
    return run_awaiting(trial, AsyncioPool)
