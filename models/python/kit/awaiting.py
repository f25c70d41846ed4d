"""The steps of a script by coroutines of asyncio."""

import asyncio

from kit.digest import branch_digest, fold
from kit.frame import Exchange, WrongReply


class PeerConnection(asyncio.Protocol):
    """A connection with at most one request under way."""

    def __init__(self, loop):
        self.loop = loop
        self.exchange = Exchange()
        self.got = b""
        self.reply = None
        self.lost = None  # why there is no connection any more

    def connection_made(self, transport):
        self.transport = transport

    def ask(self, step):
        """A future of what the step folds."""
        self.reply = self.loop.create_future()
        if self.lost is not None:
            self.reply.set_exception(self.lost)
            return self.reply
        self.transport.write(self.exchange.frame(step))
        return self.reply

    def data_received(self, data):
        if self.got:
            data = self.got + data
        if self.reply is None or self.reply.done() or len(data) < self.exchange.step.length:
            self.got = data
            return
        self.got = b""
        try:
            self.reply.set_result(self.exchange.check(data))
        except WrongReply as error:
            self.reply.set_exception(error)

    def connection_lost(self, error):
        self.lost = error or ConnectionError("the peer closed a connection")
        if self.reply is not None and not self.reply.done():
            self.reply.set_exception(self.lost)


class AwaitingSteps:
    """Computes where it is, in the loop's thread."""

    def __init__(self, trial):
        self.trial = trial
        self.locks = [asyncio.Lock() for _ in trial.work.locks]
        self.connections = []
        self.branches = 0

    async def connect(self):
        loop = asyncio.get_running_loop()
        for connection in self.trial.connect():
            connection.setblocking(False)
            _, protocol = await loop.create_connection(lambda: PeerConnection(loop), sock=connection)
            self.connections.append(protocol)

    async def walk(self, steps, digest, first):
        """Runs the steps, with the connections from the first on. Returns the digest."""
        for step in steps:
            kind = step.kind
            if kind == "compute":
                value = await self.compute(step)
            elif kind == "wait":
                await self.wait(step.seconds)
                value = step.value
            elif kind == "request":
                value = await self.connections[first].ask(step)
            elif kind == "critical":
                async with self.locks[step.lock]:
                    digest = await self.walk(step.body, fold(digest, step.value), first)
                continue
            else:
                value = await self.fan_out(step, first)
            digest = fold(digest, value)
        return digest

    async def compute(self, step):
        return step.kernel(step.amount)

    def wait(self, seconds):
        return asyncio.sleep(seconds)

    async def fan_out(self, step, first):
        self.branches += step.width
        async with asyncio.TaskGroup() as group:
            branches = [
                group.create_task(self.walk(step.body, branch_digest(i), first + i * step.lanes))
                for i in range(step.width)
            ]
        return sum(branch.result() for branch in branches)
