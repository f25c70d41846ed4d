"""The parent that docs/protocol.md describes: it starts the program that is tested, sends it a spec, and holds what it
says against the page. It shares no code with the program.

The program is by_the_page.py, or the model that CBENCH_TESTED_MODEL names of the program that CBENCH_TESTED_COMMAND
starts, a list in JSON; on CBENCH_TESTED_WORKERS, of which a model that runs one task at a time on each needs several."""

import json
import os
import select
import signal
import sys
import time
from collections import Counter, namedtuple
from contextlib import contextmanager
from pathlib import Path

from page import BITS

MODEL = os.environ.get("CBENCH_TESTED_MODEL", "by-the-page")
WORKERS = int(os.environ.get("CBENCH_TESTED_WORKERS", "1"))
COMMAND = json.loads(os.environ.get("CBENCH_TESTED_COMMAND", "null")) or [
    sys.executable, str(Path(__file__).with_name("by_the_page.py"))]
NEVER_IN_A_TEST = 20  # seconds: a loaded machine is slow, but what takes this long hangs
AT_ONCE = 1.0  # seconds that a process has to end in once its input has ended


class Child:
    """One trial's process, with a pipe on its standard input and another on its descriptor 3."""

    def __init__(self):
        their_input, self.input = os.pipe()
        self.events, their_events = os.pipe()
        self.pid = os.posix_spawnp(
            COMMAND[0], COMMAND, os.environ, setpgroup=0,
            file_actions=[(os.POSIX_SPAWN_DUP2, their_input, 0), (os.POSIX_SPAWN_DUP2, their_events, 3)])
        os.close(their_input)
        os.close(their_events)
        self.heard, self.rest, self.status = [], b"", None

    def send(self, spec):
        os.write(self.input, json.dumps(spec).encode() + b"\n")

    def hear(self, *names):
        """Reads events until one of these has come, or none can come any more."""
        deadline = time.monotonic() + NEVER_IN_A_TEST
        while not (self.heard and self.heard[-1]["event"] in names):
            if b"\n" in self.rest:
                line, self.rest = self.rest.split(b"\n", 1)
                self.heard.append(json.loads(line) | {"heard_ns": time.monotonic_ns()})
                continue
            assert select.select([self.events], [], [], deadline - time.monotonic())[0], f"silent after {self.heard}"
            if not (got := os.read(self.events, 65536)):
                return None
            self.rest += got
        return self.heard[-1]

    def end_of_input(self):
        if self.input is not None:
            os.close(self.input)
            self.input = None

    def exit_status(self, within=AT_ONCE):
        deadline = time.monotonic() + within
        while self.status is None and time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            time.sleep(0.002)
        return self.status

    def end(self):
        self.end_of_input()
        os.close(self.events)
        if self.exit_status(0.5) is None:
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


@contextmanager
def child():
    started = Child()
    try:
        yield started
    finally:
        started.end()


def lanes(steps):
    """How many connections a slot needs, as the page says."""
    return max((step.get("width", 1) * lanes(step["body"]) if "body" in step else step["do"] == "request"
                for step in steps), default=0)


def spec_of(load, *scripts, order=None, peer=None, **more):
    # A field that nobody knows comes first: it is to be passed over.
    return {"later": [1], "protocol": 2, "trial": "00c0ffee00c0ffee", "model": MODEL, "settings": {},
            "workers": WORKERS, "seed": "0000000000000001", "load": load | {"later": {}}, "scripts": list(scripts),
            "order": order or list(range(len(scripts))),
            "peer": {"address": "127.0.0.1", "port": peer.port,
                     "connections": max(lanes(script["steps"]) for script in scripts)} if peer else None,
            "clock": {"tsc": False, "ns_per_tick_q32": "0000000000000000"}} | more


Outcome = namedtuple("Outcome", "record window events sent_ns ended_ns")


def run(spec):
    """A whole trial; every event that came, and the record of it."""
    with child() as trial:
        sent = time.monotonic_ns()
        trial.send(spec)
        record = trial.hear("record")
        assert record is not None, "the process ended without a record"
        assert trial.exit_status(0.03) is None, "it does not stay until its input ends"
        trial.end_of_input()
        assert trial.exit_status() in (0, 1)
        assert trial.hear("nothing") is None and trial.heard[-1] == record, "something came after the record"
    assert record["trial"] == spec["trial"]
    events = [event["event"] for event in trial.heard]
    window = next((e for e in trial.heard if e["event"] == "window"), None)
    if "finished" in record:
        record |= counted(record["finished"], spec, window)
    return Outcome({"reason": "", "warnings": []} | record, window, events, sent, record["heard_ns"])


