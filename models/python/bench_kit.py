"""What the kit costs a task: start, finish, its digest held against the expected one, and its record; beside two
readings of the clock, which are a part of it. Prints CPU time, which tells more than time on the wall where others use
the machine.

  bench_kit.py [TASKS]"""

import sys
import time

from kit.load import NEVER, Load, Recorder
from kit.script import Work

SPEC = {
    "load": {"kind": "closed", "concurrency": 1},
    "scripts": [{"class": "", "digest": "0" * 16, "steps": []}],
    "order": [0],
}


def ns_each(count, run):
    begin = time.process_time_ns()
    run(count)
    return (time.process_time_ns() - begin) / count


def tasks(count):
    work = Work(SPEC)
    load = Load(SPEC, work, Recorder(1, 0))
    load.set_window(0, NEVER)
    (task,) = load.first()
    for _ in range(count):
        load.start(task)
        load.finish(task, 0)
    assert sum(load.response) == count


def stamps(count):
    now = time.monotonic_ns
    for _ in range(count):
        now()
        now()


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    best = [min(ns_each(count, run) for _ in range(5)) for run in (tasks, stamps)]
    print(f"{best[0]:.0f} ns of CPU time a task, {best[1]:.0f} of them for two readings of the clock")
