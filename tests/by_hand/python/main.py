"""Programs by hand in Python, which the models of models/python are held against (scripts/bars_runtimes): the same work
and the same frames to the same peer, without anything of theirs. They record alike: of every task the instants at which
it was scheduled (when the one before in its slot finished), started and finished, and the same three histograms, of
queueing, service and response times. There is no digest of what tasks return. Each task brings the next one as it came
itself: as a task of asyncio, as a job of the pool.

  main.py MODE [workers=2] [concurrency=1000] [delay=10ms] [bytes=64] [amount=20000] [port=PORT]
          [duration=2s] [warmup=500ms] | [tasks=N]

Modes: noop, io and sleep on asyncio, each with -uvloop or -threads behind it for uvloop and for a pool of threads;
noop-processes, io-processes and cpu-processes on a pool of processes; cpu-pool, asyncio beside such a pool."""

import asyncio
import json
import os
import resource
import socket
import struct
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import accumulate
from math import isqrt
from multiprocessing import active_children, get_context
from pathlib import Path
from time import monotonic_ns as now
from types import SimpleNamespace

HEADER = struct.Struct("=IIQQQ")
MAGIC, BITS = 0x63626E63, 2**64 - 1
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}

given = SimpleNamespace(
    workers=2, concurrency=1000, delay=0.01, bytes=64, amount=20_000, port=0, duration=2.0, warmup=0.5, tasks=0
)


LONGEST_NS = 3_600_000_000_000


def index_of(ns):
    """Where HdrHistogram counts a time (docs/protocol.md): below 2^11 ns each has an index, from there on there are
    2^10 steps for each power of two, up to an hour, which no task takes here."""
    bucket = max(ns.bit_length() - 11, 0)
    return (bucket << 10) + (ns >> bucket)


SIZE = index_of(LONGEST_NS) + 1


class Times:
    """Of the tasks that finish within the window."""

    def __init__(self):
        self.queueing, self.service, self.response = [0] * SIZE, [0] * SIZE, [0] * SIZE
        self.begin = self.end = 2**63

    # The index of each time is computed in place: calls would take half as long again.
    def finish(self, scheduled, started):
        """A task finishes now. Returns when the next one of its slot is scheduled, which is now; 0 where none is."""
        finished = now()
        if finished >= self.end:
            return 0
        if finished >= self.begin:
            if (ns := started - scheduled) < 2048:
                self.queueing[ns] += 1
            else:
                bucket = ns.bit_length() - 11
                self.queueing[(bucket << 10) + (ns >> bucket)] += 1
            if (ns := finished - started) < 2048:
                self.service[ns] += 1
            else:
                bucket = ns.bit_length() - 11
                self.service[(bucket << 10) + (ns >> bucket)] += 1
            if (ns := finished - scheduled) < 2048:
                self.response[ns] += 1
            else:
                bucket = ns.bit_length() - 11
                self.response[(bucket << 10) + (ns >> bucket)] += 1
        return finished

    def response_quantile(self, share):
        """The longest of the times that are counted at the index up to which that share of all lies."""
        wanted = share * sum(self.response)
        for index, seen in enumerate(accumulate(self.response)):
            if seen and seen >= wanted:
                bucket = max((index >> 10) - 1, 0)
                return ((index - (bucket << 10) + 1) << bucket) - 1
        return 0


times = Times()


def primes(below):
    found = 0
    for candidate in range(2, below):
        for divisor in range(2, isqrt(candidate) + 1):
            if candidate % divisor == 0:
                break
        else:
            found += 1
    return found


def frame(number):
    return HEADER.pack(MAGIC, given.bytes, int(given.delay * 1e9), number, 0) + bytes(given.bytes)


def check(reply, number):
    if HEADER.unpack_from(reply)[3:] != (number, number ^ BITS):
        raise ValueError("a reply to another frame")


