"""Attacks on what was measured: files overwritten or cut, sweeps that break off, parents and children that misbehave."""
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time

from tests.attacks.program import (BIN, ROOT, cbench, file_of, fresh, planted, repeated, rows_of, run, summary, sweep, test)
from tests.attacks.registry import attack

TINY = ("-d", "50ms", "--warmup", "10ms")


@attack(13, "files lost, halved, counted twice",
        "summary -o overwrites 15 trials, exit 0; two sweeps on one .json lose half; two headers in one .csv; four runs of "
        "fixed work count as one")
def files():
    rows, _, path = sweep("pool", "noop", "--workers", "1", "-r", "2", *TINY, ending=".json")
    before = path.read_bytes()
    done = cbench("summary", path, "-o", path)
    other = fresh(".json")
    shutil.copy(path, other)
    elsewhere = cbench("summary", path, "-o", other)
    yield done.status == 2 and elsewhere.status == 2 and path.read_bytes() == before == other.read_bytes(), \
        f"summary -o onto its own input, and onto other results: exit {done.status} and {elsewhere.status}, " \
        f"{len(rows)} trials left"
    done = run([ROOT / "scripts" / "report", path, "-o", path], env=os.environ | {"CBENCH": str(BIN / "cbench")})
    yield done.status == 2 and path.read_bytes() == before, f"scripts/report -o onto it: exit {done.status}"
    for ending in (".json", ".csv"):
        path = fresh(ending)
        sweeps = [threading.Thread(target=cbench, args=("-m", "pool,null", "-w", "noop", "--workers", "1", "-r", "8",
                                                        "--seed", str(seed), "-q", "-o", path, *TINY),
                                   kwargs={"program": "cbench_with_faults"}) for seed in (1, 100)]
        for one in sweeps:
            one.start()
        for one in sweeps:
            one.join()
        rows = rows_of(path)
        headers = path.read_text().count("schema_version") if ending == ".csv" else 1
        ids = {row["trial_id"] for row in rows}
        yield len(rows) == len(ids) == 48 and headers == 1, \
            f"two sweeps of 24 trials on one {ending}: {len(rows)} rows, {len(ids)} ids, {headers} header"
    path = fresh(".csv")
    for _ in range(4):
        cbench("-m", "pool", "-w", "noop", "--tasks", "100", "-c", "4", "--workers", "1", "-r", "1", "--no-baseline",
               "-q", "-o", path)
    cell = summary(path)["cells"][0]
    again = summary(path, path)["cells"][0]
    yield cell["repetitions"] == again["repetitions"] == 4, \
        f"four runs of the same fixed work: {cell['repetitions']} trials; named twice: {again['repetitions']}"
    rows = repeated([1000, 1010, 990])
    base = file_of(rows + rows)
    found = json.loads(cbench("compare", base, file_of(repeated([1000, 1010, 990])), "--json").out)
    counted = found["sets"][0]["cells"][0]["base_repetitions"]
    yield counted == 3, f"compare, of three trials that stand twice in a file: {counted}"


def limited(number, value):
    return lambda: resource.setrlimit(number, (value, value))


@attack(14, "a sweep that breaks off loses everything",
        "EAGAIN, EMFILE, a port taken, a full disk, one of two outputs: the table and all rows are gone")
