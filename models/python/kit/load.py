"""The load: brings tasks to a model, takes them back and records them."""

from contextlib import nullcontext
from itertools import count
from time import monotonic_ns as now

from kit.digest import MASK
from kit.histogram import LONGEST_NS, SIZE

SLICES = 20  # of the window
NEVER = 2**63 - 1  # an instant


class Recorder:
    """What is counted. Each part is a list, or a view of memory that several processes share; one thread at a time writes
    to a recorder."""

    def __init__(self, slots, classes, make=lambda size: [0] * size):
        self.queueing, self.service, self.response = make(SIZE), make(SIZE), make(SIZE)
        self.of_classes = [make(SIZE) for _ in range(classes)]  # response times
        self.finished = make(SLICES + 2)  # tasks: before the window, in each slice of it, after it
        self.of_slots = make(slots)  # tasks that finished within the window
        self.difference = make(1)  # of the digests from those expected
        self.until_end = make(1)  # of an open load: the sum of end - finish, over tasks that finish within the window


class Task:
    """What a slot has in flight. The tasks of a slot follow one another in the same object."""

    __slots__ = ("scheduled", "script", "slot", "started", "turn", "unsettled")

    def __init__(self, slot):
        self.slot = slot
        self.turn = slot
        self.unsettled = True


class Load:
    """A closed loop, or fixed work. Functions of a task's life are called by one thread at a time, but for start(): with
    the guard held, where a model has several."""

    def __init__(self, spec, work, recorder, guard=nullcontext()):
        self.guard = guard
        load = spec["load"]
        self.kind = load["kind"]
        self.slots = load["concurrency"]
        self.work = work
        self.order, self.only = work.order, len(work.order) == 1
        self.begin = self.end = self.last = NEVER  # of the window; from the last instant on no task starts
        self.tasks = load["tasks"] if self.kind == "fixed" else None
        self.turns = count(self.slots)  # of fixed work: of the tasks beyond the first of each slot
        self.unsettled = self.slots
        self.in_flight = 0  # tasks that were submitted, or followed one, and have not ended
        self.finish_ns = 0  # of the last task of a slot that has finished
        self.failure = None
        self.recorder = recorder
        self.queueing, self.service, self.response = recorder.queueing, recorder.service, recorder.response
        self.finished, self.of_slots, self.of_classes = recorder.finished, recorder.of_slots, recorder.of_classes

    def set_window(self, begin, end):
        """Tasks that finish from begin on and before end are recorded, and none follows another after it."""
        self.begin, self.end, self.last = begin, end, end
        self.slice_ns = max(1, -(-(end - begin) // SLICES))

    def first(self):
        """The first task of each slot, one after the other."""
        slots = self.slots if self.tasks is None else min(self.slots, self.tasks)
        for slot in range(slots):
            task = Task(slot)
            task.script = self.order[slot % len(self.order)]
            task.scheduled = now()
            with self.guard:
                self.in_flight += 1
            yield task

    def start(self, task):
        """Before the first step. False where the load is over and there is nothing to do."""
        task.started = started = now()
        return started < self.last and self.failure is None

    def drop(self):
        """In place of finish, for a task that start() has refused."""
        self.in_flight -= 1

    def finish(self, task, digest):
        """After the last step. True where another task follows in the slot: the same object, which is to come to its turn
        as this one did."""
        finish = now()
        self.record(task, digest, finish)
        return self.follow(task, finish)

    def record(self, task, digest, finish):
        script = task.script
        if digest != script.digest:
            self.note_difference(script, digest)
        if self.begin <= finish < self.end:
            self.finished[(finish - self.begin) // self.slice_ns + 1] += 1
            self.of_slots[task.slot] += 1
            self.record_times(task, finish)
        else:
            self.finished[0 if finish < self.begin else -1] += 1

    # In one function, since three calls would take Python as long again.
    def record_times(self, task, finish):
        started, scheduled = task.started, task.scheduled
        if finish - scheduled > LONGEST_NS:  # what takes longer counts as that
            scheduled = max(scheduled, finish - LONGEST_NS)
            started = max(started, scheduled)
        ns = started - scheduled
        bucket = ns.bit_length() - 11
        self.queueing[ns if bucket <= 0 else (bucket << 10) + (ns >> bucket)] += 1
        ns = finish - started
        bucket = ns.bit_length() - 11
        self.service[ns if bucket <= 0 else (bucket << 10) + (ns >> bucket)] += 1
        ns = finish - scheduled
        bucket = ns.bit_length() - 11
        index = ns if bucket <= 0 else (bucket << 10) + (ns >> bucket)
        self.response[index] += 1
        if self.of_classes:
            self.of_classes[task.script.kind][index] += 1

    def note_difference(self, script, digest):
        difference = self.recorder.difference
        difference[0] = difference[0] + digest - script.digest & MASK

    def follow(self, task, finish):
        """Whether another task follows one that has finished, and if so makes it that."""
        if task.unsettled:
            task.unsettled = False
            self.unsettled -= 1
        if finish >= self.last or self.failure is not None:
            return self.end_of_slot(finish)
        if self.tasks is None:
            task.turn += 1
        else:
            task.turn = next(self.turns)
            if task.turn >= self.tasks:
                return self.end_of_slot(finish)
        if not self.only:
            task.script = self.order[task.turn % len(self.order)]
        task.scheduled = finish
        return True

    def end_of_slot(self, finish):
        self.in_flight -= 1
        self.finish_ns = max(self.finish_ns, finish)
        return False

    def fail(self, error):
        """The first error ends the trial: no task follows another."""
        if self.failure is None:
            self.failure = " ".join(f"{error}".split()) or type(error).__name__