def cpu_seconds():
    """Of this process and of the workers that it has forked, which still run."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split():
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def report(tasks, wall, cpu):
    print(
        json.dumps(
            {
                "throughput_per_s": tasks / wall,
                "cpu_per_task_us": cpu * 1e6 / max(tasks, 1),
                "wall_s": wall,
                "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "p50_us": times.response_quantile(0.5) // 1000,
                "p99_us": times.response_quantile(0.99) // 1000,
            }
        ),
        flush=True,
    )
    for worker in active_children():
        worker.kill()
    os._exit(0)  # whatever is in flight


def window():
    """Yields how long to sleep; reports in the end."""
    yield given.warmup
    cpu, begin = cpu_seconds(), now()
    times.end = begin + int(given.duration * 1e9)
    times.begin = begin
    while (left := times.end - now()) > 0:
        yield left / 1e9
    report(sum(times.response), given.duration, cpu_seconds() - cpu)


# ---- asyncio ---------------------------------------------------------------------------------------------------------


async def noop(group, scheduled):
    if following := times.finish(scheduled, now()):
        group.create_task(noop(group, following))


async def sleeper(scheduled):
    started = now()
    await asyncio.sleep(given.delay)
    times.finish(scheduled, started)


class Connection(asyncio.Protocol):
    def __init__(self, loop):
        self.loop, self.got = loop, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.got += data
        if len(self.got) == HEADER.size + given.bytes:
            reply, self.got = self.got, b""
            self.answered.set_result(reply)

    async def ask(self, group, number, scheduled):
        started = now()
        self.answered = self.loop.create_future()
        self.transport.write(frame(number))
        check(await self.answered, number)
        if following := times.finish(scheduled, started):
            group.create_task(self.ask(group, number + 1, following))


async def on_a_loop(work):
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        if work == "sleep":
            times.begin = 0
            cpu, begin = cpu_seconds(), time.monotonic()
            sleepers = [group.create_task(sleeper(now())) for _ in range(given.tasks)]
            await asyncio.wait(sleepers)
            report(sum(times.response), time.monotonic() - begin, cpu_seconds() - cpu)
        if work == "cpu":
            pool = process_pool()

            async def compute(scheduled):
                started = await loop.run_in_executor(pool, run_primes, None)
                if following := times.finish(scheduled, started):
                    group.create_task(compute(following))

        if work == "io":
            connections = [
                (await loop.create_connection(lambda: Connection(loop), "127.0.0.1", given.port))[1]
                for _ in range(given.concurrency)
            ]
        for i in range(given.concurrency):
            if work == "noop":
                group.create_task(noop(group, now()))
            elif work == "cpu":
                group.create_task(compute(now()))
            else:
                group.create_task(connections[i].ask(group, 1, now()))
        for seconds in window():
            await asyncio.sleep(seconds)


def with_asyncio(work):
    asyncio.run(on_a_loop(work))


def with_uvloop(work):
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(on_a_loop(work))


# ---- threads ---------------------------------------------------------------------------------------------------------


def with_threads(work):
    threading.stack_size(256 * 1024)
    many = given.tasks if work == "sleep" else given.concurrency
    pool = ThreadPoolExecutor(many)
    there, gate = os.pipe()
    made = [pool.submit(os.read, there, 1) for _ in range(many)]  # each thread waits for the end of the pipe
    os.close(gate)
    for one in made:
        one.result()
    os.close(there)

    counting = threading.Lock()  # adding to a count is no single step of the interpreter

    def empty(scheduled):
        started = now()
        with counting:
            following = times.finish(scheduled, started)
        if following:
            pool.submit(empty, following)

    def ask(connection, number, scheduled):
        started = now()
        connection.sendall(frame(number))
        check(connection.recv(HEADER.size + given.bytes, socket.MSG_WAITALL), number)
        with counting:
            following = times.finish(scheduled, started)
        if following:
            pool.submit(ask, connection, number + 1, following)

    def wait(scheduled):
        started = now()
        time.sleep(given.delay)
        with counting:
            times.finish(scheduled, started)

    if work == "sleep":
        times.begin = 0
        cpu, begin = cpu_seconds(), time.monotonic()
        for one in [pool.submit(wait, now()) for _ in range(many)]:
            one.result()
        report(sum(times.response), time.monotonic() - begin, cpu_seconds() - cpu)
    for _ in range(many):
        if work == "io":
            connection = socket.create_connection(("127.0.0.1", given.port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pool.submit(ask, connection, 1, now())
        else:
            pool.submit(empty, now())
    for seconds in window():
        time.sleep(seconds)


# ---- processes -------------------------------------------------------------------------------------------------------

connections = []


def process_pool():
    pool = ProcessPoolExecutor(given.workers, get_context("fork"))
    list(pool.map(time.sleep, [0.05] * given.workers))
    return pool


# These return when they started, by the clock of all processes.
def run_empty(_slot):
    return now()


def run_primes(_slot):
    started = now()
    primes(given.amount)
    return started


def run_request(slot):
    started = number = now()
    connections[slot].sendall(frame(number))
    check(connections[slot].recv(HEADER.size + given.bytes, socket.MSG_WAITALL), number)
    return started


def with_processes(work):
    if work == "io":
        connections.extend(socket.create_connection(("127.0.0.1", given.port)) for _ in range(given.concurrency))
    pool = process_pool()
    run = {"noop": run_empty, "cpu": run_primes, "io": run_request}[work]

    def submit(slot, scheduled):
        def ended(future):
            if following := times.finish(scheduled, future.result()):
                submit(slot, following)

        pool.submit(run, slot).add_done_callback(ended)

    for slot in range(given.concurrency):
        submit(slot, now())
    for seconds in window():
        time.sleep(seconds)


PROGRAMS = {
    "": (with_asyncio, ("noop", "io", "sleep")),
    "uvloop": (with_uvloop, ("noop", "io", "sleep")),
    "threads": (with_threads, ("noop", "io", "sleep")),
    "processes": (with_processes, ("noop", "io", "cpu")),
    "pool": (with_asyncio, ("cpu",)),
}


def seconds(text):
    number = text.rstrip("nmus")
    return float(number) * UNITS[text[len(number) :]]


def main(words):
    try:
        work, _, program = words[0].partition("-")
        run, works = PROGRAMS[program]
        if work not in works:
            raise KeyError(words[0])
        for word in words[1:]:
            name, _, value = word.partition("=")
            setattr(
                given,
                name,
                type(getattr(given, name))(value) if isinstance(getattr(given, name), int) else seconds(value),
            )
    except (AttributeError, IndexError, KeyError, ValueError) as error:
        print(f"{type(error).__name__}: {error}; usage:{__doc__.split('pool.', 1)[1]}", file=sys.stderr)
        sys.exit(2)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    run(work)


if __name__ == "__main__":
    main(sys.argv[1:])
