"""One trial: reads what it is to do, sets a model up, drives it, and says what came of it (docs/protocol.md)."""

import asyncio
import gc
import json
import os
import platform
import sys
import threading
import time
from time import monotonic_ns as now

from kit.alarm import go_through
from kit.arrivals import OpenLoad
from kit.connections import connect
from kit.load import Load, Recorder
from kit.pool import EVENTS
from kit.record import counted
from kit.script import Unsupported, Work
from kit.use import Use
from kit.window import whole

PROTOCOL = 2
LOOK_NS = 20_000_000  # at whether something has failed, while there is nothing else to do


class Failed(Exception):
    """A task, or the model, has failed; load.failure says why."""


class Trial:
    """What a model is made from, and how it is heard."""

    def __init__(self, spec):
        self.spec = spec
        self.workers = spec["workers"]
        self.settings = spec["settings"]
        self.work = Work(spec)
        self.slots = spec["load"]["concurrency"]
        self.use = Use(self.workers)

    def recorder(self, **how):
        return Recorder(self.slots, len(self.work.classes), **how)

    def load(self, recorder, **how):
        kind = OpenLoad if self.spec["load"]["kind"] == "open" else Load
        return kind(self.spec, self.work, recorder, **how)

    def connect(self):
        """A connection for each slot and lane; that of a lane is at slot * lanes + lane."""
        return connect(self.spec["peer"], self.slots * self.work.lanes)

    def ready(self, processes=False):
        # What is there now stays to the end, connections and histograms: going through it again would hold tasks up.
        gc.collect()
        gc.freeze()
        say("ready", protocol=PROTOCOL, runtime=runtime(), processes=processes)

    def drive(self, load, submit, outcome):
        """Yields the instants to sleep to, from the first task to the last."""
        for instant in whole(load, self.spec["load"], submit, say, self.use, outcome):
            while (at := now()) < instant and load.failure is None:
                yield min(instant, at + LOOK_NS)
            if load.failure is not None:
                raise Failed(load.failure)

    def record(self, load, recorders, units, outcome):
        say("ended")
        record = counted(load, recorders) | outcome
        record["units"] = units(record["tasks_total"])
        if load.kind == "open":
            record["open"] = load.counted(record, recorders)
        return record


def run_blocking(trial, model):
    """For models whose tasks block their threads: this thread brings tasks and sleeps."""
    outcome = {}
    trial.ready(processes=model.forks)
    for instant in trial.drive(model.load, model.submit, outcome):
        time.sleep(max(0, instant - now()) / 1e9)
    if model.forks:
        outcome["switches"] = None  # those of its processes are not among them
    return trial.record(model.load, model.recorders, model.units, outcome)


def run_awaiting(trial, make, loop_factory=None):
    """For models whose tasks await: their loop brings them, too. `make` makes the model, given the group that its tasks
    are in."""

    async def run():
        outcome = {}
        async with asyncio.TaskGroup() as group:
            model = make(trial, group)
            await model.connect()
            trial.ready(processes=model.forks)
            await go_through(trial.drive(model.load, model.submit, outcome))
        if model.forks:
            outcome["switches"] = None
        return trial.record(model.load, [model.load.recorder], model.units, outcome)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(run())


def runtime():
    """What the model runs on. Since 3.13 an interpreter tells whether it has its lock; before, all of them have it."""
    about = {"name": platform.python_implementation().lower(), "version": platform.python_version()}
    if tells := getattr(sys, "_is_gil_enabled", None):
        about["gil"] = "on" if tells() else "off"
    return about


def say(event, **fields):
    text = json.dumps({"event": event} | fields, separators=(",", ":")).encode() + b"\n"
    while text:
        text = text[os.write(EVENTS, text) :]


def check(spec, settings):
    """Raises what is wrong with the spec, or what of it is not known here. `settings`: those that the model has."""
    if spec.get("protocol") != PROTOCOL:
        raise Unsupported(
            f"the spec is of version {spec.get('protocol')} of the protocol, this program knows version {PROTOCOL}"
        )
    load = spec["load"]
    known = {"closed": [()], "fixed": [()], "open": [(a, b) for a in ("poisson", "constant") for b in ("wait", "shed")]}
    how = (load.get("arrivals"), load.get("late")) if load["kind"] == "open" else ()
    if how not in known.get(load["kind"], ()):
        raise Unsupported(f"a load of this kind is not known here: {json.dumps(load)}")
    amount = {"closed": "duration_ns", "fixed": "tasks", "open": "rate_per_s"}[load["kind"]]
    if load["concurrency"] < 1 or load[amount] <= 0 or spec["workers"] < 1:
        raise ValueError(f"the spec asks for no load: {json.dumps(load)} on {spec['workers']} workers")
    if unknown := spec["settings"].keys() - settings:
        raise ValueError(f"this model has no setting {', '.join(sorted(unknown))}, which the spec names")


def first_of(error):
    """The error behind a group of them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def record_of(line, models, settings):
    record = {"trial": "", "status": "failed", "reason": "", "warnings": []}
    try:
        spec = json.loads(line)
        record["trial"] = spec["trial"]
        if spec["model"] not in models:
            raise ValueError(f"this program has no model {spec['model']!r}")
        check(spec, settings.get(spec["model"], set()))
        record |= models[spec["model"]](Trial(spec))
    except BaseException as errors:  # whatever ends a trial becomes its record
        error = first_of(errors)
        record["status"] = "unsupported" if isinstance(error, Unsupported) else "failed"
        known = (Failed, Unsupported, ValueError, OSError)
        name = "" if isinstance(error, known) and f"{error}" else f"{type(error).__name__}: "
        record["reason"] = " ".join(f"{name}{error}".split())
    return record


def main(models, settings):
    """`models`: the function that runs a trial, by the model's name. `settings`: the names of those that it has, where
    it has any. Does not return."""
    line = b""
    while not line.endswith(b"\n"):
        if not (got := os.read(0, 1 << 16)):
            break
        line += got
    if not line:
        sys.exit(1)
    status = [1]

    def end_with_the_input():
        while os.read(0, 1 << 16):
            pass
        os._exit(status[0])

    watch = threading.Thread(target=end_with_the_input)
    watch.start()
    record = record_of(line, models, settings)
    status[0] = int(record["status"] != "ok")
    say("record", **record)
    watch.join()
