"""What the processes of a trial use within its window: context switches, and how much of their CPU time collects
garbage. The parent cannot tell that from outside: whichever thread is running collects it."""

import gc
from collections import namedtuple
from multiprocessing import active_children
from resource import RUSAGE_SELF, getrusage
from time import clock_gettime_ns, process_time_ns, thread_time_ns
from time import monotonic_ns as now

from kit.pool import shared

MUCH = 0.05  # of the CPU time, that collecting garbage takes
WORTH = 0.01  # of the window: of a process that hardly computes nobody needs to know
LEAST_NS = 100_000_000  # of CPU time: of less a single collection is much

Used = namedtuple("Used", "at voluntary involuntary busy collecting")  # so far


def cpu_clock(pid):
    """Of all threads of a process, as clock_getcpuclockid() makes it, which Python lacks."""
    return ~pid << 3 | 2


class Use:
    def __init__(self, workers):
        self.spent = shared(1 + workers)  # ns that each process has collected for: each writes to a place of its own
        self.place = 0
        gc.callbacks.append(self.count)

    def count(self, phase, _info):
        if phase == "start":
            self.began = thread_time_ns()
        else:
            self.spent[self.place] += thread_time_ns() - self.began

    def become_worker(self, number):
        self.place = 1 + number

    def look(self):
        """The switches are those of this process; the CPU time is that of its workers, too."""
        usage = getrusage(RUSAGE_SELF)
        busy = process_time_ns() + sum(clock_gettime_ns(cpu_clock(worker.pid)) for worker in active_children())
        return Used(now(), usage.ru_nvcsw, usage.ru_nivcsw, busy, sum(self.spent))

    def since(self, before):
        """For the record."""
        after = self.look()
        switches = {kind: getattr(after, kind) - getattr(before, kind) for kind in ("voluntary", "involuntary")}
        window, busy, collecting = (
            getattr(after, name) - getattr(before, name) for name in ("at", "busy", "collecting")
        )
        is_much = busy > LEAST_NS and collecting > MUCH * busy and collecting > WORTH * window
        warnings = ["collecting garbage took more than 5 % of the CPU time"] if is_much else []
        return {"switches": switches, "warnings": warnings}