def index_of(ns):
    bucket = max(ns.bit_length(), 11) - 11
    return bucket * 1024 + (ns >> bucket)


def histogram(times):
    return sorted(Counter(index_of(ns) for ns in times).items())


def counted(finished, spec, window):
    """What a parent makes of listed tasks: the record that the page describes, and what it holds a list against."""
    load, scripts, order = spec["load"], spec["scripts"], spec["order"]
    begin, end, closed = window["begin_ns"], window["end_ns"] or BITS, load["kind"] == "closed"
    for slot in range(load["concurrency"] if closed else 0):
        turns = sorted(turn for at, turn, *_ in finished if at == slot)
        first = slot * len(spec["order"]) // load["concurrency"]
        assert turns == list(range(first, first + len(turns)))
    assert closed or sorted(turn for _, turn, *_ in finished) == list(range(load["tasks"]))
    assert all(due <= start <= finish for _, _, due, start, finish, _ in finished)
    inside = [task for task in finished if begin <= task[4] < end]
    of_slots = [sum(task[0] == slot for task in inside) for slot in range(load["concurrency"])]

    def script_of(task):
        return scripts[order[task[1] % len(order)]]

    return {
        "tasks": len(inside), "tasks_total": len(finished),
        "finish_ns": None if closed else max(task[4] for task in finished),
        "settled": not closed or len({task[0] for task in finished if task[4] < begin}) == load["concurrency"],
        "digest": f"{sum(int(task[5], 16) - int(script_of(task)['digest'], 16) for task in finished) % BITS:016x}",
        "slots": {"fewest": min(of_slots), "most": max(of_slots)},
        "queueing": histogram(start - due for _, _, due, start, _, _ in inside),
        "service": histogram(finish - start for _, _, _, start, finish, _ in inside),
        "response": histogram(finish - due for _, _, due, _, finish, _ in inside),
        "classes": {name: histogram(task[4] - task[2] for task in inside if script_of(task)["class"] == name)
                    for name in {script["class"] for script in scripts} - {""}}}


def total(histogram):
    return sum(count for _, count in histogram)


def time_of(index):
    """The shortest time that is counted at this index."""
    bucket = max(index // 1024 - 1, 0)
    return (index - bucket * 1024) << bucket


def mean(histogram):
    return sum(time_of(index) * count for index, count in histogram) / total(histogram)


def shortest(histogram):
    return time_of(histogram[0][0])


def run_well(spec):
    """A trial that ought to be ok, with all that the page says of every such record."""
    outcome = run(spec)
    record, window, load = outcome.record, outcome.window, spec["load"]
    assert (record["status"], record["reason"]) == ("ok", "")
    assert outcome.events == ["ready", "window", "ended", "record"]
    assert record["digest"] == "0" * 16
    assert record["warnings"] == []
    for name in ("queueing", "service", "response"):
        assert total(record[name]) == record["tasks"], name
        indexes = [index for index, _ in record[name]]
        assert indexes == sorted(set(indexes)) and all(count > 0 for _, count in record[name]), name
    assert record["tasks"] <= record["tasks_total"] <= record.get("units", record["tasks_total"])
    classes = {script["class"] for script in spec["scripts"]} - {""}
    assert set(record["classes"]) == classes
    if classes:
        both = sum((Counter(dict(histogram)) for histogram in record["classes"].values()), Counter())
        assert both == Counter(dict(record["response"]))
    fewest, most = record["slots"]["fewest"], record["slots"]["most"]
    assert fewest * load["concurrency"] <= record["tasks"] <= most * load["concurrency"]
    if load["kind"] == "closed":
        assert window["end_ns"] - window["begin_ns"] == load["duration_ns"]
        assert window["begin_ns"] >= outcome.sent_ns + load["warmup_ns"]
        assert window["heard_ns"] < window["end_ns"]
        if "finished" not in record:
            assert sum(record["slices"]) == record["tasks"] and len(record["slices"]) == 20
        assert record.get("finish_ns") is None
    else:
        assert window["end_ns"] is None
        assert record.get("slices", []) == [] and record.get("settled", True) is True
        assert record["tasks"] == record["tasks_total"] == load["tasks"]
        assert record["finish_ns"] > window["begin_ns"]
    return outcome


def hears_no_window(spec, status):
    outcome = run(spec)
    assert outcome.record["status"] == status
    assert outcome.events == ["record"], "it was set up although it cannot run"
    return outcome.record["reason"]
