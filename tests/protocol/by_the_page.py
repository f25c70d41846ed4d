"""A model written from docs/protocol.md alone: an asyncio task for each task, on one thread."""
import asyncio, json, os, struct, sys, threading, time
from collections import defaultdict

FIELDS = {"compute": {"do", "kernel", "amount"}, "wait": {"do", "time_ns"}, "request": {"do", "bytes", "delay_ns"},
          "critical": {"do", "lock", "body"}, "fan_out": {"do", "width", "body"}}
KERNELS = {"mix": lambda amount: mix64(1, amount), "primes": lambda amount: sum(
    all(n % divisor for divisor in range(2, int(n**0.5) + 1)) for n in range(2, amount))}
HEADER, MAGIC, MASK, NOTICE_NS = struct.Struct("=IIQQQ"), 0x63626E63, 2**64 - 1, 2_000_000
events, locks, now = open(3, "w"), defaultdict(asyncio.Lock), time.monotonic_ns

def say(event, **fields):
    print(json.dumps({"event": event} | fields), file=events, flush=True)

def mix64(x, times=1):
    for _ in range(times):
        x = (x + 0x9E3779B97F4A7C15) & MASK
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
        x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
        x ^= x >> 31
    return x

def refuse_unknown(steps):
    for step in steps:
        if set(step) != FIELDS.get(step["do"]) or step.get("kernel", "mix") not in KERNELS:
            raise NotImplementedError(f"this model does not know the step {json.dumps(step)}")
        refuse_unknown(step.get("body", []))

async def walk(steps, digest, idle):  # idle: the connections of the slot that have no frame under way
    for step in steps:
        match step:
            case {"kernel": kernel, "amount": amount}: value = KERNELS[kernel](amount)
            case {"time_ns": value}: await asyncio.sleep(value / 1e9)
            case {"bytes": size, "delay_ns": delay}:
                connection, number = idle.pop(), now()
                connection[1].write(HEADER.pack(MAGIC, size, delay, number, 0) + bytes(size))
                reply = HEADER.unpack((await connection[0].readexactly(32 + size))[:32])
                if reply != (MAGIC, size, delay, number, number ^ MASK) or now() < number + delay:
                    raise ValueError("a reply came early or is not the one that was asked for")
                idle.append(connection)
                value = mix64(size * 31 + delay)
            case {"lock": lock, "body": body}:
                async with locks[lock]: digest = await walk(body, mix64(digest * 31 + lock), idle)
                continue
            case {"width": width, "body": body}:
                value = sum(await asyncio.gather(*(walk(body, mix64(i + 1), idle) for i in range(width))))
        digest = mix64(digest * 31 + value)
    return digest

async def trial(protocol, load, scripts, order, peer, **_):
    async def task(slot, turn, due):
        start = now()
        digest = await walk(scripts[order[turn % len(order)]]["steps"], 0, connections[slot])
        finished.append([slot, turn, due, start, finish := now(), f"{digest:016x}"])
        unsettled.discard(slot)
        turn = next(turns, None) if fixed else turn + 1
        if finish < end and turn is not None:
            group.create_task(task(slot, turn, finish))

    if protocol != 2 or load["kind"] not in ("closed", "fixed"):
        raise NotImplementedError(f"protocol {protocol} with a load of the kind {load['kind']}")
    refuse_unknown([step for script in scripts for step in script["steps"]])
    fixed, slots, finished, end = load["kind"] == "fixed", range(load["concurrency"]), [], MASK
    turns, unsettled = iter(range(len(slots), load["tasks"])), set(slots)
    connections = [[await asyncio.open_connection(peer["address"], peer["port"]) for _ in range(peer["connections"])]
                   if peer else [] for _ in slots]
    say("ready", protocol=2, runtime={"name": "python", "version": sys.version.split()[0]})
    async with asyncio.TaskGroup() as group:
        begin = now()
        if fixed: say("window", begin_ns=begin, end_ns=None)
        for slot in slots[:load["tasks"]] if fixed else slots:
            group.create_task(task(slot, slot if fixed else slot * len(order) // len(slots), now()))
        while not fixed and now() < begin + load["most_warmup_ns" if unsettled else "warmup_ns"]:
            await asyncio.sleep(0.001)
        if not fixed:
            end = (begin := now() + NOTICE_NS) + load["duration_ns"]
            say("window", begin_ns=begin, end_ns=end)
    say("ended")
    return {"status": "ok", "finished": finished}

spec = json.loads(sys.stdin.readline())
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1))).start()
try:
    record = asyncio.run(trial(**spec))
except* Exception as errors:
    error = errors.exceptions[0]
    record = {"status": "unsupported" if isinstance(error, NotImplementedError) else "failed", "reason": str(error)}
say("record", trial=spec["trial"], **record)
