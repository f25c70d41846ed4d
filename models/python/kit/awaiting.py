"""The steps of a script by coroutines of asyncio."""

import asyncio

from kit.digest import branch_digest, fold
from kit.frame import Exchange, WrongReply


class PeerConnection(asyncio.Protocol):
    """A connection with at most one request under way."""

    def __init__(self, loop):
        self.loop = loop
        self.exchange = Exchange()
        self.digest = 0  # that the reply's value is folded into
        self.got = b""
        self.reply = None
        self.lost = None  # why there is no connection any more

    def connection_made(self, transport):
        self.transport = transport

    def ask(self, step, digest):
        """A future of the digest after the step."""
        self.reply, self.digest = self.loop.create_future(), digest
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
            self.reply.set_result(fold(self.digest, self.exchange.check(data)))
        except WrongReply as error:
            self.reply.set_exception(error)

    def connection_lost(self, error):
        self.lost = error or ConnectionError("the peer closed a connection")
        if self.reply is not None and not self.reply.done():
            self.reply.set_exception(self.lost)


class AwaitingSteps:
    """`begin` holds what begins a step, by its kind: a function of the step, the digest before it and the first of the
    connections that it may use, which returns an awaitable of the digest after it. Computes where it is, in the loop's
    thread."""

    def __init__(self, trial):
        self.trial = trial
        self.begin = {
            "compute": self.compute,
            "wait": self.wait,
            "request": self.request,
            "critical": self.critical,
            "fan_out": self.fan_out,
        }
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
            digest = await self.begin[step.kind](step, digest, first)
        return digest

    async def compute(self, step, digest, _first):
        return fold(digest, step.kernel(step.amount))

    def wait(self, step, digest, _first):
        return asyncio.sleep(step.seconds, fold(digest, step.value))

    def request(self, step, digest, first):
        return self.connections[first].ask(step, digest)

    async def critical(self, step, digest, first):
        async with self.locks[step.lock]:
            return await self.walk(step.body, fold(digest, step.value), first)

    async def fan_out(self, step, digest, first):
        self.branches += step.width
        async with asyncio.TaskGroup() as group:
            branches = [
                group.create_task(self.walk(step.body, branch_digest(i), first + i * step.lanes))
                for i in range(step.width)
            ]
        return fold(digest, sum(branch.result() for branch in branches))
