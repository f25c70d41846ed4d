"""The load: brings tasks to a model, takes them back and records them."""

from contextlib import nullcontext
from itertools import count
from time import monotonic_ns as now

from kit.digest import MASK
from kit.histogram import LONGEST_NS, SIZE

SLICES = 20  # of the window
NEVER = 2**63 - 1  # an instant
PAST_ALL = 2**64


def cut(scheduled, started, finish):
    """Of a task that took longer than can be counted."""
    scheduled = finish - LONGEST_NS
    return scheduled, max(scheduled, started)


class Recorder:
    """What is counted. Each part is a list, or a view of memory that several processes share; one thread at a time
    writes to a recorder."""

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
        self.turn = 0
        self.unsettled = True


class Load:
    """A closed loop, or fixed work. Functions of a task's life are called by one thread at a time, but for start():
    with the guard held, where a model has several."""

    def __init__(self, spec, work, recorder, guard=nullcontext()):
        self.guard = guard
        load = spec["load"]
        self.kind = load["kind"]
        self.slots = load["concurrency"]
        self.work = work
        self.order, self.only = work.order, len(work.order) == 1
        self.begin = self.end = self.last = NEVER  # of the window; from the last instant on no task starts
        self.mark = NEVER  # the next begin of a slice
        self.slice = 0  # which one it is: 0 before the window, 21 after it
        self.inside = False  # whether the window is open
        self.simple = False  # whether a task is followed by one of the same script, and all slots have settled
        self.tasks = load["tasks"] if self.kind == "fixed" else None
        self.turns = count(self.slots)  # of fixed work: of the tasks beyond the first of each slot
        self.unsettled = self.slots
        self.in_flight = 0  # tasks that were submitted, or followed one, and have not ended
        self.finish_ns = 0  # of the last task of a slot that has finished
        self.failure = None
        self.tell = lambda *window: None  # called with each that is set
        self.recorder = recorder
        self.queueing, self.service, self.response = recorder.queueing, recorder.service, recorder.response
        self.finished, self.of_slots, self.of_classes = recorder.finished, recorder.of_slots, recorder.of_classes
        self.difference = recorder.difference

    def set_window(self, begin, end, last=None):
        """Tasks that finish from begin on and before end are recorded. From the last instant on, which is the end where
        none is given, none starts and none follows another."""
        self.begin, self.end, self.last = begin, end, end if last is None else last
        slice_ns = max(1, -(-(end - begin) // SLICES))
        self.marks = iter([begin + i * slice_ns for i in range(1, SLICES)] + [end, PAST_ALL])
        self.mark = begin
        self.tell(self.begin, self.end, self.last)

    def pass_mark(self, finish):
        """A task has finished at the next mark or later: the begin of the window, of its slices, or its end."""
        while finish >= self.mark:
            self.slice += 1
            self.mark = next(self.marks)
        self.inside = 1 <= self.slice <= SLICES
        self.simple = self.simple and finish < self.last

    def first(self):
        """The first task of each slot, one after the other."""
        slots = self.slots if self.tasks is None else min(self.slots, self.tasks)
        for slot in range(slots):
            task = Task(slot)
            # Those of a closed loop are spread evenly over the order.
            task.turn = slot if self.tasks is not None else slot * len(self.order) // self.slots
            task.script = self.order[task.turn % len(self.order)]
            task.scheduled = now()
            with self.guard:
                self.in_flight += 1
            yield task

    def start(self, task):
        """Before the first step. False where the load is over and there is nothing to do."""
        task.started = started = now()
        return started < self.last

    def drop(self):
        """In place of finish, for a task that start() has refused."""
        self.in_flight -= 1

    def finish(self, task, digest):
        """After the last step. True where another task follows in the slot: the same object, which is to come to its
        turn as this one did."""
        finish = now()
        self.record(task, digest, finish)
        if not self.simple:
            return self.follow(task, finish)
        task.turn += 1
        task.scheduled = finish
        return True

    # All in one function, since calls would take Python half as long again.
    def record(self, task, digest, finish):
        script = task.script
        self.difference[0] = self.difference[0] + digest - script.digest & MASK
        if finish >= self.mark:
            self.pass_mark(finish)
        self.finished[self.slice] += 1
        if self.inside:
            self.of_slots[task.slot] += 1
            scheduled, started = task.scheduled, task.started
            if finish - scheduled > LONGEST_NS:
                scheduled, started = cut(scheduled, started, finish)
            # The index of each time: see index_of.
            if (ns := started - scheduled) < 2048:
                self.queueing[ns] += 1
            else:
                bucket = ns.bit_length() - 11
                self.queueing[(bucket << 10) + (ns >> bucket)] += 1
            if (ns := finish - started) < 2048:
                self.service[ns] += 1
            else:
                bucket = ns.bit_length() - 11
                self.service[(bucket << 10) + (ns >> bucket)] += 1
            if (ns := finish - scheduled) < 2048:
                index = ns
            else:
                bucket = ns.bit_length() - 11
                index = (bucket << 10) + (ns >> bucket)
            self.response[index] += 1
            if self.of_classes:
                self.of_classes[script.kind][index] += 1

    def follow(self, task, finish):
        """Whether another task follows one that has finished, and if so makes it that."""
        if task.unsettled:
            task.unsettled = False
            self.unsettled -= 1
            self.simple = not self.unsettled and self.only and self.kind == "closed" and finish < self.end
            self.simple = self.simple and self.failure is None
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
        self.simple = False
        self.last = 0
        if self.failure is None:
            self.failure = " ".join(f"{error}".split()) or type(error).__name__
