"""A whole model: a thread for each task. It knows closed loads of tasks that wait, and refuses all else."""
import json, os, sys, threading, time

def say(event, **fields): os.write(3, json.dumps({"event": event} | fields).encode() + b"\n")

def begin(*task_and_due): threading.Thread(target=task, args=task_and_due).start()

def task(slot, turn, due):
    start, digest = now(), 0
    for step in spec["scripts"][spec["order"][turn % len(spec["order"])]]["steps"]:
        time.sleep(step["time_ns"] / 1e9)
        digest = mix64(digest * 31 + step["time_ns"])
    finished.append([slot, turn, due, start, finish := now(), f"{digest:016x}"])
    if finish < end: begin(slot, turn + 1, finish)

def mix64(x):
    x = (x + 0x9E3779B97F4A7C15) % 2**64
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)): x = (x ^ x >> shift) * factor % 2**64
    return x ^ x >> 31

spec, finished, end, now = json.loads(sys.stdin.readline()), [], 2**63, time.monotonic_ns
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0))).start()
load, steps = spec["load"], [step for script in spec["scripts"] for step in script["steps"]]
unknown = [f"version {spec['protocol']}"] * (spec["protocol"] != 2) + [f"load {load['kind']}"] * (load["kind"] != "closed")
for step in steps: unknown += [step.get("kernel", step["do"])] if step["do"] != "wait" else set(step) - {"do", "time_ns"}
if unknown: sys.exit(say("record", trial=spec["trial"], status="unsupported", reason=f"not known: {unknown[0]}"))
say("ready", protocol=2)
for slot in range(load["concurrency"]): begin(slot, slot * len(spec["order"]) // load["concurrency"], now())
time.sleep(load["warmup_ns"] / 1e9)
end = now() + 2_000_000 + load["duration_ns"]
say("window", begin_ns=end - load["duration_ns"], end_ns=end)
while threading.active_count() > 2: time.sleep(0.01)
say("ended")
say("record", trial=spec["trial"], status="ok", finished=finished)
