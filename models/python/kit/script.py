"""Scripts, ready to be run: what one task does."""

import json

from kit.digest import fold
from kit.frame import HEAD, MAGIC, MOST_BYTES, layout
from kit.kernels import KERNELS, prepare

FIELDS = {
    "compute": {"do", "kernel", "amount"},
    "wait": {"do", "time_ns"},
    "request": {"do", "bytes", "delay_ns"},
    "critical": {"do", "lock", "body"},
    "fan_out": {"do", "width", "body"},
}


class Unsupported(Exception):
    """What this runtime, or the model, cannot do: the trial is refused before it is set up."""


class Step:
    """One step. `kind` is its name in the protocol; which of the others mean something follows from it."""

    __slots__ = (
        "amount",
        "body",
        "delay",
        "frame",
        "head",
        "kernel",
        "kind",
        "lanes",
        "length",
        "lock",
        "seconds",
        "value",
        "width",
    )

    def __init__(self, written, locks):
        self.kind = written.get("do")
        self.body = ()
        if set(written) != FIELDS.get(self.kind) or written.get("kernel", "mix") not in KERNELS:
            raise Unsupported(f"this model does not know the step {json.dumps(written)}")
        if self.kind == "compute":
            self.kernel, self.amount = KERNELS[written["kernel"]], int(written["amount"])
            prepare(self.kernel)
        elif self.kind == "wait":
            self.value = int(written["time_ns"])  # what it folds
            self.seconds = self.value / 1e9
        elif self.kind == "request":
            self.amount, self.delay = int(written["bytes"]), int(written["delay_ns"])
            if self.amount > MOST_BYTES:
                raise ValueError(f"a request of {self.amount} bytes is larger than a frame may be: {MOST_BYTES}")
            self.head, self.frame = HEAD.pack(MAGIC, self.amount, self.delay), layout(self.amount)
            self.length = self.frame.size
            self.value = fold(self.amount, self.delay)  # of the reply, too, which is held against the request
        elif self.kind == "critical":
            self.value = int(written["lock"])
            self.lock = locks.setdefault(self.value, len(locks))  # counted from 0
            self.body = steps_of(written["body"], locks)
        else:
            self.width = int(written["width"])
            self.body = steps_of(written["body"], locks)
            self.lanes = lanes_of(self.body)  # connections that a branch needs


def steps_of(written, locks):
    return tuple(Step(step, locks) for step in written)


def lanes_of(steps):
    """How many connections the steps need at once."""
    most = 0
    for step in steps:
        if step.kind == "request":
            most = max(most, 1)
        elif step.kind == "critical":
            most = max(most, lanes_of(step.body))
        elif step.kind == "fan_out":
            most = max(most, step.width * step.lanes)
    return most


def all_steps(steps):
    """The steps, and those inside of them."""
    for step in steps:
        yield step
        yield from all_steps(step.body)


class Script:
    __slots__ = ("digest", "kind", "number", "steps")

    def __init__(self, number, steps, digest, kind):
        self.number, self.steps = number, steps
        self.digest = digest  # that it must return
        self.kind = kind  # its class, counted from 0


class Work:
    """All scripts of a trial."""

    def __init__(self, spec):
        self.locks = {}
        self.classes = sorted({script["class"] for script in spec["scripts"]} - {""})
        self.scripts = [
            Script(
                number,
                steps_of(script["steps"], self.locks),
                int(script["digest"], 16),
                self.classes.index(script["class"]) if script["class"] else 0,
            )
            for number, script in enumerate(spec["scripts"])
        ]
        self.order = [self.scripts[number] for number in spec["order"]]
        self.lanes = max(lanes_of(script.steps) for script in self.scripts)

    def steps(self):
        for script in self.scripts:
            yield from all_steps(script.steps)
