"""The kit of the Python models, held against docs/protocol.md."""

import asyncio
import gc
import os
import socket
import struct
import sys
import threading
import time
from itertools import islice
from pathlib import Path
from unittest import mock

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))
from asyncio_tasks import UvloopTasks
from kit.alarm import go_through
from kit.arrivals import OpenLoad, Schedule
from kit.awaiting import PeerConnection
from kit.blocking import BlockingSteps
from kit.connections import connect
from kit.digest import MASK, branch_digest, fold, mix64
from kit.frame import Exchange, WrongReply
from kit.histogram import LONGEST_NS, SIZE, index_of, sparse, total
from kit.kernels import KERNELS
from kit.load import NEVER, Load, Recorder
from kit.pool import fork_pool
from kit.record import counted
from kit.script import Step, Unsupported, Work, lanes_of, steps_of
from kit.trial import Trial, runtime
from kit.use import Use

MS = 1_000_000


def wait(ns):
    return {"do": "wait", "time_ns": ns}


def request(size, delay):
    return {"do": "request", "bytes": size, "delay_ns": delay}


def critical(lock, *body):
    return {"do": "critical", "lock": lock, "body": list(body)}


def fan_out(width, *body):
    return {"do": "fan_out", "width": width, "body": list(body)}


# ---- scripts ---------------------------------------------------------------------------------------------------------


def test_the_digest_of_a_request_is_the_pages_own():
    assert fold(0, fold(64, 20 * MS)) == 0x8FD0705E935309C6


@pytest.mark.parametrize(
    ("kernel", "amount", "result"),
    [("primes", 20_000, 2262), ("primes", 0, 0), ("mix", 0, 1), ("mix", 1, mix64(1)), ("memory", 1, 528_306),
     ("memory", 100_000, 653_470)],
)  # fmt: skip
def test_kernels_return_what_the_page_says(kernel, amount, result):
    assert KERNELS[kernel](amount) == result


def test_the_fault_kernel_fails():
    with pytest.raises(RuntimeError, match="fault"):
        KERNELS["fault"](1)


@pytest.mark.parametrize(
    ("steps", "lanes"),
    [
        ([], 0),
        ([request(8, 5), request(8, 5)], 1),
        ([critical(7, request(8, 5))], 1),
        ([request(8, 5), fan_out(3, fan_out(2, request(8, 5)))], 6),
        ([fan_out(3, wait(1))], 0),
    ],
)
def test_a_task_has_as_many_connections_as_it_needs_at_once(steps, lanes):
    assert lanes_of(steps_of(steps, {})) == lanes


@pytest.mark.parametrize(
    ("step", "named"),
    [
        ({"do": "hop", "stage": 1}, "hop"),
        (critical(1) | {"permits": 2}, "permits"),
        (fan_out(1, {"do": "hop", "stage": 1}), "hop"),
        ({"do": "compute", "kernel": "sorting", "amount": 1}, "sorting"),
        ({"do": "wait"}, "wait"),
        ({"time_ns": 5}, "time_ns"),
    ],
)
def test_what_is_not_known_is_unsupported_and_named(step, named):
    with pytest.raises(Unsupported, match=named):
        Step(step, {})


def test_a_step_folds_what_the_page_says():
    class Alone(BlockingSteps):
        def lock(self, _lock):
            return threading.Lock()

        def fan_out(self, step, first):
            return sum(self.walk(step.body, branch_digest(i), first) for i in range(step.width))

    def digest(step):
        return Alone([]).walk(steps_of([step], {}), 3, 0)

    assert digest({"do": "compute", "kernel": "mix", "amount": 1}) == fold(3, mix64(1))
    assert digest(wait(7)) == fold(3, 7)
    assert digest(critical(9, wait(5))) == fold(fold(3, 9), 5)
    assert digest(fan_out(2, wait(5))) == fold(3, fold(mix64(1), 5) + fold(mix64(2), 5) & MASK)


