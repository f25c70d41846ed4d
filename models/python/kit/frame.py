"""Frames to the peer and back."""

from struct import Struct
from time import monotonic_ns as now

from kit.digest import MASK

HEADER = Struct("=IIQQQ")
MAGIC = 0x63626E63
# The peer waits by the kernel's clock, as this program does: a reply is not early for the rounding of either.
EARLY_SHARE = 1000


class WrongReply(Exception):
    """What the peer sent is not what was asked for."""


class Exchange:
    """One frame under way on one connection, again and again. Sending and receiving are others' to do."""

    __slots__ = ("number", "sent", "step")

    def __init__(self, number=0):
        self.number = number  # of the frame sent last

    def frame(self, step):
        """What to send, at once: time runs from here."""
        self.number += 1
        self.step = step
        frame = HEADER.pack(MAGIC, step.amount, step.delay, self.number, 0) + step.payload
        self.sent = now()
        return frame

    def check(self, reply):
        """The value of the step, of the whole reply. Raises WrongReply."""
        step = self.step
        if HEADER.unpack_from(reply) != (MAGIC, step.amount, step.delay, self.number, self.number ^ MASK):
            raise WrongReply("wrong reply from the peer: it is not the one that was asked for")
        took = now() - self.sent
        if took < step.least:
            raise WrongReply(f"wrong reply from the peer: it came early, after {took} instead of {step.delay} ns")
        return step.value
