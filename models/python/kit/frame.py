"""Frames to the peer and back."""

from struct import Struct
from time import monotonic_ns as now

MAGIC = 0x63626E63
MOST_BYTES = 65_536
PAYLOAD = (bytes(range(251)) * 262)[:MOST_BYTES]  # of every frame, which has as much of it as it says
HEAD = Struct("=IIQ")  # what the headers of a step's frames begin with
HEADER = Struct("=16sqq")  # that, the frame's number, and in a reply its inverse: a small int where it is signed


def layout(size):
    """Of a frame with so many bytes of payload."""
    return Struct(f"{HEADER.format}{size}s")


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
        frame = step.frame.pack(step.head, number, 0, PAYLOAD)
        self.sent = now()
        return frame

    def check(self, reply):
        """The value of the step, of the whole reply. Raises WrongReply."""
        step, number = self.step, self.number
        if reply != step.frame.pack(step.head, number, ~number, PAYLOAD):
            is_asked = reply[: HEADER.size] == HEADER.pack(step.head, number, ~number)
            what = "its payload is damaged" if is_asked else "it is not the one that was asked for"
            raise WrongReply(f"wrong reply from the peer: {what}")
        took = now() - self.sent  # by the clock that the peer waits by: there is nothing to forgive
        if took < step.delay:
            raise WrongReply(f"wrong reply from the peer: it came early, after {took} instead of {step.delay} ns")
        return step.value
