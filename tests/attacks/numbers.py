"""Attacks on numbers of single trials: times, demands, memory, CPU time, METG."""
import json
import os
import re
import signal
import statistics
import subprocess
import time

from tests.attacks.program import (BIN, TEMP, busy, cbench, file_of, planted, repeated, rows_of, summary, sweep,
                                   table_of)
from tests.attacks.registry import attack

SHORT = ("-d", "250ms", "--warmup", "50ms", "-r", "2")


def little_missed(cell, most=0.1):
    """Whether a cell shows times that contradict Little's law; computed here, not by the program under attack."""
    times = cell["response_us"]
    if not times or cell["concurrency"] < 2 or cell["load"] != "closed":
        return False
    in_flight = cell["throughput_per_s"]["mean"] * times["mean"] / 1e6
    return abs(in_flight / cell["concurrency"] - 1) > most + 0.01


@attack(1, "tasks that outlast the window",
        "pool on 1 worker, 1,000 in flight, prints p50 1.5 s where Little's law says 20.6 s; 24 of 207 rows miss it")
def outlasting():
    _, done, path = sweep("pool", "io", "-c", "1000", "--workers", "1", *SHORT, ending=".json")
    cell = next(cell for cell in summary(path)["cells"] if cell["model"] == "pool")
    said = re.search(r"by Little's law one takes ([\d.]+)s .*?--duration \S+", done.words())
    fair = cell["concurrency"] / cell["throughput_per_s"]["mean"]
    yield cell["response_us"] is None and said and abs(float(said.group(1)) / fair - 1) < 0.1, \
        f"pool, 1 worker, 1,000 in flight: no times; \"{said and said.group(0)}\""
    _, _, path = sweep("all", "io,cpu", "-c", "64,1000", "--workers", "2", "-d", "250ms", "--warmup", "50ms", "-r", "1",
                       "--no-baseline", ending=".json", seconds=200)
    cells = [cell for cell in summary(path)["cells"] if cell["throughput_per_s"]]
    wrong = [f"{cell['label']} on {cell['workload']}" for cell in cells if little_missed(cell)]
    hidden = sum(cell["response_us"] is None for cell in cells)
    yield not wrong and len(cells) > 30, \
        f"{len(wrong)} of {len(cells)} rows show times more than 10 % off Little's law {wrong[:3] or ''}; " \
        f"{hidden} show none"


@attack(2, "starvation that looks like low latency",
        "tbb and threads on cpu print p50 5 ms where C/X is 34 ms, slot_spread 0, and not a word")
def starvation():
    _, done, path = sweep("tbb,threads", "cpu", "-c", "256", "--workers", "2", *SHORT, ending=".json")
    for cell in summary(path)["cells"]:
        if cell["model"] == "sequential":
            continue
        fair = 1e6 * cell["concurrency"] / cell["throughput_per_s"]["mean"]
        times = cell["response_us"]
        starved = cell["slot_spread"] == 0
        word = "finished no task" in done.words() or "imes are not shown" in done.words()
        shown = f"mean {times['mean'] / 1000:.0f} ms" if times else "no times"
        yield (not times or 0.85 < times["mean"] / fair < 1.15) and (not starved or word or not times), \
            f"{cell['label']}: {shown} where C/X is {fair / 1000:.0f} ms; starved slots: {starved}, said: {word}"
    # Of 16 slots 6 were never served, in a window of 15 tasks a slot: too short for the rule of 25 that there was.
    path = file_of(repeated([2400, 2410, 2390], slot_spread=0, littles_in_flight=9.6, response_mean_us=4000,
                            response_p50_us=4000))
    text = cbench("summary", path).words()
    cell = summary(path)["cells"][0]
    yield cell["response_us"] is None and "left waiting" in text and "finished no task" in text, \
        f"planted, 6 of 16 slots starved at 15 tasks a slot: times {cell['response_us']}, " \
        f"\"left waiting\" said: {'left waiting' in text}, \"finished no task\" said: {'finished no task' in text}"


