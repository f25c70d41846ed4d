"""The load of tasks that arrive whatever the model does."""

from array import array
from collections import deque
from contextlib import nullcontext
from itertools import chain, islice
from math import floor, log
from time import monotonic_ns as now

from kit.digest import MASK, mix64
from kit.histogram import SIZE, index_of, sparse, total
from kit.load import Load, Task

MOST_AHEAD = 1 << 18  # arrivals: a third of a second of work, and 2 MiB


class Schedule:
    """When arrivals are due: instants that follow from the seed, the same in every language. Those of the load are
    worked out ahead, a microsecond each, up to the most; others when they are asked for."""

    def __init__(self, load):
        self.rate, self.poisson = load["rate_per_s"], load["arrivals"] == "poisson"
        self.seed = int(load["seed_of_arrivals"], 16)
        self.ahead = array("q")
        length = load["warmup_ns"] + load["duration_ns"]
        for self.gaps, due in islice(self.after(0, 0.0), MOST_AHEAD):
            self.ahead.append(due)
            if due >= length:
                break

    def after(self, i, gaps):
        """From arrival i on, the sum of the gaps up to each, and when it is due; given that up to the one before."""
        while True:
            if self.poisson:
                gaps -= log(1 - (mix64(self.seed + i) >> 11) * 2.0**-53)
            else:
                gaps = float(i)
            yield gaps, floor(gaps / self.rate * 1e9)
            i += 1

    def since(self, epoch):
        """Each arrival's number and instant."""
        beyond = (due for _, due in self.after(len(self.ahead), self.gaps))
        return enumerate(map(epoch.__add__, chain(self.ahead, beyond)))


class OpenLoad(Load):
    """Whoever brings arrivals calls bring() when they are due. As those of a task's life, by one thread at a time."""

    def __init__(self, spec, work, recorder, guard=nullcontext()):
        super().__init__(spec, work, recorder, guard)
        self.asked = spec["load"]
        self.shed = self.asked["late"] == "shed"
        self.free = deque(Task(slot) for slot in range(self.slots))
        self.waiting = 0
        self.lag = [0] * SIZE
        self.due, self.dropped, self.taken = [0, 0], [0, 0], [0, 0]  # up to the begin and up to the end of the window
        self.late = 0
        self.until_end = 0  # the sum of end - due, over those due within the window and not shed

    def open(self, schedule, epoch):
        """Sets when all begins. Returns the begin and the end of the window."""
        begin = epoch + self.asked["warmup_ns"]
        end = begin + self.asked["duration_ns"]
        self.set_window(begin, end, end + self.asked["drain_ns"])
        self.coming = schedule.since(epoch)
        # Those that wait are the ones that came last: a second reading of the schedule tells them, without memory.
        self.heads = schedule.since(epoch)
        self.turn, self.next_due = next(self.coming)
        return self.begin, self.end

    def bring(self, submit):
        """Brings the arrivals that are due. Returns when the next one is; None after the last."""
        while self.next_due <= now():
            if self.next_due >= self.end or self.failure is not None:
                return None
            with self.guard:
                task = self.arrive(self.turn, self.next_due)
            if task is not None:
                submit(task)
            self.turn, self.next_due = next(self.coming)
        return self.next_due if self.next_due < self.end else None

    def count(self, counts, instant):
        counts[1] += 1
        counts[0] += instant < self.begin

    def arrive(self, turn, due):
        """The task that it brings, where there is a slot for it."""
        self.count(self.due, due)
        waits = self.waiting or not self.free
        if waits and self.shed:
            self.count(self.dropped, due)
            return None
        if due >= self.begin:
            self.until_end += self.end - due
            self.late += bool(waits)
        if waits:
            self.waiting += 1
            return None
        if not self.shed:
            next(self.heads)
        task, at = self.free.pop(), now()
        self.give(task, turn, due, at)
        if due >= self.begin:
            self.lag[index_of(at - due)] += 1
        self.in_flight += 1
        return task

    def give(self, task, turn, due, at):
        if at < self.end:
            self.count(self.taken, at)
        task.turn, task.scheduled = turn, due
        task.script = self.order[turn % len(self.order)]

    def record(self, task, digest, finish):
        """Recorded are the times of arrivals that were due within the window."""
        script = task.script
        self.difference[0] = self.difference[0] + digest - script.digest & MASK
        if finish >= self.mark:
            self.pass_mark(finish)
        self.finished[self.slice] += 1
        if self.inside:
            self.of_slots[task.slot] += 1
            self.recorder.until_end[0] += self.end - finish
        if self.begin <= task.scheduled < self.end and finish < self.last:
            self.queueing[index_of(task.started - task.scheduled)] += 1
            self.service[index_of(finish - task.started)] += 1
            response = index_of(finish - task.scheduled)
            self.response[response] += 1
            if self.of_classes:
                self.of_classes[script.kind][response] += 1

    def follow(self, task, finish):
        """Gives the slot to the arrival that has waited longest, or sets it free."""
        if not self.waiting or finish >= self.last or self.failure is not None:
            self.free.append(task)
            return self.end_of_slot(finish)
        self.waiting -= 1
        turn, due = next(self.heads)
        self.give(task, turn, due, finish)
        return True

    def counted(self, record, recorders):
        """What became of the arrivals, for the record of a trial that was ok."""
        before = sum(recorder.finished[0] for recorder in recorders)
        done = (before, before + record["tasks"])
        begin, end = (
            {"due": self.due[i], "shed": self.dropped[i], "taken": self.taken[i], "done": done[i]} for i in (0, 1)
        )
        until_end = self.until_end - sum(recorder.until_end[0] for recorder in recorders)
        there = begin["due"] - begin["shed"] - begin["done"]
        within = end["due"] - begin["due"] - (end["shed"] - begin["shed"])
        return {
            "begin": begin,
            "end": end,
            "mean_backlog": until_end / (self.end - self.begin) + there,
            "late": self.late,
            "unfinished": within - total(record["response"]),
            "dropped": end["due"] - end["shed"] - record["tasks_total"],
            # It runs in the loop of the model, or takes turns with the model's threads under the interpreter's lock.
            "generator": {"own_thread": False, "cpu_ns": None, "lag": sparse([self.lag])},
        }
