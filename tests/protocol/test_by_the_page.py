"""Holds docs/protocol.md and a program written from it against each other: this file is the parent and the peer,
written from the same page, and shares no code with the program.

The program is by_the_page.py, or the model that CBENCH_TESTED_MODEL names of the program that CBENCH_TESTED_COMMAND
starts, a list in JSON; on CBENCH_TESTED_WORKERS, of which a model that runs one task at a time on each needs several."""

import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections import Counter, namedtuple
from contextlib import contextmanager
from pathlib import Path

import pytest

MODEL = os.environ.get("CBENCH_TESTED_MODEL", "by-the-page")
WORKERS = int(os.environ.get("CBENCH_TESTED_WORKERS", "1"))
COMMAND = json.loads(os.environ.get("CBENCH_TESTED_COMMAND", "null")) or [
    sys.executable, str(Path(__file__).with_name("by_the_page.py"))]
MS = 1_000_000
HEADER = struct.Struct("=IIQQQ")
MAGIC = 0x63626E63
BITS = 2**64
NEVER_IN_A_TEST = 20  # seconds: a loaded machine is slow, but what takes this long hangs
AT_ONCE = 1.0  # seconds that a process has to end in once its input has ended

Frame = namedtuple("Frame", "connection bytes arrived replied")


# ---- what the page says a task returns -------------------------------------------------------------------------------


def mix64(x):
    x = (x + 0x9E3779B97F4A7C15) % BITS
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) % BITS
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) % BITS
    return x ^ (x >> 31)


def fold(digest, value):
    return mix64((digest * 31 + value) % BITS)


def mix(amount):
    x = 1
    for _ in range(amount):
        x = mix64(x)
    return x


def expected(steps, digest=0):
    for step in steps:
        if step["do"] == "compute":
            # The page's own figure; no other amount is asked for here.
            value = {("primes", 20_000): 2262}.get((step["kernel"], step["amount"])) or mix(step["amount"])
            digest = fold(digest, value)
        elif step["do"] == "wait":
            digest = fold(digest, step["time_ns"])
        elif step["do"] == "request":
            digest = fold(digest, fold(step["bytes"], step["delay_ns"]))
        elif step["do"] == "critical":
            digest = expected(step["body"], fold(digest, step["lock"]))
        elif step["do"] == "fan_out":
            branches = [expected(step["body"], mix64(i + 1)) for i in range(step["width"])]
            digest = fold(digest, sum(branches) % BITS)
    return digest


def compute(kernel, amount):
    return {"do": "compute", "kernel": kernel, "amount": amount}


def wait(ms):
    return {"do": "wait", "time_ns": ms * MS}


def request(size, ms):
    return {"do": "request", "bytes": size, "delay_ns": ms * MS}


def critical(lock, *body):
    return {"do": "critical", "lock": lock, "body": list(body)}


def fan_out(width, *body):
    return {"do": "fan_out", "width": width, "body": list(body)}


def script(*steps, name=""):
    return {"class": name, "digest": f"{expected(steps):016x}", "steps": list(steps)}


def closed(concurrency, duration=120, warmup=20, most_warmup=2000):
    return {"kind": "closed", "concurrency": concurrency, "tasks": 0, "warmup_ns": warmup * MS,
            "most_warmup_ns": most_warmup * MS, "duration_ns": duration * MS}


def fixed(concurrency, tasks):
    return {"kind": "fixed", "concurrency": concurrency, "tasks": tasks, "warmup_ns": 30 * MS,
            "most_warmup_ns": 100 * MS, "duration_ns": 100 * MS}


# ---- the peer --------------------------------------------------------------------------------------------------------


class Peer:
    """Sends each frame back after its delay. `misbehave` changes the delay or the reply of every frame."""

    def __init__(self, delay=lambda ns: ns, served=lambda number: number ^ (BITS - 1)):
        self.delay, self.served = delay, served
        self.connections, self.frames, self.complaints = 0, [], []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection, self.connections), daemon=True).start()

    def serve(self, connection, name):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        numbers = set()
        with connection, connection.makefile("rb") as stream:
            while len(header := self.read(stream, HEADER.size)) == HEADER.size:
                arrived = time.monotonic_ns()
                magic, size, delay, number, zero = HEADER.unpack(header)
                payload = self.read(stream, size)
                with self.lock:
                    if magic != MAGIC or zero != 0 or len(payload) != size:
                        self.complaints.append(f"a bad frame: {header.hex()}")
                    if number in numbers:
                        self.complaints.append(f"connection {name} sends the number {number} twice")
                numbers.add(number)
                time.sleep(self.delay(delay) / 1e9)
                if select.select([connection], [], [], 0)[0] and connection.recv(1, socket.MSG_PEEK):
                    self.complaints.append(f"two frames under way on connection {name}")
                reply = HEADER.pack(magic, size, delay, number, self.served(number)) + payload
                frame = Frame(name, size, arrived, time.monotonic_ns())
                with self.lock:
                    self.frames.append(frame)
                try:
                    connection.sendall(reply)
                except OSError:
                    return

    @staticmethod
    def read(stream, size):
        try:
            return stream.read(size)
        except OSError:
            return b""

    def most_under_way(self):
        ends = [(f.arrived, 1) for f in self.frames] + [(f.replied, -1) for f in self.frames]
        under_way = most = 0
        for _, change in sorted(ends):
            under_way += change
            most = max(most, under_way)
        return most