@attack(3, "the ideal from one trial", "the demand of the first repetition, exact ever after: rows of up to 113 % of ideal")
def ideal():
    work = {"workload": "cpu", "parameters": "amount=20k", "demand_wait_us": 0, "cpu_quota": "", "workers": 2}
    rows = [planted(model="sequential", is_baseline="true", concurrency=1, repetition=i + 1, seed=i + 1,
                    throughput_per_s=1e6 / demand, demand_cpu_us=demand, littles_in_flight=1, **(work | {"workers": 1}))
            for i, demand in enumerate([113, 100, 87])]
    rows += [row | {"ideal_per_s": "17700", "efficiency": "1.13"}
             for row in repeated([19900, 20000, 20100], demand_cpu_us=113, **work)]
    cell = next(cell for cell in summary(file_of(rows))["cells"] if cell["model"] == "pool")
    found = cell["efficiency"]
    yield abs(found["value"] - 1.0) < 0.01 and found["high"] - found["low"] > 0.3, \
        f"demands of 113, 100 and 87 us: {100 * found['value']:.0f} % of ideal, " \
        f"{100 * found['low']:.0f} to {100 * found['high']:.0f} %"
    _, done, path = sweep("pool,fibers,eventloop,tbb", "cpu", "-c", "64", "--workers", "1,2", "-d", "300ms", "--warmup",
                          "50ms", "-r", "3", ending=".json")
    cells = [cell for cell in summary(path)["cells"] if cell["efficiency"]]
    above = [cell for cell in cells if cell["efficiency"]["value"] > 1.05]
    # Above the ideal is either within what is known of it, or said.
    unsaid = [cell["label"] for cell in above
              if (cell["efficiency"]["low"] or 0) > 1 and "which cannot be" not in done.words()]
    yield not unsaid, f"{len(above)} of {len(cells)} measured rows above 105 % of ideal, {len(unsaid)} of them beyond " \
                      "their interval and without a word"


@attack(4, "memory without the kernel's",
        "10,000 threads and 10,000 fibers both read 180 MB; their cgroups peak at 512 and 173 MB")
def memory():
    rows, _, _ = sweep("threads,fibers", "sleep", "-p", "delay=1s", "-c", "10000", "--workers", "2", "-d", "1s",
                       "--warmup", "100ms", "-r", "1", "--no-baseline", "--timeout", "60s")
    held = {row["model"]: (int(row["peak_rss_bytes"]), int(row["peak_kernel_bytes"]), int(row["peak_virtual_bytes"]),
                           float(row["bytes_per_task"])) for row in rows if row["status"] == "ok"}
    if "threads" not in held:
        yield False, "threads did not run: " + next(row["reason"] for row in rows if row["model"] == "threads")
        return
    for model, (resident, kernel, virtual, each) in held.items():
        yield kernel > 0, f"{model}: {resident / 1e6:.0f} MB resident, {kernel / 1e6:.0f} MB kernel, " \
                          f"{virtual / 1e9:.1f} GB virtual, {each / 1000:.1f} kB a task in flight"
    total = {model: sizes[0] + sizes[1] for model, sizes in held.items()}
    # A kernel stack is 16 KiB, and a thread has little else there.
    yield held["threads"][1] > 10_000 * 16_384 and total["threads"] > 1.5 * total["fibers"], \
        f"threads hold {total['threads'] / total['fibers']:.1f} times what fibers hold (by cgroups: 3.0)"
    base = file_of(repeated([1000] * 5, peak_rss_bytes=180_000_000, peak_kernel_bytes=20_000_000))
    heavier = file_of(repeated([1000] * 5, peak_rss_bytes=180_000_000, peak_kernel_bytes=340_000_000))
    yield cbench("compare", base, heavier, "--metric", "memory").status == 1, \
        "compare --metric memory finds 340 MB of kernel stacks in place of 20"


@attack(5, "CPU time read at the wrong instant",
        "snapshots stamped before a walk over thousands of /proc entries: rows of threads with cpu_per_task_us 0")
def cpu_time():
    rows, _, _ = sweep("threads,fibers", "sleep", "-c", "5000", "--workers", "2", "-d", "300ms", "--warmup", "50ms",
                       "-r", "2", "--no-baseline")
    zero = [row for row in rows if row["status"] == "ok" and not row["warnings"]
            and float(row["cpu_per_task_us"] or 0) <= 0]
    yield rows and not zero, f"{len(zero)} of {len(rows)} rows of 5,000 threads or fibers without CPU time and a word"
    # The kernel's own account of all that the sweep ran, its set-up included, against what was told of the work.
    before = os.times()
    rows, _, _ = sweep("threads", "cpu", "--tasks", "3000", "-c", "512", "--workers", "2", "-r", "1", "--no-baseline")
    after = os.times()
    kernel = after.children_user + after.children_system - before.children_user - before.children_system
    told = float(rows[0]["cpu_s"])
    yield 0.8 * kernel < told <= kernel, \
        f"3,000 tasks on threads: {told:.2f} s of CPU time told, {kernel:.2f} s by wait4 for the whole sweep"