@pytest.mark.parametrize(("at", "waits", "timer_ms"), [(10.4, 1.3, 2), (10.4, 0.5, 1), (10.4, 0.7, 2), (10, 5, 5)])
def test_a_wait_on_uvloop_ends_at_the_first_millisecond_that_is_not_early(at, waits, timer_ms):
    model = object.__new__(UvloopTasks)
    model.loop = mock.Mock(time=lambda: int(at) / 1e3)  # as libuv's clock
    with mock.patch("asyncio_tasks.now", lambda: int(at * MS)), mock.patch("asyncio.sleep", lambda *given: given):
        seconds, digest = model.wait(Step(wait(int(waits * MS)), {}), 3, 0)
    assert round(seconds * 1e3, 6) == timer_ms and digest == fold(3, int(waits * MS))


# ---- frames ----------------------------------------------------------------------------------------------------------

HEADER = struct.Struct("=IIQQQ")


def peer_that(change=lambda frame: frame, delay=lambda ns: ns):
    """Where a peer listens that sends one frame back after its delay, changed."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with listener, connection:
            magic, size, ns, number, _ = HEADER.unpack(connection.recv(HEADER.size, socket.MSG_WAITALL))
            payload = connection.recv(size, socket.MSG_WAITALL) if size else b""
            time.sleep(delay(ns) / 1e9)
            connection.sendall(change(HEADER.pack(magic, size, ns, number, number ^ MASK) + payload))

    threading.Thread(target=serve, daemon=True).start()
    return {"address": "127.0.0.1", "port": listener.getsockname()[1]}


def spoiled(at):
    """What changes one byte of a frame."""
    return lambda frame: frame[:at] + bytes([frame[at] ^ 1]) + frame[at + 1 :]


def ask(peer, size, delay):
    return BlockingSteps(connect(peer, 1)).request(Step(request(size, delay), {}), 0)


@pytest.mark.parametrize("size", [0, 64, 65_536])
def test_a_frame_comes_back_whatever_its_size(size):
    assert ask(peer_that(), size, MS) == fold(size, MS)


@pytest.mark.parametrize("number", [0, 3 << 48])
def test_a_frame_is_laid_out_as_the_page_says(number):
    exchange, step = Exchange(number), Step(request(64, 5), {})
    header, frame = HEADER.pack(0x63626E63, 64, 5, number + 1, 0), exchange.frame(step)
    assert frame[: HEADER.size] == header and len(frame) == step.length == HEADER.size + 64


@pytest.mark.parametrize("at", [0, 4, 8, 15, 16, 23, 24, 31])
def test_a_reply_that_was_not_asked_for_is_an_error(at):
    with pytest.raises(WrongReply, match="asked for"):
        ask(peer_that(spoiled(at)), 64, 0)


@pytest.mark.parametrize(("size", "at"), [(1, 0), (64, 0), (64, 63), (65_536, 40_000), (65_536, 65_535)])
def test_a_reply_whose_payload_is_damaged_is_an_error(size, at):
    with pytest.raises(WrongReply, match="damaged"):
        ask(peer_that(spoiled(HEADER.size + at)), size, 0)


async def ask_awaiting(peer, size, delay):
    loop = asyncio.get_running_loop()
    (connection,) = connect(peer, 1)
    connection.setblocking(False)
    transport, protocol = await loop.create_connection(lambda: PeerConnection(loop), sock=connection)
    try:
        return await asyncio.wait_for(protocol.ask(Step(request(size, delay), {}), 0), 5)
    finally:
        transport.close()


@pytest.mark.parametrize("change", [spoiled(HEADER.size + 63), lambda frame: frame + b"more"])
def test_a_reply_that_is_damaged_or_longer_than_was_asked_for_fails_whoever_awaits_it(change):
    assert asyncio.run(ask_awaiting(peer_that(), 64, 0)) == fold(0, fold(64, 0))
    with pytest.raises(WrongReply, match="damaged"):
        asyncio.run(ask_awaiting(peer_that(change), 64, 0))


def test_a_reply_before_its_delay_is_an_error():
    with pytest.raises(Exception, match="early"):
        ask(peer_that(delay=lambda _ns: 0), 64, 5000 * MS)


@pytest.mark.parametrize("early_ns", [0, 1])
def test_a_reply_is_early_by_a_nanosecond_however_long_its_delay(early_ns):
    exchange, step = Exchange(), Step(request(0, 5000 * MS), {})
    with mock.patch("kit.frame.now", side_effect=[7, 7 + 5000 * MS - early_ns]):
        frame = exchange.frame(step)
        reply = frame[:24] + bytes(byte ^ 0xFF for byte in frame[16:24])
        if early_ns:
            with pytest.raises(WrongReply, match="early"):
                exchange.check(reply)
        else:
            assert exchange.check(reply) == fold(0, 5000 * MS)


async def ask_after_a_loss():
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    loop = asyncio.get_running_loop()
    with socket.create_connection(server.sockets[0].getsockname()) as connection:
        connection.setblocking(False)
        transport, protocol = await loop.create_connection(lambda: PeerConnection(loop), sock=connection)
        while not transport.is_closing():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)  # it hears of it in a turn of its own
        for _ in range(2):
            with pytest.raises(ConnectionError, match="closed"):
                await asyncio.wait_for(protocol.ask(Step(request(8, 0), {}), 0), 5)
    server.close()


def test_a_request_on_a_connection_that_was_lost_before_is_an_error():
    asyncio.run(ask_after_a_loss())


# ---- histograms ------------------------------------------------------------------------------------------------------


def test_times_are_counted_where_the_page_says():
    for ns, index in {0: 0, 1000: 1000, 2047: 2047, 2048: 2048, 5000: 3298, 20 * MS: 15_556}.items():
        assert index_of(ns) == index
    assert index_of(LONGEST_NS) == index_of(2 * LONGEST_NS) == SIZE - 1 and index_of(-5) == 0


def test_histograms_are_written_together_and_without_what_is_not_there():
    assert sparse([[0, 1, 2], [0, 0, 3]]) == [[1, 1], [2, 5]]


# ---- loads -----------------------------------------------------------------------------------------------------------


def load_of(make=Load, scripts=1, **load):
    """A load of scripts that do nothing, the n-th of which expects n; of classes where there are several."""
    spec = {
        "load": {"kind": "closed", "concurrency": 1} | load,
        "scripts": [
            {"class": f"class {i}" if scripts > 1 else "", "digest": f"{i:x}", "steps": []} for i in range(scripts)
        ],
        "order": list(range(scripts)),
    }
    work = Work(spec)
    return make(spec, work, Recorder(spec["load"]["concurrency"], len(work.classes)))


def run(load, task):
    return load.start(task) and load.finish(task, 0)


def test_only_tasks_that_finish_within_the_window_are_counted():
    load = load_of()
    (task,) = load.first()
    assert all(run(load, task) for _ in range(3))
    load.set_window(time.monotonic_ns(), time.monotonic_ns() + 3_600_000 * MS)
    assert all(run(load, task) for _ in range(5))
    load.start(task)
    load.marks, load.mark, load.end = iter([NEVER] * 22), 0, 0
    load.slice, load.last = 20, 0
    assert not load.finish(task, 0) and load.in_flight == 0
    record = counted(load, [load.recorder])
    assert (record["tasks"], record["tasks_total"], record["slots"]) == (5, 9, {"fewest": 5, "most": 5})
    assert record["slices"] == [5] + [0] * 19
    assert [total(record[name]) for name in ("queueing", "service", "response")] == [5, 5, 5]


@pytest.mark.parametrize("ns", [0, 2047, 2048, 5000, 20 * MS, LONGEST_NS, 3 * LONGEST_NS // 2])
def test_times_are_recorded_where_the_page_says(ns):
    load = load_of(scripts=2)
    (task,) = load.first()
    load.set_window(0, NEVER)
    finish = 10 * LONGEST_NS
    task.scheduled, task.started = finish - ns, finish - ns // 2
    load.record(task, 0, finish)
    assert sparse([load.response]) == [[index_of(ns), 1]] == sparse([load.of_classes[0]])
    if ns <= LONGEST_NS:
        assert sparse([load.service]) == [[index_of(ns // 2), 1]]
        assert sparse([load.queueing]) == [[index_of(ns - ns // 2), 1]]


def test_slices_are_twentieths_of_the_window():
    load = load_of()
    (task,) = load.first()
    load.set_window(1000, 1000 + 2003)
    task.scheduled = task.started = 0
    for finish in (999, 1000, 1100, 1101, 3002, 3003, 9000):
        load.record(task, 0, finish)
    assert load.finished == [1, 2, 1] + [0] * 17 + [1, 2]


def test_fixed_work_is_done_once_whichever_slot_does_it():
    load = load_of_fixed(10)
    load.set_window(0, NEVER)
    ran = 0
    for task in load.first():
        ran += 1
        while run(load, task):
            ran += 1
    record = counted(load, [load.recorder])
    assert ran == record["tasks"] == record["tasks_total"] == 10 and record["slices"] == []
    assert [total(record["classes"][name]) for name in ("class 0", "class 1")] == [5, 5]
    assert record["digest"] == f"{-5 & MASK:016x}"
    assert load.in_flight == 0 and load.finish_ns > 0
    assert len(list(load_of_fixed(3).first())) == 3


def load_of_fixed(tasks):
    load = load_of(scripts=2, concurrency=4)
    load.kind, load.tasks = "fixed", tasks
    return load


def test_the_first_error_ends_the_load():
    load = load_of(concurrency=2)
    one, other = load.first()
    load.fail(ValueError("broken\nin two"))
    load.fail(ValueError("later"))
    assert load.failure == "broken in two"
    assert not run(load, one) and not run(load, other)


def test_a_closed_loop_goes_on_and_takes_its_scripts_in_their_order():
    load = load_of(scripts=3, concurrency=2)
    one, other = load.first()
    assert (one.script.number, other.script.number) == (0, 1)
    for following in (2, 0, 1):
        assert run(load, other) and other.script.number == following
    assert load.unsettled == 1
    for following in (1, 2, 0):
        assert run(load, one) and load.unsettled == 0 and one.script.number == following


@pytest.mark.parametrize(("kind", "begins"), [("closed", (0, 1, 3)), ("fixed", (0, 1, 2))])
def test_slots_of_a_closed_loop_begin_spread_over_the_order(kind, begins):
    load = load_of(scripts=5, concurrency=3, kind=kind, tasks=9)
    tasks = list(load.first())
    assert tuple(task.script.number for task in tasks) == begins
    assert run(load, tasks[2]) and tasks[2].script.number == (4 if kind == "closed" else 3)


def test_what_the_set_up_has_made_is_not_collected_again():
    script = {"class": "", "digest": "0", "steps": []}
    load = {"kind": "closed", "concurrency": 1}
    trial = Trial({"workers": 1, "settings": {}, "load": load, "scripts": [script], "order": [0]})
    with mock.patch("kit.trial.say"):
        trial.ready()
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    gc.callbacks.remove(trial.use.count)
    assert frozen > 0


@pytest.mark.parametrize(("enabled", "told"), [(True, "on"), (False, "off")])
def test_an_interpreter_that_tells_whether_it_has_a_lock_is_repeated(enabled, told):
    with mock.patch("sys._is_gil_enabled", lambda: enabled, create=True):
        assert runtime()["gil"] == told


def collect_garbage():
    alive = [[i] for i in range(100_000)]
    until = time.process_time() + 0.2
    while time.process_time() < until:
        gc.collect()
    return len(alive)


def compute():
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass


@pytest.mark.parametrize("in_a_worker", [False, True])
def test_much_collecting_of_garbage_is_told(in_a_worker):
    use, (there, events) = Use(1), os.pipe()
    with mock.patch("kit.pool.EVENTS", events):
        pool = fork_pool(1, use)

    def warnings_of(work):
        before = use.look()
        if in_a_worker:
            pool.submit(work).result()
        else:
            work()
        return use.since(before)["warnings"]

    try:
        assert warnings_of(compute) == []
        assert warnings_of(collect_garbage) == ["collecting garbage took more than 5 % of the CPU time"]
    finally:
        pool.shutdown()
        gc.callbacks.remove(use.count)
        os.close(there)
        os.close(events)


# ---- alarms ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["asyncio", "uvloop"])
def test_a_loop_comes_to_an_instant_in_time_and_sleeps_until_then(library):
    late = []

    def instants():
        for _ in range(50):
            instant = time.monotonic_ns() + MS * 11 // 10  # a timer of whole milliseconds is late by 0.9, or spins
            yield instant
            late.append(time.monotonic_ns() - instant)

    with asyncio.Runner(loop_factory=pytest.importorskip(library).new_event_loop) as runner:
        runner.run(asyncio.sleep(0))
        used, began = time.thread_time_ns(), time.monotonic_ns()
        runner.run(go_through(instants()))
        used, took = time.thread_time_ns() - used, time.monotonic_ns() - began
    assert 0 <= min(late) < MS // 2
    assert used < took / 2


def test_what_fails_at_an_instant_fails_whoever_waits_for_the_last():
    def instants():
        yield time.monotonic_ns()
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(go_through(instants()))


# ---- arrivals --------------------------------------------------------------------------------------------------------


def test_arrivals_are_due_when_the_page_says():
    load = {"rate_per_s": 1000.0, "seed_of_arrivals": "0000000000000001", "arrivals": "poisson"}
    load |= {"warmup_ns": 100 * MS, "duration_ns": 200 * MS}
    due = [due for _, (_, due) in zip(range(1000), Schedule(load).since(0))]
    for i, ns in {0: 836_005, 1: 1_730_509, 2: 1_850_927, 3: 2_415_604, 999: 979_497_861}.items():
        assert abs(due[i] - ns) <= 2
    constant = Schedule(load | {"arrivals": "constant"}).since(7)
    assert [arrival for _, arrival in zip(range(3), constant)] == [(0, 7), (1, MS + 7), (2, 2 * MS + 7)]


@pytest.mark.parametrize("arrivals", ["constant", "poisson"])
def test_arrivals_are_the_same_however_many_are_worked_out_ahead(arrivals):
    load = {"rate_per_s": 1e4, "seed_of_arrivals": "7", "arrivals": arrivals}
    load |= {"warmup_ns": 5 * MS, "duration_ns": 20 * MS}
    ahead = Schedule(load)
    assert ahead.ahead[-2] < 25 * MS <= ahead.ahead[-1]
    with mock.patch("kit.arrivals.MOST_AHEAD", 3):
        late = Schedule(load)
    assert len(late.ahead) == 3
    assert list(islice(late.since(9), 1000)) == list(islice(ahead.since(9), 1000))


def bring(slots, takes_ms, late, drain_ms):
    """1,000 constant arrivals a second for 300 ms, to tasks that each take so long; time is what this says it is."""
    load = load_of(
        OpenLoad,
        kind="open",
        concurrency=slots,
        rate_per_s=1000.0,
        arrivals="constant",
        late=late,
        seed_of_arrivals="1",
        warmup_ns=100 * MS,
        duration_ns=200 * MS,
        drain_ns=drain_ms * MS,
    )
    _, end = load.open(Schedule(load.asked), 7_000 * MS)
    running = []

    def advance(until):
        while running and running[0][0] <= until:
            finish, task = running.pop(0)
            load.record(task, 0, finish)
            if load.follow(task, finish):
                submit(task, finish)

    def submit(task, at):
        task.started = at
        running.append((at + takes_ms * MS, task))

    while load.next_due < end:
        advance(load.next_due)
        with mock.patch("kit.arrivals.now", lambda: load.next_due):
            task = load.arrive(load.turn, load.next_due)
        if task:
            submit(task, load.next_due)
        load.turn, load.next_due = next(load.coming)
    advance(end + drain_ms * MS)
    advance(NEVER)
    record = counted(load, [load.recorder])
    return record, load.counted(record, [load.recorder])


@pytest.mark.parametrize(
    ("slots", "takes_ms", "late", "drain_ms"),
    [(500, 10, "wait", 1000), (1, 2, "wait", 5000), (1, 5, "shed", 1000), (1, 20, "wait", 50)],
)
def test_no_arrival_is_lost(slots, takes_ms, late, drain_ms):
    record, arrivals = bring(slots, takes_ms, late, drain_ms)
    begin, end = arrivals["begin"], arrivals["end"]
    within, shed = end["due"] - begin["due"], end["shed"] - begin["shed"]
    assert (begin["due"], end["due"]) == (100, 300)
    assert total(record["response"]) + shed + arrivals["unfinished"] == within
    assert total(arrivals["generator"]["lag"]) + arrivals["late"] + shed == within
    assert record["tasks_total"] + end["shed"] + arrivals["dropped"] == end["due"]
    assert record["tasks"] == sum(record["slices"]) == end["done"] - begin["done"]
    for counts in (begin, end):
        assert counts["due"] >= counts["shed"] + counts["taken"] >= counts["shed"] + counts["done"]


def test_arrivals_that_find_a_slot_are_brought_at_once():
    record, arrivals = bring(500, 10, "wait", 1000)
    assert (arrivals["late"], arrivals["dropped"], arrivals["unfinished"]) == (0, 0, 0)
    assert arrivals["mean_backlog"] == pytest.approx(10, rel=0.1)  # Little's law: 1,000/s that stay for 10 ms
    assert record["response"] == [[index_of(10 * MS), 200]]


def test_the_lag_is_the_generators_and_not_what_the_model_takes_to_be_told():
    load = load_of(
        OpenLoad,
        kind="open",
        concurrency=10,
        rate_per_s=1000.0,
        arrivals="constant",
        late="wait",
        seed_of_arrivals="1",
        warmup_ns=0,
        duration_ns=10 * MS,
        drain_ns=0,
    )
    clock = 7_000 * MS

    def submit(_task):
        nonlocal clock
        clock += MS // 2

    with mock.patch("kit.arrivals.now", lambda: clock):
        load.open(Schedule(load.asked), clock)
        while (due := load.bring(submit)) is not None:
            clock = due
    assert sparse([load.lag]) == [[0, 10]]


def test_arrivals_that_find_no_slot_wait_and_are_charged_for_it():
    record, arrivals = bring(1, 2, "wait", 5000)
    assert arrivals["late"] == 200 and arrivals["dropped"] == 0
    assert record["response"][-1][0] == index_of(301 * MS)  # due after 299 ms, and 299 of 2 ms each come before it


def test_arrivals_are_shed_where_that_is_asked():
    _, arrivals = bring(1, 5, "shed", 1000)
    assert arrivals["end"]["shed"] == 240 and arrivals["late"] == 0 and arrivals["mean_backlog"] <= 1


def test_what_waits_when_draining_is_over_is_dropped():
    _, arrivals = bring(1, 20, "wait", 50)
    assert arrivals["dropped"] > 250 and arrivals["unfinished"] > 150
