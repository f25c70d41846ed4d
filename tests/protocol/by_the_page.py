"""A model written from docs/protocol.md alone: an asyncio task for each task, on one thread."""
import asyncio
import json
import os
import struct
import sys
import threading
import time
from collections import Counter, defaultdict, namedtuple

FIELDS = {"compute": "amount do kernel", "wait": "do time_ns", "request": "bytes delay_ns do",
          "critical": "body do lock", "fan_out": "body do width"}
KERNELS = {"mix": lambda amount: mix64(1, amount), "primes": lambda amount: sum(
    all(n % divisor for divisor in range(2, int(n**0.5) + 1)) for n in range(2, amount))}
HEADER, MAGIC, MASK, NOTICE_NS = struct.Struct("=IIQQQ"), 0x63626E63, 2**64 - 1, 2_000_000
Done = namedtuple("Done", "queueing service response finish slot kind error")
events, locks, branches, now = open(3, "w"), defaultdict(asyncio.Lock), [], time.monotonic_ns


def say(event, **fields):
    print(json.dumps({"event": event} | fields), file=events, flush=True)


def mix64(x, times=1):
    for _ in range(times):
        x = (x + 0x9E3779B97F4A7C15) & MASK
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
        x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
        x ^= x >> 31
    return x


def lanes(steps):  # how many connections they need at once
    for step in steps:
        known = " ".join(sorted(step)) == FIELDS.get(step["do"])
        if not known or step.get("kernel", "mix") not in KERNELS:
            raise NotImplementedError(f"this model does not know the step {json.dumps(step)}")
    return max((step.get("width", 1) * lanes(step["body"]) if "body" in step
                else step["do"] == "request" for step in steps), default=0)


async def walk(steps, digest, streams):
    for step in steps:
        match step:
            case {"kernel": kernel, "amount": amount}:
                value = KERNELS[kernel](amount)
            case {"time_ns": value}:
                await asyncio.sleep(value / 1e9)
            case {"bytes": size, "delay_ns": delay}:
                (reader, writer), number = streams[0], now()
                writer.write(HEADER.pack(MAGIC, size, delay, number, 0) + bytes(size))
                reply = HEADER.unpack((await reader.readexactly(32 + size))[:32])
                if reply != (MAGIC, size, delay, number, number ^ MASK) or now() < number + delay:
                    raise ValueError("a reply came early or is not the one that was asked for")
                value = mix64(size * 31 + delay)
            case {"lock": lock, "body": body}:
                async with locks[lock]:
                    digest = await walk(body, mix64(digest * 31 + lock), streams)
                continue
            case {"width": width, "body": body}:
                branches.append(width)
                value = sum(await asyncio.gather(*(
                    walk(body, mix64(i + 1), streams[i * lanes(body):]) for i in range(width))))
        digest = mix64(digest * 31 + value)
    return digest


async def trial(protocol, load, scripts, order, peer, **_):
    async def task(slot, turn, due):
        start, script = now(), scripts[order[turn % len(order)]]
        error = await walk(script["steps"], 0, streams[slot]) - int(script["digest"], 16)
        finish = now()
        done.append(Done(start - due, finish - start, finish - due, finish, slot,
                         script["class"], error))
        unsettled.discard(slot)
        turn = turn + 1 if closed else next(turns, None)
        if finish < end and turn is not None:
            group.create_task(task(slot, turn, finish))

    if protocol != 2 or load["kind"] not in ("closed", "fixed"):
        raise NotImplementedError(f"protocol {protocol} with a load of the kind {load['kind']}")
    closed, slots, done, end = load["kind"] == "closed", range(load["concurrency"]), [], MASK
    turns, unsettled = iter(range(len(slots), load["tasks"])), set(slots)
    each = max(lanes(script["steps"]) for script in scripts)
    streams = [[await asyncio.open_connection(peer["address"], peer["port"])
                for _ in range(each)] for _ in slots]
    say("ready", protocol=2, runtime={"name": "python", "version": sys.version.split()[0]}, processes=False)
    begin = now() + NOTICE_NS
    if not closed:
        say("window", begin_ns=begin, end_ns=None)
        time.sleep(NOTICE_NS / 1e9)
    async with asyncio.TaskGroup() as group:
        least, most = now() + load["warmup_ns"], now() + load["most_warmup_ns"]
        for slot in slots if closed else slots[:load["tasks"]]:
            group.create_task(task(slot, slot, now()))
        while closed and now() + NOTICE_NS < (max(least, most) if unsettled else least):
            await asyncio.sleep(0.001)
        settled = not (closed and unsettled)
        if closed:
            begin = max(least, now() + NOTICE_NS)
            end = begin + load["duration_ns"]
            say("window", begin_ns=begin, end_ns=end)
    say("ended")
    inside = [task for task in done if begin <= task.finish < end]
    slices = Counter((task.finish - begin) * 20 // (end - begin) for task in inside)
    shares = Counter(task.slot for task in inside)
    per_slot = [shares[slot] for slot in slots]
    times = {name: histogram(getattr(task, name) for task in inside) for name in Done._fields[:3]}
    return times | {
        "status": "ok", "tasks": len(inside), "tasks_total": len(done), "settled": settled,
        "finish_ns": None if closed else max(task.finish for task in done),
        "units": len(done) + sum(branches), "switches": None,
        "digest": f"{sum(task.error for task in done) & MASK:016x}",
        "slices": [slices[i] for i in range(20)] if closed else [],
        "slots": {"fewest": min(per_slot), "most": max(per_slot)},
        "classes": {kind: histogram(task.response for task in inside if task.kind == kind)
                    for kind in {script["class"] for script in scripts} - {""}}}


def histogram(times):
    buckets = ((t, max(t.bit_length() - 11, 0)) for t in times)
    return sorted(Counter(bucket * 1024 + (t >> bucket) for t, bucket in buckets).items())


spec = json.loads(sys.stdin.readline())
record = {"trial": spec["trial"], "status": "failed", "reason": "", "warnings": []}
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(record["status"] != "ok"))).start()
try:
    record |= asyncio.run(trial(**spec))
except* NotImplementedError as errors:
    record |= {"status": "unsupported", "reason": str(errors.exceptions[0])}
except* Exception as errors:
    record["reason"] = str(errors.exceptions[0])
say("record", **record)