def broken_off():
    rows, done, _ = sweep("pool,threads", "noop", "--workers", "1", "-r", "1", *TINY,
                          preexec_fn=limited(resource.RLIMIT_NOFILE, 8))
    yield done.status == 1 and "Too many open files" in done.words() and "pool" in done.out, \
        f"no descriptors: exit {done.status}, the table says why"
    csv, full = fresh(".csv"), fresh(".json")

    def little_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
    done = cbench("-m", "pool,threads", "-w", "noop", "--workers", "1", "-r", "1", *TINY, "-o", csv, "-o", full,
                  preexec_fn=little_room)
    yield done.status == 1 and len(rows_of(csv)) == 3 and "threads" in done.out and full.name in done.err, \
        f"one of two outputs is full: exit {done.status}, the other has {len(rows_of(csv))} of 3 rows, the table is there"
    passed, _ = test("session_test", "session.a_peer_that_cannot_come_back_*")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = cbench("-m", "pool", "-w", "io", "--peer-port", port, *TINY)
    yield passed and done.status == 1 and port in done.err, f"a port that is taken: exit {done.status}, it is named"
    path = fresh(".csv")
    plan = ("-m", "pool,threads", "-w", "noop", "--workers", "1", "-r", "6", *TINY, "-q", "-o", path)
    with subprocess.Popen([BIN / "cbench", *map(str, plan)]) as killed:
        while not path.exists() or path.read_text().count("\n") < 6:
            time.sleep(0.01)
        killed.kill()
    kept = path.read_text()
    done = cbench(*plan, "--resume")
    rows = rows_of(path)
    once = {(row["model"], row["repetition"]) for row in rows}
    yield done.status == 0 and path.read_text().startswith(kept[:kept.rfind("\n") + 1]) and len(rows) == len(once) == 18, \
        f"killed after {kept.count(chr(10)) - 1} of 18 trials, --resume: {len(rows)} rows, each trial once"


@attack(15, "parents and children that misbehave",
        "as PID 1 every trial fails; a stopped parent calls finished trials hung; a daemon hangs the sweep; output, "
        "reasons and histograms are unbounded")
def parents():
    alone = ["unshare", "--pid", "--fork", "--mount-proc"]
    path = fresh(".csv")
    if run([*alone, "true"]).status == 0:
        done = run([*alone, BIN / "cbench", "-m", "pool", "-w", "io", "--workers", "1", "-r", "1", *TINY, "-o", path])
        rows = rows_of(path)
        yield done.status == 0 and {row["status"] for row in rows} == {"ok"}, \
            f"as PID 1: exit {done.status}, {len(rows)} of 2 trials ok"
    else:
        yield True, "as PID 1: not tried, no namespace of processes can be made here"
    path = fresh(".csv")
    with subprocess.Popen([BIN / "cbench", "-m", "pool", "-w", "sleep", "--workers", "1", "-r", "1", "-d", "300ms",
                           "--warmup", "50ms", "--timeout", "2s", "--no-baseline", "-q", "-o", path]) as stopped:
        time.sleep(0.3)
        os.kill(stopped.pid, signal.SIGSTOP)
        time.sleep(3)
        os.kill(stopped.pid, signal.SIGCONT)
        stopped.wait()
    yield rows_of(path)[0]["status"] == "ok", f"stopped for 3 s, --timeout 2s: the trial is {rows_of(path)[0]['status']}"
    good, _ = test("contradictions_test", "contradictions.a_daemon_*")
    yield good, "a daemon that keeps the pipes: the sweep goes on within 6 s, and the daemon ends with its trial"
    good, count = test("contradictions_test", "contradictions.what_a_trial_says_*:*Lies*/gigabyte:*Lies*/reason:*Lies*/last_words")
    yield good, f"a gigabyte on descriptor 3 and 128 MB of errors: less than 300 MB held; a reason of 64 KiB with NUL is " \
                f"one short line ({count} tests)"
    sizes = []
    for repetitions in (2, 40):
        with subprocess.Popen([BIN / "cbench", "-m", "pool", "-w", "io", "-p", "delay=1ms", "-c", "8", "--workers", "1",
                               "-d", "15ms", "--warmup", "1ms", "-r", str(repetitions), "--no-baseline", "-q", "-o",
                               fresh(".csv")]) as measured:
            _, _, usage = os.wait4(measured.pid, 0)
            measured.returncode = 0
            sizes.append(usage.ru_maxrss / 1024)
    yield sizes[1] - sizes[0] < 6, f"memory of the sweep after 2 and after 40 trials: {sizes[0]:.1f} and {sizes[1]:.1f} MB"