@pytest.fixture
def peer():
    peer = Peer()
    yield peer
    peer.listener.close()
    assert peer.complaints == []


# ---- the parent ------------------------------------------------------------------------------------------------------


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


Outcome = namedtuple("Outcome", "record window events sent_ns")


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
    return Outcome({"reason": "", "warnings": []} | record, window, events, sent)


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
        assert turns == list(range(slot, slot + len(turns)))
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


def replies_within(peer, window):
    return sum(window["begin_ns"] <= frame.replied < window["end_ns"] for frame in peer.frames)


def hears_no_window(spec, status):
    outcome = run(spec)
    assert outcome.record["status"] == status
    assert outcome.events == ["record"], "it was set up although it cannot run"
    return outcome.record["reason"]


# ---- arithmetic ------------------------------------------------------------------------------------------------------


def test_the_pages_own_digest_is_that_of_its_example():
    assert expected([request(64, 20)]) == 0x8FD0705E935309C6


def test_a_digest_that_is_not_the_expected_one_shows_as_the_difference():
    wrong = script(wait(1))
    wrong["digest"] = f"{expected(wrong['steps']) - 3:016x}"
    assert run(spec_of(fixed(2, 5), wrong)).record["digest"] == f"{5 * 3:016x}"


# ---- loads -----------------------------------------------------------------------------------------------------------


def test_io_in_a_closed_loop(peer):
    outcome = run_well(spec_of(closed(8), script(request(64, 5)), peer=peer))
    record, window = outcome.record, outcome.window
    assert record["settled"] is True and record["slots"]["fewest"] > 0
    assert shortest(record["service"]) >= 5 * MS * 0.999  # what an index holds is known to a thousandth
    assert peer.connections == 8
    assert len(peer.frames) == record["tasks_total"]
    assert abs(replies_within(peer, window) - record["tasks"]) <= 8
    in_flight = record["tasks"] / (window["end_ns"] - window["begin_ns"]) * mean(record["response"])
    assert 8 * 0.75 < in_flight < 8 * 1.25


def test_a_slot_takes_the_scripts_in_their_order_and_begins_at_its_own_number(peer):
    scripts = [script(request(size, 2), name=f"of {size}") for size in (1, 2, 3)]
    run_well(spec_of(closed(3), *scripts, order=[0, 1, 2, 1], peer=peer))
    in_order = {1: [1, 2, 3, 2], 2: [2, 3, 2, 1], 3: [3, 2, 1, 2]}  # by the first of the slots 0, 1 and 2
    begins = []
    for connection in (1, 2, 3):
        sizes = [frame.bytes for frame in peer.frames if frame.connection == connection]
        assert len(sizes) > 8
        assert sizes == (in_order[sizes[0]] * len(sizes))[:len(sizes)]
        begins.append(sizes[0])
    assert sorted(begins) == [1, 2, 3]


def test_fixed_work_takes_the_order_once(peer):
    scripts = [script(request(size, 2), name=f"of {size}") for size in (10, 20, 30)]
    record = run_well(spec_of(fixed(3, 10), *scripts, peer=peer)).record
    assert Counter(frame.bytes for frame in peer.frames) == {10: 4, 20: 3, 30: 3}
    assert {name: total(histogram) for name, histogram in record["classes"].items()} == {
        "of 10": 4, "of 20": 3, "of 30": 3}
    assert record["finish_ns"] >= max(frame.replied for frame in peer.frames)


def test_fixed_work_of_fewer_tasks_than_slots():
    record = run_well(spec_of(fixed(5, 3), script(wait(2)))).record
    assert record["slots"] == {"fewest": 0, "most": 1}


def test_times_add_up_to_the_time_that_the_tasks_took():
    outcome = run_well(spec_of(fixed(1, 10), script(wait(5))))
    took = outcome.record["finish_ns"] - outcome.window["begin_ns"]
    assert 10 * 5 * MS * 0.999 <= 10 * mean(outcome.record["service"]) <= 10 * mean(outcome.record["response"]) <= took


def test_the_window_waits_until_every_slot_has_finished_a_task():
    long, short = script(wait(120), name="long"), script(wait(5), name="short")
    outcome = run_well(spec_of(closed(2, warmup=10), long, short, order=[0] + [1] * 999))
    assert outcome.record["settled"] is True
    assert outcome.window["begin_ns"] >= outcome.sent_ns + 120 * MS


def test_the_window_does_not_wait_for_ever():
    outcome = run_well(spec_of(closed(2, warmup=10, most_warmup=40, duration=50), script(wait(600))))
    assert outcome.record["settled"] is False
    assert (outcome.record["tasks"], outcome.record["tasks_total"]) == (0, 2)


