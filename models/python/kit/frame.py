"""Frames to the peer and back."""

from struct import Struct
from time import monotonic_ns as now

MAGIC = 0x63626E63
HEAD = Struct("=IIQ")  # what the headers of a step's frames begin with
HEADER = Struct("=16sqq")  # that, the frame's number, and in a reply its inverse: a small int where it is signed


def layout(size):
    """Of a frame with so many bytes of payload, which are zeros."""
    return Struct(f"{HEADER.format}{size}x")


class WrongReply(Exception):
    """What the peer sent is not what was asked for."""


class Exchange:
    """One frame under way on one connection, again and again. Sending and receiving are others' to do."""

    __slots__ = ("number", "sent", "step")

    def __init__(self, number=0):
        self.number = number  # of the frame sent last

    def frame(self, step):
        """What to send, at once: time runs from here."""
        self.number = number = self.number + 1
        self.step = step
        frame = step.frame.pack(step.head, number, 0)
        self.sent = now()
        return frame

    def check(self, reply):
        """The value of the step, of the whole reply. Raises WrongReply."""
        step, number = self.step, self.number
        if reply[: HEADER.size] != HEADER.pack(step.head, number, ~number):
            raise WrongReply("wrong reply from the peer: it is not the one that was asked for")
        took = now() - self.sent  # by the clock that the peer waits by: there is nothing to forgive
        if took < step.delay:
            raise WrongReply(f"wrong reply from the peer: it came early, after {took} instead of {step.delay} ns")
        return step.value
