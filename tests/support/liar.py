"""A model that does no work and says it did: honest figures of a trial of `wait` or `request` steps, but for the one lie
that its argument names. `none` is the control: what the parent cannot tell from the truth."""
import json
import os
import signal
import sys
import threading
import time

NAME = sys.argv[1]
FOUL = NAME.split(":")[0]
NS = 10**9


held = b""


def say(event, **fields):
    global held
    held += (json.dumps({"event": event} | fields) + "\n").encode()
    if FOUL == "prompt" and event == "ended":
        return  # together with its record
    os.write(3, held)
    held = b""


def index_of(ns):
    bucket = max(ns.bit_length(), 11) - 11
    return bucket * 1024 + (ns >> bucket)


def mix64(x):
    x = (x + 0x9E3779B97F4A7C15) % 2**64
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
    return x ^ x >> 31


def digest_of(step):  # it need not do the work to know what the work returns
    match step:
        case {"time_ns": time_ns}:
            return mix64(time_ns)
        case {"bytes": size, "delay_ns": delay}:
            return mix64(mix64(size * 31 + delay))
        case {"kernel": "primes", "amount": 200_000}:
            return mix64(17_984)
    return 0


def pour(descriptor, chunk, size):
    for _ in range(size // len(chunk)):
        os.write(descriptor, chunk)


def leave_a_daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(8)
        os._exit(0)


spec = json.loads(sys.stdin.readline())
load, fixed = spec["load"], spec["load"]["kind"] == "fixed"
slots, step = load["concurrency"], spec["scripts"][0]["steps"][0]
takes = step.get("time_ns") or step.get("delay_ns") or NS // 100

if FOUL == "garbage":
    os.write(3, b"\xff\xfe{ no event\n")
if FOUL == "nested":
    os.write(3, b'{"event":"record","classes":' + b"[" * 60_000 + b"]" * 60_000 + b"}\n")
if FOUL == "gigabyte":
    pour(3, b"x" * 2**20, 2**30)
if FOUL == "gigabyte_of_errors":
    pour(2, b"y" * 2**20, 2**27)
if FOUL == "prompt":  # keeps its parent busy, and says its record at the very end of its window
    threading.Thread(target=pour, args=(2, b"y" * 2**16, 2**34), daemon=True).start()
if FOUL == "last_words":
    os.write(2, b"\x00\x1b[31m\xff\xfe of no language\n" + b"z" * 70_000)
    os._exit(7)
if FOUL == "panics":
    os.write(2, b"a line before\npanic: no memory left\n\ngoroutine 1 [running]:\n\tmodel.go:26 +0x76\n")
    os._exit(2)
if FOUL == "unknown_event":
    say("fortune")
say("ready", protocol=1 if FOUL == "old_protocol" else 2, runtime={"name": "liar"}, processes=False)
if FOUL == "ready_twice":
    say("ready", protocol=2, runtime={}, processes=False)
if FOUL == "no_record":
    os._exit(0)
if FOUL == "leaves_a_daemon_and_dies":
    leave_a_daemon()
    os._exit(4)
if not fixed and FOUL != "early_window":
    time.sleep(load["warmup_ns"] / NS)
begin = time.monotonic_ns() + 2_000_000
length = load["duration_ns"] // (2 if FOUL == "short_window" else 1)
end = None if fixed else begin + length
say("window", begin_ns=begin, end_ns=end)
if FOUL == "second_window":
    say("window", begin_ns=begin, end_ns=end)
each = load["tasks"] // slots if fixed else load["duration_ns"] * 98 // 100 // takes
if FOUL != "early_record":
    time.sleep((each * takes * 1.02 if fixed else end - time.monotonic_ns()) / NS + (FOUL != "prompt") * 0.005)
finished = time.monotonic_ns()
say("ended")
if FOUL == "ended_twice":
    say("ended")

tasks = each * slots
serves = takes + takes // 200
if FOUL in ("skipped_waits", "half_the_times"):
    serves = takes // (4 if FOUL == "skipped_waits" else 2)
queues, times = 1000, 10**6 if FOUL == "a_million_times" else 1
tasks *= times
counted = lambda ns: [[index_of(ns), tasks]]
record = {
    "trial": spec["trial"], "status": "ok", "reason": "", "warnings": [], "tasks": tasks, "tasks_total": tasks,
    "finish_ns": finished if fixed else None, "settled": True, "units": tasks, "digest": "0" * 16,
    "slices": [] if fixed else [tasks - 19 * (tasks // 20)] + [tasks // 20] * 19,
    "slots": {"fewest": each * times, "most": each * times}, "switches": None,
    "queueing": counted(queues), "service": counted(serves), "response": counted(serves + queues), "classes": {}}
match FOUL:
    case "other_trial":
        record["trial"] = "feedfeedfeedfeed"
    case "digest":
        record["digest"] = "0000000000000001"
    case "tasks":
        record |= {"tasks": tasks * 10**6, "tasks_total": tasks * 10**6}
    case "histogram":
        record["response"][0][1] += 1
    case "slices":
        record["slices"][3] += 7
    case "no_slices":
        record["slices"] = []
    case "dropped":
        record["tasks_total"] = tasks - 1
    case "too_many_in_all":
        record["tasks_total"] = tasks * 10**5
    case "sums":
        record["service"] = counted(serves + serves // 2)
    case "slots":
        record["slots"] = {"fewest": each + 1, "most": each + 2}
    case "classes":
        record["classes"] = {"heavy": counted(serves)}
    case "too_long":
        record["response"] = [[index_of(serves + queues), tasks - 1], [index_of(1800 * NS), 1]]
        record["service"] = [[index_of(serves), tasks - 1], [index_of(1800 * NS), 1]]
    case "fewer_than_asked":
        for field in ("queueing", "service", "response"):
            record[field][0][1] -= 1
        record |= {"tasks": tasks - 1, "tasks_total": tasks - 1, "slots": {"fewest": each - 1, "most": each}}
    case "finished_at_once":
        record["finish_ns"] = begin + 1000
    case "finished_tomorrow":
        record["finish_ns"] = begin + 86_400 * NS
    case "counts_of_2_53":
        for field in ("queueing", "service", "response"):
            record[field][0][1] = 2**53
        record |= {"tasks": 2**53, "tasks_total": 2**53, "slices": [2**53], "slots": {"fewest": 1, "most": 2**53}}
    case "counts_of_2_63":
        record["response"] = [[0, 2**63], [1, 2**63]]
    case "negative":
        record["tasks"] = -5
    case "not_a_number":
        record["tasks"] = float("nan")
    case "descending":
        record["response"] = [[9, 1], [8, tasks - 1]]
    case "out_of_bounds":
        record["response"] = [[10**6, tasks]]
    case "reason":
        record |= {"status": "failed", "reason": "it\0failed\n" + "w" * 65_536}
if FOUL != "digest":
    added = int(spec["scripts"][0]["digest"], 16) - digest_of(step)
    record["digest"] = f"{-added * record['tasks_total'] % 2**64:016x}"
if FOUL == "leaves_a_daemon":
    leave_a_daemon()
say("record", **record)
if FOUL == "record_twice":
    say("record", **record)
if FOUL == "dies":
    os.kill(os.getpid(), signal.SIGKILL)
if FOUL == "stays":
    time.sleep(60)
sys.stdin.read()
os._exit(3 if FOUL == "exits_with_3" else record["status"] != "ok")
