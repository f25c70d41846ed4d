"""The steps of a script by calls that block the calling thread."""

from socket import MSG_WAITALL
from time import sleep

from kit.digest import fold
from kit.frame import Exchange


class BlockingSteps:
    """Connections are the trial's. lock() and fan_out() are each model's own. Frames are numbered from the number on,
    which tells those of several processes on one connection apart."""

    def __init__(self, connections, number=0):
        self.connections = connections
        self.exchanges = [Exchange(number) for _ in connections]

    def walk(self, steps, digest, first):
        """Runs the steps, with the connections from the first on. Returns the digest."""
        for step in steps:
            kind = step.kind
            if kind == "compute":
                value = step.kernel(step.amount)
            elif kind == "wait":
                sleep(step.seconds)
                value = step.value
            elif kind == "request":
                value = self.request(step, first)
            elif kind == "critical":
                with self.lock(step.lock):
                    digest = self.walk(step.body, fold(digest, step.value), first)
                continue
            else:
                value = self.fan_out(step, first)
            digest = fold(digest, value)
        return digest

    def request(self, step, at):
        connection, exchange = self.connections[at], self.exchanges[at]
        connection.sendall(exchange.frame(step))
        reply = connection.recv(step.length, MSG_WAITALL)
        if len(reply) < step.length:
            raise ConnectionError("the peer closed a connection")
        return exchange.check(reply)