@attack(6, "METG by the nominal kernel time",
        "x was the kernel's time alone; a disturbed trial ended the search as if the model were at its limit")
def metg():
    path = TEMP / "metg.csv"
    done = cbench("metg", "--model", "pool", "--workers", "1", "-r", "3", "--efficiency", "50%,80%", "--json", "-o", path)
    found = json.loads(done.out)
    told = {entry["efficiency"]: entry["metg_us"] for model in found["models"] for entry in model["metg"]}
    rows = [row for row in rows_of(path) if row["status"] == "ok"]
    peak = max(float(row["throughput_per_s"]) * amount(row) for row in rows if row["is_baseline"] == "true")
    sizes = {}
    for row in rows:
        if row["model"] == "pool":
            sizes.setdefault(amount(row), []).append(float(row["throughput_per_s"]))
    # Task Bench's own definition: elapsed x cores / tasks, where the run does that share of the work.
    points = [(1e6 / statistics.median(rates), statistics.median(rates) * rounds / peak)
              for rounds, rates in sorted(sizes.items())]
    for target, value in told.items():
        kept = [x for x, efficiency in points if efficiency >= target]
        short = [x for x, efficiency in points if efficiency < target]
        if value is None or not kept or not short:
            yield done.status == 0 and "undecided" in done.text(), f"METG at {target:.0%}: refused, {found}"
            continue
        low, high = min(max(short), min(kept)), max(max(short), min(kept))
        yield 0.8 * low <= value <= 1.25 * high, \
            f"METG({target:.0%}) {value:.2f} us; elapsed x cores / tasks of the runs beside it: {low:.2f} to {high:.2f}"
    with busy(2):
        words = cbench("metg", "--model", "pool", "--workers", "2", "-r", "1", "--efficiency", "80%", "-d", "100ms",
                       seconds=200).words()
    yield "undecided" in words or "other processes used" in words or "quietest" in words, \
        "beside two busy loops it says so: " + ("undecided" if "undecided" in words else "with a word")


def amount(row):
    return float(dict(pair.split("=") for pair in row["parameters"].split(";"))["amount"].replace("k", "e3"))


@attack(8, "steady state", "a stall of half the window is \"steady\"; AR(1) noise of 0.6 has 3-11 % false marks; steps "
                           "are overstated by a half")
def steady_state():
    path = TEMP / "stalled.json"
    with subprocess.Popen([BIN / "cbench", "--model", "pool", "--workload", "sleep", "-c", "64", "--workers", "1", "-d",
                           "2s", "--warmup", "100ms", "-r", "1", "--no-baseline", "-q", "-o", path]) as sweeping:
        time.sleep(0.9)
        trial = subprocess.run(["pgrep", "-P", str(sweeping.pid), "-f", "trial"], capture_output=True).stdout.split()
        for pid in trial:
            os.kill(int(pid), signal.SIGSTOP)
        time.sleep(0.8)
        for pid in trial:
            os.kill(int(pid), signal.SIGCONT)
        sweeping.wait()
    record = rows_of(path)[0]
    said = next((text for text in record["warnings"] if "no steady state" in text), "nothing")
    yield record["steady_state"] == "no" and "stalls" in said, f"a trial stopped for 0.8 of 2 s: {said}"
    marks = table_of("steady_state", "memory of the noise")
    worst = max(float(row[3].split()[0]) for row in marks if float(row[0]) <= 0.6)
    yield worst <= 1.6, f"noise with a memory of up to 0.6 is marked {worst} % of the time (20 slices; 1 % is stated)"
    courses = {row[0]: row for row in table_of("steady_state", "throughput", 1)}
    stalled, step = courses["stands still for half of the window"], courses["falls by 20 % at the middle"]
    yield float(stalled[1].split()[0]) > 99, f"a stall of half the window is marked {stalled[1]} of the time"
    median = abs(float(step[4].split()[0]))
    yield 17 <= median <= 23, f"a step of 20 % is said to be one of {median:.0f} %"