# ---- steps -----------------------------------------------------------------------------------------------------------


def test_mixed_with_a_few_heavy_tasks(peer):
    light = script(request(64, 2), compute("mix", 100), request(64, 2), name="light")
    heavy = script(request(64, 2), compute("primes", 20_000), request(64, 2), name="heavy")
    outcome = run_well(spec_of(closed(4, duration=300), light, heavy, order=[0] * 9 + [1], peer=peer))
    classes = outcome.record["classes"]
    assert total(classes["heavy"]) > 0 and total(classes["light"]) > total(classes["heavy"])
    assert len(peer.frames) == 2 * outcome.record["tasks_total"]


def test_amdahl_has_a_serial_and_a_parallel_phase():
    job = script(compute("mix", 500), fan_out(4, compute("mix", 50)), wait(1), fan_out(2, wait(5)))
    record = run_well(spec_of(closed(1), job)).record
    assert record["tasks"] > 0
    assert record.get("units", 7 * record["tasks_total"]) == 7 * record["tasks_total"]


def test_branches_have_connections_of_their_own_and_run_side_by_side(peer):
    job = script(request(8, 1), fan_out(3, request(100, 20), fan_out(2, request(50_000, 10))))
    record = run_well(spec_of(closed(2, duration=200), job, peer=peer)).record
    assert peer.connections == 2 * 6
    assert len(peer.frames) == 10 * record["tasks_total"]
    assert peer.most_under_way() > 6, "the branches waited for one another"
    assert shortest(record["service"]) >= 31 * MS * 0.999


def test_one_task_at_a_time_is_inside_a_lock(peer):
    record = run_well(spec_of(closed(4), script(critical(3, wait(1), request(10, 4))), peer=peer)).record
    assert peer.most_under_way() == 1
    assert record["tasks"] > 4


def test_other_locks_are_other_locks_and_nest(peer):
    scripts = [script(critical(lock, critical(9 + lock, request(10, 20)))) for lock in (0, 1)]
    run_well(spec_of(closed(2), *scripts, order=[0, 1], peer=peer))
    assert peer.most_under_way() == 2


def test_branches_exclude_one_another_inside_a_lock(peer):
    run_well(spec_of(fixed(1, 2), script(fan_out(3, critical(0, request(10, 5)))), peer=peer))
    assert peer.most_under_way() == 1


# ---- what cannot be, and what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "named"), [
    ({"do": "hop", "stage": 1}, "hop"),
    (critical(0, wait(1)) | {"permits": 3}, "permits"),
    (fan_out(2, {"do": "hop", "stage": 1}), "hop"),
    (compute("sorting", 5), "sorting"),
])
def test_a_step_that_it_does_not_know_is_unsupported(step, named):
    assert named in hears_no_window(spec_of(closed(1), script(wait(1)), script(step)), "unsupported")


def test_an_open_load_is_unsupported():
    assert "open" in hears_no_window(spec_of(closed(1) | {"kind": "open"}, script(wait(1))), "unsupported")


def test_another_version_of_the_protocol_is_refused():
    assert "3" in hears_no_window(spec_of(closed(1), script(wait(1)), protocol=3), "unsupported")


def test_a_peer_that_is_not_there_fails_the_set_up():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # it does not listen
        nobody = {"address": "127.0.0.1", "port": silent.getsockname()[1]}
        assert hears_no_window(spec_of(closed(2), script(request(1, 1))) | {"peer": nobody}, "failed") != ""


def failure_with(peer, step):
    try:
        record = run(spec_of(closed(3), script(step), peer=peer)).record
    finally:
        peer.listener.close()
    assert record["status"] == "failed" and "\n" not in record["reason"]
    return record["reason"]


def test_a_reply_before_its_delay_fails_the_trial():
    assert "early" in failure_with(Peer(delay=lambda ns: ns // 2), request(16, 20))


def test_a_reply_to_another_frame_fails_the_trial():
    assert "asked for" in failure_with(Peer(served=lambda number: number), fan_out(2, request(16, 5)))


# ---- the end of the input --------------------------------------------------------------------------------------------


def ends_at_once(load, job, after):
    with child() as trial:
        trial.send(spec_of(load, job))
        assert trial.hear(after) is not None
        trial.end_of_input()
        assert trial.exit_status() is not None
        assert trial.hear("record") is None


def test_it_ends_when_its_input_ends_while_it_warms_up():
    ends_at_once(closed(2, warmup=30_000), script(wait(5)), after="ready")


def test_it_ends_when_its_input_ends_while_tasks_wait():
    ends_at_once(closed(2, most_warmup=40), script(wait(60_000)), after="window")


def test_it_ends_when_its_input_ends_while_a_task_computes():
    job = {"class": "", "digest": "0" * 16, "steps": [compute("mix", 10**9)]}
    ends_at_once(fixed(1, 1), job, after="window")


def test_it_ends_when_no_spec_comes():
    with child() as trial:
        trial.end_of_input()
        assert trial.exit_status(NEVER_IN_A_TEST) is not None  # it may have to start first
        assert trial.hear("record") is None
